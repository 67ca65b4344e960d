// The disk behind Env. Calls block: make them inside Env::run. All throw Error (io, no_space, not_found,
// already_exists, permission) that names the path.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace openmcp::base {

/// Paths are UTF-8 or any bytes the system allows except NUL; '/' separates.
using Path = std::string;

enum class OpenMode : unsigned char {
  read,        ///< must exist
  write,       ///< read and write, must exist
  create,      ///< read and write, made when absent
  create_new,  ///< read and write, must not exist
};

enum class FileKind : unsigned char { file, directory, symlink, other };

struct FileInfo {
  FileKind kind = FileKind::other;
  std::uint64_t size = 0;               ///< bytes
  std::uint32_t mode = 0;               ///< permission bits
  std::int64_t mtime = 0;               ///< microseconds since the epoch, UTC
  std::uint64_t device = 0, inode = 0;  ///< identity, for loops and changes under our feet
};

struct DirectoryEntry {
  std::string name;
  FileKind kind;
};

/// One open file; all operations are positional and may be called from several threads at once.
class File {
public:
  virtual ~File() = default;
  /// Fills `into` from `offset`; fewer bytes only at the end of the file.
  virtual std::size_t read_at(std::uint64_t offset, MutableBytes into) = 0;
  /// Writes all of `from`. After an error any part of it may have been written.
  virtual void write_at(std::uint64_t offset, BytesView from) = 0;
  /// The same for several buffers, one after the other, in one system call where possible.
  virtual void write_at(std::uint64_t offset, std::span<const BytesView> from) = 0;
  /// The same for megabytes that nobody will read soon: they need not stay in the system's memory, and reach the disk
  /// sooner. One such write of a file at a time.
  virtual void write_uncached(std::uint64_t offset, std::span<const BytesView> from) { write_at(offset, from); }
  /// Returns when all written bytes and the size are on stable storage (fdatasync).
  virtual void sync() = 0;
  virtual std::uint64_t size() = 0;
  /// Makes the file `size` bytes long, with room on the disk for all of them; what is new reads as zeros. Precondition:
  /// it is shorter. False: there is not enough room, or the file system cannot do it.
  virtual bool allocate(std::uint64_t size) = 0;
  virtual void truncate(std::uint64_t size) = 0;
  /// Bytes [offset, offset + length) without copying where the system can (mmap); the view outlives the File.
  /// Precondition: the range lies inside the file and will not be truncated or rewritten.
  virtual SharedBytes map(std::uint64_t offset, std::size_t length) = 0;
  /// Lets go of mappings that no view uses, so that their pages no longer count as this process's memory.
  virtual void unmap() {}
  virtual FileInfo info() = 0;
  /// A descriptor for splice and sendfile; -1 when there is none (simulation).
  virtual int descriptor() const noexcept { return -1; }
};

/// Held until destroyed; also released by the death of the process.
class FileLock {
public:
  virtual ~FileLock() = default;
};

class Disk {
public:
  virtual ~Disk() = default;
  /// `mode_bits` apply when the file is created.
  virtual std::unique_ptr<File> open(const Path& path, OpenMode mode, std::uint32_t mode_bits = 0644) = 0;
  /// Does not follow a last symlink when `follow` is false. nullopt: no such file.
  virtual std::optional<FileInfo> stat(const Path& path, bool follow = true) = 0;
  virtual std::vector<DirectoryEntry> list(const Path& directory) = 0;  ///< sorted bytewise by name, no . or ..
  virtual std::string read_link(const Path& path) = 0;
  virtual void make_symlink(const Path& path, const std::string& target) = 0;
  virtual void make_directories(const Path& path, std::uint32_t mode_bits = 0755) = 0;
  virtual void remove(const Path& path) = 0;                  ///< a file, a symlink or an empty directory
  virtual void rename(const Path& from, const Path& to) = 0;  ///< replaces `to` atomically
  /// Makes creations, removals and renames in this directory durable.
  virtual void sync_directory(const Path& directory) = 0;
  virtual void set_mode(const Path& path, std::uint32_t mode_bits) = 0;
  virtual std::uint64_t free_space(const Path& path) = 0;  ///< bytes an ordinary user may still write
  /// An exclusive lock on a file (made when absent) that carries the holder's description ("pid 7, openmcp commit").
  /// Does not wait: nullptr when another holds it, and then `holder` is what that one wrote.
  virtual std::unique_ptr<FileLock> try_lock(const Path& path, const std::string& description, std::string& holder) = 0;
};

/// Reads a whole file. Throws Error too_large above `limit`.
Bytes read_file(Disk& disk, const Path& path, std::uint64_t limit = 64u << 20);
/// Writes beside (path + ".tmp"), syncs, renames over, syncs the directory: the file is wholly the old or wholly the
/// new one. Writers of one path must exclude each other.
void write_file_atomic(Disk& disk, const Path& path, BytesView bytes, std::uint32_t mode_bits = 0644);
/// "a" + "b" = "a/b"; an absolute second part stands alone.
Path join(const Path& directory, std::string_view name);
/// The directory that holds the last part: "a/b" gives "a", "a" gives ".", "/a" gives "/".
Path parent(const Path& path);

}  // namespace openmcp::base
