// UnixFS trees as a TAR stream: one entry after the other, nothing but a few blocks in memory.
#include <fmt/format.h>

#include <set>

#include "api/gateway/call.hpp"
#include "api/gateway/head.hpp"
#include "api/gateway/tar_format.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::api::gateway {
namespace {

namespace unixfs = ipld::unixfs;
using base::Errc;
using base::Error;
using base::Task;

constexpr unsigned kMaxDepth = 256;
constexpr std::size_t kPage = 256;  ///< entries of one directory in memory
constexpr std::size_t kMaxSymlinks = 100'000;
constexpr std::size_t kBufferBytes = 64u << 10;

class TarStream {
public:
  TarStream(GatewayCall& call, http::ResponseHead head) : call_(call), head_(std::move(head)) {}

  Task<void> entry(ipld::Cid cid, std::string path, unsigned depth) {
    if (depth > kMaxDepth)
      throw Error(Errc::too_large, fmt::format("{}: directories are too deep", call_.target.text()));
    check_way(path);
    auto stat = co_await unixfs::stat(call_.blocks, cid);
    TarEntry entry{.path = path};
    entry.mtime = stat.mtime ? stat.mtime->seconds : 0;
    switch (stat.type) {
      case unixfs::NodeType::symlink:
        entry.kind = TarEntry::Kind::symlink;
        entry.target = stat.target;
        entry.mode = 0777;
        add_symlink(path);
        co_await put(tar_header(entry));
        break;
      case unixfs::NodeType::directory:
      case unixfs::NodeType::hamt_shard:
        entry.kind = TarEntry::Kind::directory;
        entry.mode = stat.mode.value_or(0755);
        co_await put(tar_header(entry));
        co_await children(cid, std::move(path), depth);
        break;
      default:
        entry.size = stat.size;
        entry.mode = stat.mode.value_or(0644);
        co_await put(tar_header(entry));
        co_await content(cid);
        co_await put(base::Bytes(tar_padding(stat.size)));
    }
  }

  Task<void> finish() {
    co_await put(base::Bytes(2 * kTarBlock));
    co_await flush();
    co_await call_.exchange.finish();
  }

private:
  Task<void> children(ipld::Cid directory, std::string path, unsigned depth) {
    std::string after;
    do {
      auto page = co_await unixfs::list_page(call_.blocks, directory, after, kPage);
      for (auto& link : page.entries) {
        auto below = tar_path(path, link.name);
        if (below.empty() || !ipld::valid_utf8(below)) {
          throw Error(Errc::invalid_argument,
                      fmt::format("directory {} has an entry that would lie outside of it", directory.text()),
                      "ask for it as ?format=car");
        }
        co_await entry(link.cid, std::move(below), depth + 1);
      }
      after = std::move(page.next);
    } while (!after.empty());
  }

  Task<void> content(ipld::Cid file) {
    auto* self = this;
    ipld::ByteSink sink = [self](base::SharedBytes bytes) -> Task<void> {
      if (bytes.size() < kBufferBytes / 4) {
        co_await self->put(base::to_bytes(bytes.view()));
        co_return;
      }
      co_await self->flush();
      co_await self->call_.exchange.write(std::move(bytes));
    };
    co_await unixfs::read_file(call_.env, call_.blocks, file, unixfs::ByteRange{}, std::move(sink), unixfs::kSendAhead);
  }

  /// The head goes with the first full buffer: a small tree that cannot be written is refused with a status.
  Task<void> put(base::Bytes bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (buffer_.size() >= kBufferBytes) co_await flush();
  }
  Task<void> flush() {
    if (!call_.exchange.started()) co_await call_.exchange.start(std::move(head_));
    if (buffer_.empty()) co_return;
    base::SharedBytes full(std::exchange(buffer_, {}));
    co_await call_.exchange.write(std::move(full));
  }

  // An archive that first makes a link and then writes through it could reach anything where it is unpacked.
  void add_symlink(const std::string& path) {
    if (symlinks_.size() == kMaxSymlinks) throw Error(Errc::too_large, "more symlinks than a TAR is made of");
    symlinks_.insert(path);
  }
  void check_way(const std::string& path) const {
    if (symlinks_.empty()) return;
    for (auto at = path.find('/');; at = path.find('/', at + 1)) {
      if (symlinks_.contains(path.substr(0, at))) {
        throw Error(Errc::invalid_argument, fmt::format("'{}' lies behind a symlink of the same directory", path));
      }
      if (at == path.npos) return;
    }
  }

  GatewayCall& call_;
  http::ResponseHead head_;
  base::Bytes buffer_;
  std::set<std::string> symlinks_;
};

}  // namespace

Task<void> answer_tar(GatewayCall& call) {
  call.exchange.set_route("gateway_tar");
  auto& cid = call.found.cid;
  if (!call.found.remainder.empty() || (cid.codec() != ipld::Codec::raw && cid.codec() != ipld::Codec::dag_pb)) {
    refuse(406, fmt::format("{} is {}, not UnixFS: there is no TAR of it", cid.text(), ipld::codec_name(cid.codec())));
  }
  try {
    co_await unixfs::stat(call.blocks, cid);
  } catch (const Error& error) {
    if (error.code() == Errc::invalid_argument) refuse(406, error.message());
    throw;
  }
  auto headers = head_of(call, media_type_of(Format::tar), fmt::format("W/\"{}.x-tar\"", cid.text()));
  headers.add("Content-Disposition", disposition_of(call, "attachment", cid.text() + ".tar"));
  headers.add("Accept-Ranges", "none");
  if (co_await answer_not_modified(call, headers)) co_return;
  http::ResponseHead head{.status = 200, .headers = std::move(headers), .length = std::nullopt};
  if (call.head()) {
    co_await call.exchange.start(std::move(head));
    co_await call.exchange.finish();
    co_return;
  }
  auto root = call.target.segments.empty() ? call.target.root : call.target.segments.back();
  if (root == "." || root == ".." || root.find('/') != root.npos) root = cid.text();
  TarStream stream(call, std::move(head));
  co_await stream.entry(cid, std::move(root), 0);
  co_await stream.finish();
}

}  // namespace openmcp::api::gateway
