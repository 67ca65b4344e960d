// StoreCore: the state of one open LocalStore, shared with the coroutines that work for it in the background. It
// belongs to one executor; jobs on workers touch only what the comments say.
//
// Where a fact lives: in the segments, always; in the index once the segments are durable; until then in `pending`
// (and `flushing` while a background sync runs), two batches of index rows that lie over the index.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "storage/group_writer.hpp"
#include "storage/leases.hpp"
#include "storage/local_store.hpp"

namespace openmcp::storage {

/// Something to be written: `work` puts its records into the group. Its outcome is set on the executor.
struct Request {
  explicit Request(const base::Executor& executor) : ended(executor) {}

  std::move_only_function<void(GroupWriter&)> work;  ///< on a worker; throwing drops the request alone. May be empty
  std::uint64_t bytes = 0;                           ///< at most so much is appended, about
  bool durable = true;                               ///< ends only when everything up to it is durable
  std::exception_ptr error;
  Position position = 0;  ///< the end of its records, or of what was before
  bool settled = false;   ///< all of it, and of what was before, is in the index
  bool done = false;
  base::Signal ended;
};

/// Position of a place in the log.
constexpr Position position_of(std::uint32_t segment, std::uint64_t offset) {
  return std::uint64_t{segment} << 40 | offset;
}
constexpr std::uint32_t segment_of(Position position) { return static_cast<std::uint32_t>(position >> 40); }
constexpr std::uint64_t offset_of(Position position) { return position & ((std::uint64_t{1} << 40) - 1); }

/// Releases at the end of the scope.
struct Release {
  base::Semaphore& held;
  ~Release() { held.release(); }
};

class StoreCore : public std::enable_shared_from_this<StoreCore> {
public:
  StoreCore(base::Env& environment, LocalStoreOptions opened_with);

  base::Env& env;
  const LocalStoreOptions options;
  const base::Path packs;
  StoreId id{};
  std::unique_ptr<base::FileLock> lock;
  std::shared_ptr<BlockIndex> index;
  std::unique_ptr<SegmentFiles> files;
  std::shared_ptr<Leases> leases;

  /// Writes; returns when done. Throws what went wrong.
  base::Task<void> submit(std::shared_ptr<Request> request);
  std::shared_ptr<Request> request() const { return std::make_shared<Request>(env.executor()); }

  // --- Touched by the group job, and by the executor while it holds `turn`.
  std::unique_ptr<PackLog> log;
  IndexBatch pending, flushing;  ///< the executor may read them at any time
  bool index_failed = false;     ///< an index write failed: reopen it first
  /// After a failed sync: what lies in this segment behind this offset must be written anew before anything is
  /// promised.
  std::optional<std::pair<std::uint32_t, std::uint64_t>> broken_tail;

  // --- The executor's.
  base::Semaphore turn;         ///< held by whoever writes: group, flush, rebuild
  base::Semaphore maintenance;  ///< held by collect, verify, repair: one at a time
  Position durable = 0;         ///< end of what was promised
  bool closed = false;
  std::set<ipld::Multihash> condemned;  ///< about to be collected: whoever wants one waits for the outcome
  base::Signal spared;                  ///< `condemned` became empty
  std::set<ipld::Multihash> damaged;    ///< found damaged on reading: stored anew when offered again
  std::uint64_t unsynced = 0;           ///< bytes
  std::uint64_t freed = 0;              ///< bytes that collections gave back since the store was opened
  std::uint64_t settlings = 0;          ///< how often pending rows went into the index
  bool flush_running = false;
  base::Signal flushed;  ///< flush_running became false
  std::deque<std::shared_ptr<Request>> queue;
  bool committing = false;

  /// The ledger with what is pending. The caller holds `turn`, or is the executor.
  Layer ledger() const { return Layer(*index, &pending, &flushing); }
  /// Throws when the store cannot be written or is closed.
  void check_open(bool writing) const;
  /// Waits until none of these is about to be collected, and notes them for leases.
  base::Task<void> approach(std::vector<Cid> cids);
  /// Everything accepted is durable; true: and in the index.
  base::Task<bool> settle();
  /// The index itself has all rows so far that begin so. Throws io when it cannot be written.
  base::Task<void> settle_rows(std::string prefix);
  /// The segment that is written, and how far, as of the last group. For the executor: the log itself is the worker's
  /// while a group is under way.
  struct Newest {
    std::uint32_t segment = 0;
    std::uint64_t end = 0;
  } newest;
  /// The caller holds `turn` and no worker is at it, or is alone.
  void note_newest() { newest = {log->number(), log->end()}; }
  /// Acquires `turn` while nothing works in the background.
  base::Task<void> stop_writing();

  /// The row in `pending` or `flushing`; null: the index knows.
  const std::optional<std::string>* pending_row(const std::string& key) const;
  /// Verified bytes of each block that is here.
  base::Task<std::vector<std::optional<base::SharedBytes>>> read(std::vector<Cid> cids);
  /// Ledger entries.
  base::Task<std::vector<std::optional<BlockEntry>>> entries(std::vector<Cid> cids);

private:
  struct Group;
  void run_group(Group& group);
  void write_group(Group& group);
  void rescue(IndexBatch& rows);
  std::uint64_t append_group(GroupWriter& writer);
  void sync_log();
  void break_tail();
  void drop_segment(std::uint32_t segment) noexcept;
  void note_durable();
  bool write_index(const IndexBatch& rows);
  static base::Task<void> commit_loop(std::shared_ptr<StoreCore> self);
  static base::Task<void> flush(std::shared_ptr<StoreCore> self);
};

// Opening and recovery (recovery.cpp). On a worker.

/// Makes the directories; Error not_found when there is no store and none is to be made.
void prepare_directory(const StoreCore& core);
/// Opens what a reader needs. False: the index lacks something that the segments have, or cannot be used.
bool open_reader(StoreCore& core);
/// Opens index and log for writing and brings them together. The caller holds the lock.
void recover(StoreCore& core);
/// The header of a segment declares void what failed before it. To be called before the segment goes: that goes too.
void clear_before(StoreCore& core, std::uint32_t segment);
/// Makes the index from the segments alone and resumes the log. The caller holds `turn`, or is alone.
void rebuild(StoreCore& core, const Progress& progress);

base::Task<std::optional<PinHistory>> pin_history(std::shared_ptr<StoreCore> core, Position since);
/// Begins a new segment, so that the newest one can be compacted.
base::Task<void> seal_newest(std::shared_ptr<StoreCore> core);
base::Task<CollectReport> collect(std::shared_ptr<StoreCore> core, Progress progress);
/// Moves what is needed out of a sealed segment and removes it; false when some of it cannot be moved. A damaged one is
/// left alone unless `damaged` says that nothing which is needed is damaged any more.
base::Task<bool> compact(std::shared_ptr<StoreCore> core, std::uint32_t segment, bool damaged, CollectReport& report);
base::Task<VerifyReport> verify(std::shared_ptr<StoreCore> core, VerifyOptions options);
base::Task<RepairReport> repair(std::shared_ptr<StoreCore> core, ipld::BlockSource* other, Progress progress);
/// As verify, by a caller that holds `maintenance`.
base::Task<VerifyReport> verify_all(std::shared_ptr<StoreCore> core, VerifyOptions options);

}  // namespace openmcp::storage
