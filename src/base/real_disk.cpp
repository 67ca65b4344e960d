#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/os_error.hpp"
#include "base/real_env.hpp"
#include "base/real_file.hpp"

namespace openmcp::base {
namespace {

/// A path as the system takes it. A NUL inside would silently name another file.
const char* c_path(const Path& path) {
  if (path.find('\0') != Path::npos) throw Error(Errc::invalid_argument, "a path contains the byte 0");
  return path.c_str();
}

int open_descriptor(const Path& path, int flags, std::uint32_t mode_bits, std::string_view doing) {
  for (;;) {
    int descriptor = ::open(c_path(path), flags | O_CLOEXEC, mode_bits);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR) throw os_error(errno, doing, path);
  }
}

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::write:
      return O_RDWR;
    case OpenMode::create:
      return O_RDWR | O_CREAT;
    case OpenMode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  throw Error(Errc::internal, "unknown open mode");
}

FileKind kind_of(const dirent& entry, const Path& directory) {
  switch (entry.d_type) {
    case DT_REG:
      return FileKind::file;
    case DT_DIR:
      return FileKind::directory;
    case DT_LNK:
      return FileKind::symlink;
    case DT_UNKNOWN: {  // file systems that do not keep the kind beside the name
      struct stat status;
      if (::lstat(join(directory, entry.d_name).c_str(), &status) == 0) return to_info(status).kind;
      return FileKind::other;
    }
    default:
      return FileKind::other;
  }
}

class RealLock final : public FileLock {
public:
  explicit RealLock(int descriptor) : descriptor_(descriptor) {}
  ~RealLock() override {
    // The file stays: removing it would let two others lock two different files of this name.
    [[maybe_unused]] int ignored = ::ftruncate(descriptor_, 0);
    ::close(descriptor_);
  }

private:
  int descriptor_;
};

class RealDisk final : public Disk {
public:
  std::unique_ptr<File> open(const Path& path, OpenMode mode, std::uint32_t mode_bits) override {
    int descriptor = open_descriptor(path, flags_of(mode), mode_bits, "opening");
    return std::make_unique<RealFile>(descriptor, path);
  }

  std::optional<FileInfo> stat(const Path& path, bool follow) override {
    struct stat status;
    int result = follow ? ::stat(c_path(path), &status) : ::lstat(c_path(path), &status);
    if (result == 0) return to_info(status);
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw os_error(errno, "inspecting", path);
  }

  std::vector<DirectoryEntry> list(const Path& directory) override {
    auto close = [](DIR* open) { ::closedir(open); };
    std::unique_ptr<DIR, decltype(close)> stream(::opendir(c_path(directory)), close);
    if (!stream) throw os_error(errno, "listing", directory);
    std::vector<DirectoryEntry> entries;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (!entry) break;
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") entries.push_back({std::string(name), kind_of(*entry, directory)});
    }
    if (errno != 0) throw os_error(errno, "listing", directory);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
  }

  std::string read_link(const Path& path) override {
    std::string target(PATH_MAX, '\0');
    auto size = ::readlink(c_path(path), target.data(), target.size());
    if (size < 0) throw os_error(errno, "reading the link", path);
    target.resize(static_cast<std::size_t>(size));
    return target;
  }

  void make_symlink(const Path& path, const std::string& target) override {
    if (::symlink(c_path(target), c_path(path)) != 0) throw os_error(errno, "making the link", path);
  }

  void make_directories(const Path& path, std::uint32_t mode_bits) override {
    if (::mkdir(c_path(path), mode_bits) == 0) return;
    int error = errno;
    if (error == ENOENT && !path.empty() && parent(path) != path) {
      make_directories(parent(path), mode_bits);
      if (::mkdir(path.c_str(), mode_bits) == 0) return;
      error = errno;
    }
    if (error == EEXIST) {
      auto there = stat(path, true);
      if (there && there->kind == FileKind::directory) return;
    }
    throw os_error(error, "making the directory", path);
  }

  void remove(const Path& path) override {
    if (std::remove(c_path(path)) != 0) throw os_error(errno, "removing", path);
  }

  void rename(const Path& from, const Path& to) override {
    if (::rename(c_path(from), c_path(to)) != 0) throw os_error(errno, fmt::format("renaming {} to", from), to);
  }

  void sync_directory(const Path& directory) override {
    int descriptor = open_descriptor(directory, O_RDONLY | O_DIRECTORY, 0, "syncing the directory");
    int result = 0;
    do {
      result = ::fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    int error = errno;
    ::close(descriptor);
    // Some network file systems refuse to sync a directory and need no such sync.
    if (result != 0 && error != EINVAL) throw os_error(error, "syncing the directory", directory);
  }

  void set_mode(const Path& path, std::uint32_t mode_bits) override {
    if (::chmod(c_path(path), mode_bits) != 0) throw os_error(errno, "changing the mode of", path);
  }

  std::uint64_t free_space(const Path& path) override {
    struct statvfs status;
    if (::statvfs(c_path(path), &status) != 0) throw os_error(errno, "asking for the free space at", path);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  }

  std::unique_ptr<FileLock> try_lock(const Path& path, const std::string& description, std::string& holder) override {
    RealFile file(open_descriptor(path, O_RDWR | O_CREAT, 0644, "locking"), path);
    int result = 0;
    do {
      result = ::flock(file.descriptor(), LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
      if (errno != EWOULDBLOCK) throw os_error(errno, "locking", path);
      Bytes text(4096);
      text.resize(file.read_at(0, text));
      holder = as_text(text);
      return nullptr;
    }
    int kept = ::fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0);  // shares the lock; `file` closes its own
    if (kept < 0) throw os_error(errno, "locking", path);
    auto lock = std::make_unique<RealLock>(kept);
    holder.clear();
    try {
      file.truncate(0);
      file.write_at(0, as_bytes(description));
    } catch (const Error&) {
      // Only others' messages suffer; a full disk must not keep its owner from locking and then freeing space.
    }
    return lock;
  }
};

}  // namespace

std::unique_ptr<Disk> make_real_disk() { return std::make_unique<RealDisk>(); }

}  // namespace openmcp::base
