#include "base/disk.hpp"

#include <fmt/format.h>

#include "base/result.hpp"

namespace openmcp::base {

Bytes read_file(Disk& disk, const Path& path, std::uint64_t limit) {
  auto file = disk.open(path, OpenMode::read);
  auto refuse = [&path, limit](std::uint64_t size) {
    throw Error(Errc::too_large, fmt::format("reading {}: {} bytes are more than the limit of {}", path, size, limit));
  };
  std::uint64_t size = file->size();
  if (size > limit) refuse(size);
  // One byte more than the size tells a file that grows, or one that has no size (/proc), from one that ends.
  Bytes bytes(static_cast<std::size_t>(size) + 1);
  std::size_t have = 0;
  for (;;) {
    std::size_t got = file->read_at(have, MutableBytes(bytes).subspan(have));
    have += got;
    if (have > limit) refuse(have);
    if (have < bytes.size()) break;
    bytes.resize(bytes.size() * 2 + 4096);
  }
  bytes.resize(have);
  return bytes;
}

void write_file_atomic(Disk& disk, const Path& path, BytesView bytes, std::uint32_t mode_bits) {
  // The name is fixed so that what a crash leaves behind is replaced by the next write instead of piling up; writers of
  // one path must exclude each other.
  Path beside = path + ".tmp";
  if (disk.stat(beside, false)) disk.remove(beside);
  try {
    auto file = disk.open(beside, OpenMode::create_new, mode_bits);
    file->write_at(0, bytes);
    file->sync();
    file.reset();
    disk.rename(beside, path);
  } catch (const Error&) {
    try {
      disk.remove(beside);
    } catch (const Error&) {
      // The first error is the one to report; a leftover is removed by the next write.
    }
    throw;
  }
  disk.sync_directory(parent(path));
}

Path join(const Path& directory, std::string_view name) {
  if (directory.empty() || name.starts_with('/')) return Path(name);
  if (name.empty()) return directory;
  Path path = directory;
  if (!path.ends_with('/')) path += '/';
  return path += name;
}

Path parent(const Path& path) {
  std::size_t end = path.size();
  while (end > 1 && path[end - 1] == '/') --end;
  std::size_t slash = path.rfind('/', end - 1);
  if (end == 0 || slash == Path::npos) return ".";
  while (slash > 0 && path[slash - 1] == '/') --slash;
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace openmcp::base
