// Files, symlinks and directories, deserialised.
#include <fmt/format.h>

#include "api/gateway/call.hpp"
#include "api/gateway/content_type.hpp"
#include "api/gateway/head.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "ipld/unixfs/fs_node.hpp"

namespace openmcp::api::gateway {
namespace {

namespace unixfs = ipld::unixfs;
using base::Errc;
using base::Error;
using base::Task;

/// In the path form all sites share one origin: a page gets one of its own, made up for it, so that it can neither read
/// what another one stored nor take over the gateway by a service worker. The subdomain form has real origins.
constexpr std::string_view kSandbox =
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-presentation allow-scripts";

/// The first bytes of a file of several blocks. Empty when they are not here: a range behind them can still be served.
Task<base::Bytes> first_bytes(GatewayCall& call, ipld::Cid file) {
  base::Bytes start;
  ipld::ByteSink sink = [&start](base::SharedBytes part) -> Task<void> {
    start.insert(start.end(), part.view().begin(), part.view().end());
    co_return;
  };
  try {
    unixfs::ByteRange range{.offset = 0, .length = kSniffBytes};
    co_await unixfs::read_file(call.env, call.blocks, file, range, std::move(sink));
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) throw;
  }
  co_return start;
}

/// A file that was opened: where its bytes are, and what they are called.
struct OpenedFile {
  base::SharedBytes inline_bytes;  ///< all of it when it is in one block
  bool one_block = false;
  bool symlink = false;
  std::uint64_t size = 0;
};

OpenedFile open_file(const ipld::Cid& file, const base::SharedBytes& block) {
  auto node = base::unwrap(unixfs::decode_fs_node(file, block));
  OpenedFile opened;
  opened.symlink = node.data.type == unixfs::NodeType::symlink;
  if (!opened.symlink && !unixfs::is_file(node.data.type)) {
    throw Error(Errc::invalid_argument, fmt::format("{} is a {}", file.text(), unixfs::to_string(node.data.type)));
  }
  opened.one_block = opened.symlink || node.links.empty();
  auto bytes = node.inline_bytes();
  opened.size = opened.symlink ? bytes.size() : node.size;
  if (opened.one_block && !bytes.empty()) {
    opened.inline_bytes = block.slice(static_cast<std::size_t>(bytes.data() - block.data()), bytes.size());
  }
  return opened;
}

bool is_directory(const ipld::Cid& cid, const base::SharedBytes& block) {
  if (cid.codec() == ipld::Codec::raw) return false;
  return unixfs::is_directory(base::unwrap(unixfs::decode_fs_node(cid, block)).data.type);
}

void add_disposition(const GatewayCall& call, http::Headers& headers, const std::string& name) {
  auto* download = call.parameter("download");
  bool attach = download && *download == "true";
  auto* given = call.parameter("filename");
  if (!attach && (!given || given->empty())) return;
  headers.add("Content-Disposition", disposition_of(call, "inline", name));
}

/// `block` is that of `file`; `tagged` names it to caches.
Task<void> answer_file(GatewayCall& call, ipld::Cid file, base::SharedBytes block, std::string name, ipld::Cid tagged) {
  call.exchange.set_route("gateway_file");
  auto opened = open_file(file, block);
  if (auto* given = call.parameter("filename"); given && !given->empty()) name = *given;
  std::string type(opened.symlink ? "inode/symlink" : type_by_name(name));
  if (type.empty()) {
    base::Bytes start;
    if (!opened.one_block) start = co_await first_bytes(call, file);
    base::BytesView known = opened.one_block ? opened.inline_bytes.view() : base::BytesView(start);
    type = sniff_type(known, known.size() == opened.size);
  }
  bool is_json = type == "application/json" || type.ends_with("+json");
  if (call.wanted.format == Format::cbor || (call.wanted.format == Format::json && !is_json)) {
    refuse(406, fmt::format("{} is a file of {}, not {}; ask for it without a format, or for ?format=raw",
                            call.target.text(), type, name_of(call.wanted.format)));
  }
  auto headers = head_of(call, call.wanted.format == Format::json ? "application/json" : type,
                         etag_of(tagged, name_of(call.wanted.format)));
  if (!call.domain && is_active(type)) headers.add("Content-Security-Policy", std::string(kSandbox));
  add_disposition(call, headers, name);
  if (co_await answer_not_modified(call, headers)) co_return;
  if (opened.one_block) {
    co_await send_bytes(call, std::move(headers), std::move(opened.inline_bytes));
    co_return;
  }

  auto part = choose_part(call, headers, opened.size);
  http::ResponseHead head{.status = part.status, .headers = std::move(headers), .length = part.body.length()};
  auto& exchange = call.exchange;
  if (call.head()) {
    co_await exchange.start(std::move(head));
    co_await exchange.finish();
    co_return;
  }
  // The head goes with the first bytes: while nothing was sent, a missing block is a 404.
  ipld::ByteSink sink = [&exchange, &head](base::SharedBytes bytes) -> Task<void> {
    if (!exchange.started()) co_await exchange.start(std::move(head));
    co_await exchange.write(std::move(bytes));
  };
  RangedBody::ReadSpan read = [&call, file](ByteSpan span, ipld::ByteSink into) -> Task<void> {
    unixfs::ByteRange range{.offset = span.offset, .length = span.length};
    co_await unixfs::read_file(call.env, call.blocks, file, range, std::move(into), unixfs::kSendAhead);
  };
  co_await part.body.send(std::move(read), std::move(sink));
  if (!exchange.started()) co_await exchange.start(std::move(head));
  co_await exchange.finish();
}

}  // namespace

Task<void> answer_unixfs(GatewayCall& call) {
  auto& cid = call.found.cid;
  auto block = co_await ipld::get_block(call.blocks, cid);
  if (!is_directory(cid, block)) {
    std::string name = call.found.path.empty() ? std::string() : call.found.path.back();
    co_await answer_file(call, cid, std::move(block), std::move(name), cid);
    co_return;
  }
  if (call.wanted.format == Format::json || call.wanted.format == Format::cbor) {
    refuse(406, fmt::format("{} is a directory; ask for ?format=car or ?format=raw", call.target.text()));
  }
  // Relative links of a page need the slash. Rebuilt from its parts: never "//another.host".
  if (!call.target.slash && !call.rewritten && (!call.domain || !call.target.segments.empty())) {
    call.exchange.set_route("gateway_redirect");
    auto slashed = call.target;
    slashed.slash = true;
    auto location = call.domain ? encode_path(slashed.segments, true) : slashed.text();
    if (!call.request().query.empty()) location += "?" + call.request().query;
    http::Response response{.status = 301, .headers = {{"Location", std::move(location)}}};
    co_await call.exchange.send(std::move(response));
    co_return;
  }
  auto index = co_await unixfs::find_entry(call.blocks, cid, "index.html");
  if (index) {
    auto page = co_await ipld::get_block(call.blocks, index->cid);
    if (!is_directory(index->cid, page)) {
      co_await answer_file(call, index->cid, std::move(page), "index.html", cid);
      co_return;
    }
  }
  co_await answer_listing(call);
}

}  // namespace openmcp::api::gateway
