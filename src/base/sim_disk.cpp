#include "base/sim_disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/os_error.hpp"
#include "base/sim_file.hpp"

namespace openmcp::base {
namespace {

constexpr int kMostLinks = 40;             // as Linux, path_resolution(7)
constexpr std::size_t kLongestName = 255;  // as Linux, NAME_MAX
constexpr std::uint64_t kUnlimited = 1ull << 50;

void split_in_front(std::deque<std::string>& parts, std::string_view path) {
  std::vector<std::string> found;
  while (!path.empty()) {
    auto slash = path.find('/');
    if (slash != 0) found.emplace_back(path.substr(0, slash));
    if (slash == path.npos) break;
    path.remove_prefix(slash + 1);
  }
  parts.insert(parts.begin(), found.begin(), found.end());
}

FileInfo info_of(const SimNode& node) {
  FileInfo info{node.kind, node.content.size(), node.mode, node.mtime, 1, node.inode};
  if (node.kind == FileKind::symlink) info.size = node.target.size();
  return info;
}

}  // namespace

SimMedium::SimMedium(SimContext& context, std::uint64_t seed, const std::string& name)
    : context_(context), random_(seed, "disk/" + name), root_(std::make_shared<SimNode>()) {
  root_->kind = FileKind::directory;
  root_->mode = 0755;
  root_->inode = next_inode_++;
  root_->links = 1;
}

SimMedium::~SimMedium() {
  // What is seen and what is stable may hold each other, when directories were moved.
  for (auto& node : all_nodes()) {
    node->entries.clear();
    node->stable.clear();
  }
}

// --- paths -----------------------------------------------------------------------------------------------------------

SimMedium::Place SimMedium::walk(const Path& path, bool follow) const {
  if (path.empty()) return {.above = {}, .name = {}, .node = nullptr, .error = ENOENT};
  if (path.find('\0') != Path::npos) throw Error(Errc::invalid_argument, "a path contains the byte 0");
  std::deque<std::string> parts;
  split_in_front(parts, path);
  std::vector<SimNodePtr> above;  // the directories passed
  SimNodePtr here = root_;
  std::string name;
  int links = 0;
  auto failed = [](int error) { return Place{.above = {}, .name = {}, .node = nullptr, .error = error}; };
  while (!parts.empty()) {
    if (here->kind != FileKind::directory) return failed(ENOTDIR);
    std::string part = std::move(parts.front());
    parts.pop_front();
    if (part == ".") {
      name.clear();
    } else if (part == "..") {
      name.clear();
      if (above.empty()) continue;
      here = above.back();
      above.pop_back();
    } else if (part.size() > kLongestName) {
      return failed(ENAMETOOLONG);
    } else if (auto found = here->entries.find(part); found == here->entries.end()) {
      if (!parts.empty()) return failed(ENOENT);
      above.push_back(here);
      return {.above = std::move(above), .name = std::move(part), .node = nullptr};
    } else if (found->second->kind == FileKind::symlink && (follow || !parts.empty())) {
      if (++links > kMostLinks) return failed(ELOOP);
      const auto& target = found->second->target;
      if (target.starts_with('/')) {
        here = root_;
        above.clear();
      }
      name.clear();
      split_in_front(parts, target);
    } else {
      above.push_back(std::exchange(here, found->second));
      name = std::move(part);
    }
  }
  return {.above = std::move(above), .name = std::move(name), .node = std::move(here)};
}

SimMedium::Place SimMedium::find(const Path& path, bool follow, std::string_view doing) const {
  auto place = walk(path, follow);
  if (place.error == 0 && !place.node) place.error = ENOENT;
  if (place.error != 0) throw os_error(place.error, doing, path);
  return place;
}

// --- directories -----------------------------------------------------------------------------------------------------

void SimMedium::apply(Change change) {
  for (auto& edit : change) {
    auto& entries = edit.directory->entries;
    edit.directory->mtime = mtime();
    if (auto old = entries.find(edit.name); old != entries.end()) {
      auto node = old->second;
      entries.erase(old);
      --node->links;
      forget_if_unused(*node);
    }
    if (!edit.node) continue;
    // The new name comes before the old one goes, so a node that is renamed never counts as unused.
    ++edit.node->links;
    entries.emplace(edit.name, edit.node);
  }
  pending_.push_back(std::move(change));
}

void SimMedium::forget_if_unused(SimNode& node) {
  if (node.links == 0 && node.opens == 0) used_ -= node.content.size();
}

SimNodePtr SimMedium::make_node(const Place& place, FileKind kind, std::uint32_t mode_bits, std::string_view doing,
                                const Path& path) {
  mutate_or_die(doing, place.name.size());
  if (room_for(1) == 0) throw os_error(ENOSPC, doing, path);
  auto node = std::make_shared<SimNode>();
  node->kind = kind;
  node->mode = mode_bits & 07777u;
  node->mtime = mtime();
  node->inode = next_inode_++;
  Change change;
  change.push_back({place.above.back(), place.name, node});
  apply(std::move(change));
  return node;
}

std::unique_ptr<File> SimMedium::open(const Path& path, OpenMode mode, std::uint32_t mode_bits) {
  alive(boot_);
  auto place = walk(path, mode != OpenMode::create_new);
  bool create = mode == OpenMode::create || mode == OpenMode::create_new;
  if (place.error == 0 && !place.node && !create) place.error = ENOENT;
  if (place.error == 0 && place.node && mode == OpenMode::create_new) place.error = EEXIST;
  if (place.error == 0 && place.node && place.node->kind == FileKind::directory && mode != OpenMode::read) {
    place.error = EISDIR;
  }
  if (place.error != 0) throw os_error(place.error, "opening", path);
  if (!place.node) place.node = make_node(place, FileKind::file, mode_bits, "opening", path);
  return std::make_unique<SimFile>(shared_from_this(), place.node, path, mode != OpenMode::read);
}

std::optional<FileInfo> SimMedium::stat(const Path& path, bool follow) {
  alive(boot_);
  auto place = walk(path, follow);
  if (place.error == ENOENT || place.error == ENOTDIR) return std::nullopt;
  if (place.error != 0) throw os_error(place.error, "inspecting", path);
  if (!place.node) return std::nullopt;
  return info_of(*place.node);
}

std::vector<DirectoryEntry> SimMedium::list(const Path& directory) {
  alive(boot_);
  auto place = find(directory, true, "listing");
  if (place.node->kind != FileKind::directory) throw os_error(ENOTDIR, "listing", directory);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, node] : place.node->entries) entries.push_back({name, node->kind});
  return entries;
}

std::string SimMedium::read_link(const Path& path) {
  alive(boot_);
  auto place = find(path, false, "reading the link");
  if (place.node->kind != FileKind::symlink) throw os_error(EINVAL, "reading the link", path);
  return place.node->target;
}

void SimMedium::make_symlink(const Path& path, const std::string& target) {
  alive(boot_);
  auto place = walk(path, false);
  if (place.error == 0 && place.node) place.error = EEXIST;
  if (place.error == 0 && target.empty()) place.error = ENOENT;
  if (place.error != 0) throw os_error(place.error, "making the link", path);
  make_node(place, FileKind::symlink, 0777, "making the link", path)->target = target;
}

void SimMedium::make_directories(const Path& path, std::uint32_t mode_bits) {
  alive(boot_);
  auto place = walk(path, true);
  if (place.error == ENOENT && !path.empty() && parent(path) != path) {
    make_directories(parent(path), mode_bits);
    place = walk(path, true);
  }
  if (place.error == 0 && place.node && place.node->kind != FileKind::directory) place.error = EEXIST;
  if (place.error != 0) throw os_error(place.error, "making the directory", path);
  if (!place.node) make_node(place, FileKind::directory, mode_bits, "making the directory", path);
}

void SimMedium::remove(const Path& path) {
  alive(boot_);
  auto place = find(path, false, "removing");
  if (place.name.empty()) throw os_error(EBUSY, "removing", path);
  if (!place.node->entries.empty()) throw os_error(ENOTEMPTY, "removing", path);
  mutate_or_die("removing", place.name.size());
  Change change;
  change.push_back({place.above.back(), place.name, nullptr});
  apply(std::move(change));
}

void SimMedium::rename(const Path& from, const Path& to) {
  alive(boot_);
  auto doing = [&from] { return fmt::format("renaming {} to", from); };
  auto source = find(from, false, "renaming");
  auto target = walk(to, false);
  bool directory = source.node->kind == FileKind::directory;
  if (target.error == 0) {
    if (source.name.empty() || (target.node && target.name.empty())) {
      target.error = EBUSY;
    } else if (directory && (std::ranges::find(target.above, source.node) != target.above.end())) {
      target.error = EINVAL;  // into itself
    } else if (target.node && target.node != source.node) {
      bool over_directory = target.node->kind == FileKind::directory;
      if (directory && !over_directory) target.error = ENOTDIR;
      if (!directory && over_directory) target.error = EISDIR;
      if (over_directory && !target.node->entries.empty()) target.error = ENOTEMPTY;
    }
  }
  if (target.error != 0) throw os_error(target.error, doing(), to);
  mutate_or_die("renaming", source.name.size() * 256 + target.name.size());
  if (target.node == source.node) return;
  Change change;
  change.push_back({target.above.back(), target.name, source.node});
  change.push_back({source.above.back(), source.name, nullptr});
  apply(std::move(change));
}

void SimMedium::sync_directory(const Path& directory) {
  alive(boot_);
  auto place = find(directory, true, "syncing the directory");
  if (place.node->kind != FileKind::directory) throw os_error(ENOTDIR, "syncing the directory", directory);
  mutate_or_die("syncing the directory", place.node->inode);
  if (random_.chance(faults_.sync_error)) throw os_error(EIO, "syncing the directory", directory);
  if (random_.chance(faults_.lost_sync)) return;
  stabilise(place.node.get(), 0);
}

void SimMedium::set_mode(const Path& path, std::uint32_t mode_bits) {
  alive(boot_);
  auto place = find(path, true, "changing the mode of");
  mutate_or_die("changing the mode of", mode_bits);
  place.node->mode = mode_bits & 07777u;
}

std::uint64_t SimMedium::free_space(const Path& path) {
  alive(boot_);
  find(path, true, "asking for the free space at");
  return room_for(kUnlimited);
}

// --- locks -----------------------------------------------------------------------------------------------------------

class SimLock final : public FileLock {
public:
  SimLock(std::shared_ptr<SimMedium> disk, SimNodePtr node)
      : disk_(std::move(disk)), node_(std::move(node)), boot_(disk_->boot_) {
    node_->locked_in = boot_;
  }
  ~SimLock() override {
    if (node_->locked_in == boot_) node_->locked_in = 0;
  }

private:
  std::shared_ptr<SimMedium> disk_;
  SimNodePtr node_;
  std::uint64_t boot_;
};

std::unique_ptr<FileLock> SimMedium::try_lock(const Path& path, const std::string& description, std::string& holder) {
  open(path, OpenMode::create, 0644);
  auto node = find(path, true, "locking").node;
  if (node->locked_in == boot_) {
    holder = node->lock_holder;
    return nullptr;
  }
  holder.clear();
  node->lock_holder = description;
  return std::make_unique<SimLock>(shared_from_this(), std::move(node));
}

}  // namespace openmcp::base
