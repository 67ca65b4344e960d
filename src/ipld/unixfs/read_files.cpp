#include "ipld/unixfs/read_files.hpp"

#include <fmt/format.h>

namespace openmcp::ipld::unixfs {
namespace {

base::Error changed(const base::Path& path) {
  return {base::Errc::conflict, fmt::format("'{}' changed while it was read", path),
          "try again when nothing writes to it"};
}

bool same_file(const base::FileInfo& a, const base::FileInfo& b) noexcept {
  return a.kind == b.kind && a.device == b.device && a.inode == b.inode;
}

}  // namespace

OpenedFile open_scanned(base::Disk& disk, const base::Path& path, const base::FileInfo& scanned) {
  OpenedFile opened{.path = path, .file = disk.open(path, base::OpenMode::read), .before = {}};
  opened.before = opened.file->info();
  if (!same_file(opened.before, scanned)) throw changed(path);
  return opened;
}

void check_unchanged(OpenedFile& opened) {
  auto after = opened.file->info();
  if (after.size != opened.before.size || after.mtime != opened.before.mtime || !same_file(after, opened.before)) {
    throw changed(opened.path);
  }
}

base::SharedBytes read_chunk(OpenedFile& opened, std::uint64_t offset, std::size_t length,
                             std::shared_ptr<std::uint8_t> buffer) {
  base::MutableBytes into(buffer.get(), length);
  if (opened.file->read_at(offset, into) != length) throw changed(opened.path);
  return {std::move(buffer), into};
}

std::vector<Leaf> read_small_files(base::Disk& disk, const Profile& profile, const std::vector<SmallFile>& files) {
  std::vector<base::SharedBytes> chunks;
  chunks.reserve(files.size());
  for (auto& file : files) {
    auto opened = open_scanned(disk, file.path, file.scanned);
    if (opened.before.size > profile.chunk_bytes) throw changed(file.path);
    auto length = static_cast<std::size_t>(opened.before.size);
    chunks.push_back(read_chunk(opened, 0, length, raw_buffer(length)));
    check_unchanged(opened);
  }
  return make_leaves(profile, std::move(chunks));
}

}  // namespace openmcp::ipld::unixfs
