#include "context/content.hpp"

#include <fmt/format.h>

#include "context/conversation.hpp"
#include "context/source_path.hpp"
#include "context/text.hpp"
#include "ipld/car/reader.hpp"
#include "ipld/car/writer.hpp"
#include "ipld/dag_pb.hpp"
#include "ipld/traversal.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "ipld/unixfs/importer.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::size_t kSniffed = 4096;  ///< bytes that say what a content is

std::string last_part(const base::Path& path) {
  auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return {};
  auto begin = path.rfind('/', end);
  return path.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

void describe(Prepared& out, base::BytesView beginning) {
  bool whole = beginning.size() == out.size;
  beginning = beginning.first(std::min(beginning.size(), kSniffed));
  whole = whole && beginning.size() == out.size;
  out.media_type = sniff_media(beginning, whole);
  if (is_text(beginning, whole)) out.first_line = first_line(base::as_text(beginning));
}

/// A content of one block: nothing is stored yet.
Prepared one_block(base::SharedBytes bytes) {
  Prepared out;
  out.size = bytes.size();
  out.block = ipld::make_block(ipld::Codec::raw, bytes);
  out.cid = out.block->cid;
  std::copy_n(out.cid.hash().digest().begin(), out.hash.size(), out.hash.begin());
  describe(out, bytes);
  return out;
}

void check_conversation(Prepared& out, base::BytesView bytes) {
  auto turns = base::unwrap(parse_conversation(base::as_text(bytes)));
  out.media_type = "application/jsonl";
  out.first_line.clear();
  for (const auto& turn : turns)
    if (out.first_line = first_line(turn.text); !out.first_line.empty()) break;
}

/// Hashes what passes, and keeps the beginning.
struct Tee {
  crypto::Sha256 hash;
  std::uint64_t size = 0;
  base::Bytes beginning;

  void pass(base::BytesView bytes) {
    hash.update(bytes);
    size += bytes.size();
    auto room = kSniffed - std::min(kSniffed, beginning.size());
    auto part = bytes.first(std::min(room, bytes.size()));
    beginning.insert(beginning.end(), part.begin(), part.end());
  }
};

/// Imports a source of any length.
base::Task<Prepared> import(base::Env& env, storage::PinningStore& store, ReadBytes read) {
  Prepared out;
  out.lease = store.lease();
  auto tee = std::make_shared<Tee>();
  ReadBytes source = [&env, tee, read = std::move(read)](base::MutableBytes into) -> base::Task<std::size_t> {
    auto got = co_await read(into);
    if (got == 0) co_return 0;
    auto piece = into.first(got);
    auto work = [tee, piece] { tee->pass(piece); };
    co_await env.run(std::move(work));
    co_return got;
  };
  ipld::unixfs::Importer importer(env, store);
  auto imported = co_await importer.import_stream(std::move(source));
  out.cid = imported.cid;
  out.size = tee->size;
  out.hash = tee->hash.finish();
  describe(out, tee->beginning);
  co_return out;
}

base::Task<Prepared> prepare_bytes(base::Env& env, storage::PinningStore& store, base::SharedBytes bytes) {
  if (bytes.size() <= kOneBlock) co_return one_block(std::move(bytes));
  auto source = ipld::car::bytes_source(std::move(bytes));
  co_return co_await import(env, store, std::move(source));
}

bool same_file(const base::FileInfo& a, const base::FileInfo& b) {
  return a.size == b.size && a.mtime == b.mtime && a.inode == b.inode && a.device == b.device;
}

base::Error changed(const base::Path& path) {
  return base::Error(Errc::conflict, fmt::format("'{}' changed while it was read", path), "try again");
}

/// What one visit of a worker found of a file.
struct Opened {
  std::shared_ptr<base::File> file;
  base::FileInfo info;
  std::optional<base::SharedBytes> bytes;  ///< all of them, when one block holds them
};

Opened open_file(base::Disk& disk, const base::Path& path) {
  // Asked before it is opened: opening a pipe would wait for its other end.
  auto before = disk.stat(path);
  if (!before) throw base::Error(Errc::not_found, fmt::format("no file '{}'", path));
  if (before->kind == base::FileKind::directory)
    throw base::Error(Errc::invalid_argument, fmt::format("'{}' is a directory", path));
  if (before->kind != base::FileKind::file)
    throw base::Error(Errc::invalid_argument, fmt::format("'{}' is not a regular file", path));
  Opened out{.file = disk.open(path, base::OpenMode::read), .info = *before, .bytes = {}};
  out.info = out.file->info();
  if (out.info.size > kOneBlock) return out;
  base::Bytes bytes(static_cast<std::size_t>(out.info.size) + 1);
  bytes.resize(out.file->read_at(0, bytes));
  // Files of /proc say 0 and hold more: they are read as a stream.
  if (out.info.size == 0 && !bytes.empty()) return out;
  if (bytes.size() != out.info.size || !same_file(out.info, out.file->info())) throw changed(path);
  out.bytes = base::SharedBytes(std::move(bytes));
  return out;
}

base::Task<Prepared> prepare_file(base::Env& env, storage::PinningStore& store, base::Path path) {
  auto open = [&env, path] {
    auto opened = open_file(env.disk(), path);
    std::optional<Prepared> prepared;
    if (opened.bytes) prepared = one_block(std::move(*opened.bytes));
    return std::pair(std::move(opened), std::move(prepared));
  };
  auto [opened, small] = co_await env.run(std::move(open));
  const auto checked = env.now().time_since_epoch().count();
  Prepared out;
  if (small) {
    out = std::move(*small);
  } else {
    auto source = ipld::car::file_source(env, opened.file);
    out = co_await import(env, store, std::move(source));
    auto look = [file = opened.file] { return file->info(); };
    auto after = co_await env.run(std::move(look));
    if (opened.info.size != 0 && (!same_file(opened.info, after) || out.size != after.size)) throw changed(path);
  }
  out.name = last_part(path);
  out.stamp = FileStamp{.size = opened.info.size,
                        .mtime = opened.info.mtime,
                        .inode = opened.info.inode,
                        .checked = checked,
                        .content = out.cid};
  co_return out;
}

base::Task<Prepared> prepare_directory(base::Env& env, storage::PinningStore& store, DirectoryContent content,
                                       PrepareOptions options) {
  Prepared out;
  out.lease = store.lease();
  auto skipped = std::make_shared<std::vector<SkippedFile>>();
  ipld::unixfs::ImportOptions import_options;
  import_options.include_hidden = content.hidden;
  import_options.exclude = [root = content.path, home = options.exclude](std::string_view path, base::FileKind) {
    return !home.empty() && normal_path(base::join(root, path)) == home;
  };
  import_options.skipped = [skipped](const base::Error& error) {
    skipped->push_back({.path = {}, .why = error.message()});
  };
  ipld::unixfs::Importer importer(env, store, ipld::unixfs::kUnixfsV1_2025, std::move(import_options));
  auto imported = co_await importer.import_directory(content.path);
  out.cid = imported.cid;
  out.size = imported.size;
  out.hash = co_await root_hash(store, out.cid);
  out.media_type = kDirectoryMedia;
  out.name = last_part(content.path);
  out.skipped = std::move(*skipped);
  co_return out;
}

base::Task<Prepared> prepare_stored(base::Env& env, storage::PinningStore& store, ipld::Cid cid) {
  Prepared out;
  out.lease = store.lease();
  out.cid = cid;
  auto stat = co_await ipld::unixfs::stat(store, cid);
  if (ipld::unixfs::is_directory(stat.type)) {
    out.size = co_await directory_size(env, store, cid);
    out.hash = co_await root_hash(store, cid);
    out.media_type = kDirectoryMedia;
    co_return out;
  }
  auto hashed = co_await hash_content(env, store, cid);
  out.size = hashed.size;
  out.hash = hashed.hash;
  base::Bytes beginning;
  ipld::unixfs::ByteRange range{.offset = 0, .length = kSniffed};
  auto sink = ipld::car::bytes_sink(beginning);
  co_await ipld::unixfs::read_file(env, store, cid, range, sink);
  describe(out, beginning);
  co_return out;
}

/// The whole of it in memory, however it was given: conversations are read before they are stored.
base::Task<base::SharedBytes> collect(base::Env& env, storage::PinningStore& store, Content content) {
  if (auto bytes = std::get_if<base::SharedBytes>(&content)) co_return *bytes;
  if (auto stored = std::get_if<StoredContent>(&content)) {
    auto bytes = co_await ipld::unixfs::read_bytes(env, store, stored->cid, kMaxConversation);
    co_return base::SharedBytes(std::move(bytes));
  }
  if (auto stream = std::get_if<StreamContent>(&content)) {
    base::Bytes bytes, piece(256u << 10);
    while (auto got = co_await stream->read(piece)) {
      if (bytes.size() + got > kMaxConversation)
        throw base::Error(Errc::too_large, "a conversation of more than 256 MiB");
      bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
    }
    co_return base::SharedBytes(std::move(bytes));
  }
  throw base::Error(Errc::invalid_argument, "a directory is no conversation");
}

}  // namespace

base::Task<Prepared> prepare(base::Env& env, storage::PinningStore& store, Content content, PrepareOptions options) {
  if (options.conversation) {
    Prepared out;
    base::SharedBytes bytes;
    if (auto file = std::get_if<FileContent>(&content)) {
      out = co_await prepare_file(env, store, file->path);
      if (out.size > kMaxConversation) throw base::Error(Errc::too_large, "a conversation of more than 256 MiB");
      if (out.block)
        bytes = out.block->data;
      else
        bytes = base::SharedBytes(co_await ipld::unixfs::read_bytes(env, store, out.cid, kMaxConversation));
    } else {
      bytes = co_await collect(env, store, std::move(content));
      out = co_await prepare_bytes(env, store, bytes);
    }
    auto check = [&out, bytes] { check_conversation(out, bytes); };
    co_await env.run(std::move(check));
    co_return out;
  }
  if (auto bytes = std::get_if<base::SharedBytes>(&content)) co_return co_await prepare_bytes(env, store, *bytes);
  if (auto file = std::get_if<FileContent>(&content)) co_return co_await prepare_file(env, store, file->path);
  if (auto directory = std::get_if<DirectoryContent>(&content))
    co_return co_await prepare_directory(env, store, *directory, std::move(options));
  if (auto stream = std::get_if<StreamContent>(&content)) co_return co_await import(env, store, stream->read);
  if (auto stored = std::get_if<StoredContent>(&content)) co_return co_await prepare_stored(env, store, stored->cid);
  throw base::Error(Errc::internal, "preparing no content");
}

base::Task<ContentHash> hash_content(base::Env& env, ipld::BlockSource& source, ipld::Cid cid) {
  ContentHash out;
  if (cid.codec() == ipld::Codec::raw && cid.hash().code() == ipld::HashCode::sha2_256) {
    auto block = co_await ipld::get_block(source, cid);
    std::copy_n(cid.hash().digest().begin(), out.hash.size(), out.hash.begin());
    out.size = block.size();
    co_return out;
  }
  crypto::Sha256 hash;
  auto sink = [&env, &hash](base::SharedBytes bytes) -> base::Task<void> {
    auto work = [&hash, &bytes] { hash.update(bytes); };
    co_await env.run(std::move(work));
  };
  ipld::unixfs::ByteRange all;
  out.size = co_await ipld::unixfs::read_file(env, source, cid, all, sink);
  out.hash = hash.finish();
  co_return out;
}

base::Task<std::uint64_t> directory_size(base::Env& env, ipld::BlockSource& source, ipld::Cid cid) {
  std::uint64_t size = 0;
  auto visit = [&size](ipld::Block block) -> base::Task<bool> {
    if (block.cid.codec() == ipld::Codec::raw) {
      size += block.data.size();
    } else if (block.cid.codec() == ipld::Codec::dag_pb) {
      auto node = base::unwrap(ipld::decode_dag_pb(block.data));
      if (node.data) {
        auto data = base::unwrap(ipld::unixfs::decode_data(*node.data));
        if (ipld::unixfs::is_file(data.type) && data.data) size += data.data->size();
      }
    }
    co_return true;
  };
  ipld::TraversalOptions options;
  options.duplicates = true;
  co_await ipld::traverse(env, source, cid, std::move(options), visit);
  co_return size;
}

base::Task<crypto::Digest32> root_hash(ipld::BlockSource& source, ipld::Cid cid) {
  auto block = co_await ipld::get_block(source, cid);
  co_return crypto::sha256(block);
}

}  // namespace openmcp::context
