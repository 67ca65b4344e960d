// Inside of base: the simulated disk of one node. Files and directories live in memory in two states, what programs see
// and what would survive a loss of power.
#pragma once

#include <deque>
#include <map>

#include "base/disk.hpp"
#include "base/seeded.hpp"
#include "base/sim_content.hpp"
#include "base/sim_context.hpp"
#include "base/sim_env.hpp"

namespace openmcp::base {

/// A file, directory or link, whatever names lead to it.
struct SimNode {
  FileKind kind = FileKind::file;
  std::uint32_t mode = 0;
  std::int64_t mtime = 0;
  std::uint64_t inode = 0;
  SimContent content;
  std::string target;                                               ///< of a link
  std::map<std::string, std::shared_ptr<SimNode>> entries, stable;  ///< of a directory
  unsigned links = 0, opens = 0;
  std::uint64_t locked_in = 0;  ///< the boot in which a lock was taken; 0: none
  std::string lock_holder;
};
using SimNodePtr = std::shared_ptr<SimNode>;

class SimMedium final : public SimDisk, public Disk, public std::enable_shared_from_this<SimMedium> {
public:
  SimMedium(SimContext& context, std::uint64_t seed, const std::string& name);
  ~SimMedium() override;

  void set_faults(DiskFaults faults) override;
  const DiskFaults& faults() const override { return faults_; }
  void crash() override;
  void kill() override;
  void flip_bit(const Path& path, std::uint64_t bit) override;
  std::uint64_t mutations() const override { return mutations_; }

  std::unique_ptr<File> open(const Path& path, OpenMode mode, std::uint32_t mode_bits) override;
  std::optional<FileInfo> stat(const Path& path, bool follow) override;
  std::vector<DirectoryEntry> list(const Path& directory) override;
  std::string read_link(const Path& path) override;
  void make_symlink(const Path& path, const std::string& target) override;
  void make_directories(const Path& path, std::uint32_t mode_bits) override;
  void remove(const Path& path) override;
  void rename(const Path& from, const Path& to) override;
  void sync_directory(const Path& directory) override;
  void set_mode(const Path& path, std::uint32_t mode_bits) override;
  std::uint64_t free_space(const Path& path) override;
  std::unique_ptr<FileLock> try_lock(const Path& path, const std::string& description, std::string& holder) override;

private:
  friend class SimFile;
  friend class SimLock;

  /// Where a path leads. `node` is null when the last name does not exist.
  struct Place {
    std::vector<SimNodePtr> above;  ///< from the root to the directory of the last name
    std::string name;               ///< empty for the root, "." and ".."
    SimNodePtr node;
    int error = 0;  ///< errno; the rest means nothing then
  };
  /// Set or clear one name.
  struct Edit {
    SimNodePtr directory;
    std::string name;
    SimNodePtr node;
  };
  using Change = std::vector<Edit>;  ///< happens wholly or not at all

  Place walk(const Path& path, bool follow) const;
  Place find(const Path& path, bool follow, std::string_view doing) const;
  SimNodePtr make_node(const Place& place, FileKind kind, std::uint32_t mode_bits, std::string_view doing,
                       const Path& path);
  void apply(Change change);
  void stabilise(const SimNode* directory, double chance);
  void forget_if_unused(SimNode& node);
  void count_all(SimNode& directory);
  std::vector<SimNodePtr> all_nodes() const;

  void alive(std::uint64_t boot) const;
  /// Counts a mutation. True when the power goes at it.
  bool mutate(std::string_view what, std::uint64_t detail);
  void mutate_or_die(std::string_view what, std::uint64_t detail);
  [[noreturn]] void lose_power();
  /// How many of `growth` bytes fit.
  std::uint64_t room_for(std::uint64_t growth) const;
  std::int64_t mtime() const;

  SimContext& context_;
  Seeded random_;
  DiskFaults faults_;
  SimNodePtr root_;
  std::deque<Change> pending_;  ///< changes of directories that are not stable, oldest first
  std::uint64_t boot_ = 1;      ///< counts crashes and kills: what was opened before is dead
  bool dead_ = false;
  std::int64_t left_ = -1;  ///< mutations until the power goes; -1: it stays
  std::uint64_t mutations_ = 0, used_ = 0, next_inode_ = 1;
};

}  // namespace openmcp::base
