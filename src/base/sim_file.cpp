#include "base/sim_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/os_error.hpp"

namespace openmcp::base {

SimFile::SimFile(std::shared_ptr<SimMedium> disk, SimNodePtr node, Path path, bool writable)
    : disk_(std::move(disk)), node_(std::move(node)), path_(std::move(path)), writable_(writable), boot_(disk_->boot_) {
  ++node_->opens;
}

SimFile::~SimFile() {
  if (boot_ != disk_->boot_) return;  // the crash or kill closed it
  --node_->opens;
  disk_->forget_if_unused(*node_);
}

std::size_t SimFile::read_at(std::uint64_t offset, MutableBytes into) {
  disk_->alive(boot_);
  if (node_->kind == FileKind::directory) throw os_error(EISDIR, "reading", path_);
  auto& random = disk_->random_;
  if (random.chance(disk_->faults_.read_error)) throw os_error(EIO, "reading", path_);
  std::uint64_t size = node_->content.size();
  if (offset < size && !into.empty() && random.chance(disk_->faults_.bit_rot)) {
    auto bits = std::min<std::uint64_t>(into.size(), size - offset) * 8;
    node_->content.flip_bit(offset * 8 + random.below(bits));
  }
  return node_->content.read(offset, into);
}

void SimFile::check_writable(std::string_view doing) const {
  if (!writable_) throw os_error(EBADF, doing, path_);
}

void SimFile::write_at(std::uint64_t offset, BytesView from) {
  disk_->alive(boot_);
  check_writable("writing");
  auto& random = disk_->random_;
  bool dies = disk_->mutate("writing", offset + from.size());
  bool fails = random.chance(disk_->faults_.write_error);
  std::uint64_t size = node_->content.size(), end = offset + from.size();
  auto written = from;
  if (dies || fails) written = from.first(random.below(from.size() + 1));
  std::uint64_t room = disk_->room_for(end > size ? end - size : 0);
  bool full = end > size + room;
  if (full) {
    std::uint64_t last = size + room;
    written = written.first(std::min<std::uint64_t>(written.size(), last > offset ? last - offset : 0));
  }
  node_->content.write(offset, written);
  node_->mtime = disk_->mtime();
  disk_->used_ += node_->content.size() - size;
  if (dies) disk_->lose_power();
  if (fails) throw os_error(EIO, "writing", path_);
  if (full) throw os_error(ENOSPC, "writing", path_);
}

void SimFile::write_at(std::uint64_t offset, std::span<const BytesView> from) {
  Bytes all;
  for (auto part : from) all.insert(all.end(), part.begin(), part.end());
  write_at(offset, all);
}

void SimFile::sync() {
  disk_->alive(boot_);
  disk_->mutate_or_die("syncing", node_->inode);
  if (disk_->random_.chance(disk_->faults_.sync_error)) throw os_error(EIO, "syncing", path_);
  if (disk_->random_.chance(disk_->faults_.lost_sync)) return;
  node_->content.sync();
}

std::uint64_t SimFile::size() {
  disk_->alive(boot_);
  return node_->content.size();
}

bool SimFile::allocate(std::uint64_t size) {
  disk_->alive(boot_);
  std::uint64_t before = node_->content.size();
  if (size <= before || disk_->room_for(size - before) < size - before) return false;
  truncate(size);
  return true;
}

void SimFile::truncate(std::uint64_t size) {
  disk_->alive(boot_);
  check_writable("truncating");
  disk_->mutate_or_die("truncating", size);
  std::uint64_t before = node_->content.size();
  if (size > before && disk_->room_for(size - before) < size - before) throw os_error(ENOSPC, "truncating", path_);
  node_->content.truncate(size);
  node_->mtime = disk_->mtime();
  disk_->used_ += size - before;
}

SharedBytes SimFile::map(std::uint64_t offset, std::size_t length) {
  if (length == 0) return {};
  std::uint64_t now = size(), end = offset + length;
  if (end > now || end < offset) {
    throw Error(Errc::corrupt, fmt::format("reading {}: it ends at byte {}, before byte {}", path_, now, end));
  }
  Bytes bytes(length);
  read_at(offset, bytes);
  return SharedBytes(std::move(bytes));
}

FileInfo SimFile::info() {
  disk_->alive(boot_);
  return {node_->kind, node_->content.size(), node_->mode, node_->mtime, 1, node_->inode};
}

}  // namespace openmcp::base
