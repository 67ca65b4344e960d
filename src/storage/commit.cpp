// Group commit: whoever wants to write joins the next group; one job writes and syncs it for all.
#include <fmt/format.h>

#include "base/log.hpp"
#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

constexpr std::uint64_t kGroupBytes = 32u << 20;  ///< a group takes no more requests than this together
constexpr std::size_t kGroupRequests = 1024;
constexpr std::size_t kMostPending = 200'000;  ///< rows kept in memory while the index cannot be written

/// A copy for each waiter: they may add their own words.
std::exception_ptr copy_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const base::Error& each) {
    return std::make_exception_ptr(base::Error(each));
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

struct StoreCore::Group {
  std::vector<std::shared_ptr<Request>> requests;
  std::vector<std::exception_ptr> errors;  ///< of each request
  std::vector<Position> positions;
  bool durable = false;  ///< one of them wants it
  // Outcome:
  bool settled = false;     ///< what was pending is in the index
  IndexBatch rows;          ///< to be put over pending
  std::uint64_t bytes = 0;  ///< appended and waiting in memory for a sync

  void fail_all(const std::exception_ptr& error) {
    for (auto& each : errors) {
      if (!each) each = copy_of(error);
    }
  }
};

base::Task<void> StoreCore::submit(std::shared_ptr<Request> request) {
  check_open(true);
  queue.push_back(request);
  if (!committing) {
    committing = true;
    env.spawn(commit_loop(shared_from_this()));
  }
  while (!request->done) co_await request->ended.wait();
  if (request->error) std::rethrow_exception(request->error);
}

base::Task<void> StoreCore::commit_loop(std::shared_ptr<StoreCore> self) {
  auto& core = *self;
  while (!core.queue.empty()) {
    co_await core.turn.acquire();
    auto group = std::make_shared<Group>();
    for (std::uint64_t bytes = 0; !core.queue.empty() && group->requests.size() < kGroupRequests;) {
      auto& next = core.queue.front();
      bytes += next->bytes;
      bool fits = bytes <= kGroupBytes && core.log->end() + bytes <= core.options.segment_bytes;
      if (!group->requests.empty() && !fits) break;
      group->durable = group->durable || next->durable;
      group->requests.push_back(std::move(next));
      core.queue.pop_front();
    }
    group->errors.resize(group->requests.size());
    group->positions.resize(group->requests.size());

    auto job = [&core, group] { core.run_group(*group); };
    co_await core.env.run(std::move(job));

    if (group->settled) {
      core.pending.clear();
      core.flushing.clear();
      ++core.settlings;
    }
    merge(core.pending, std::move(group->rows));
    core.unsynced = core.log->durable_end() == core.log->end() ? 0 : core.unsynced + group->bytes;
    core.note_durable();
    core.turn.release();
    if (core.unsynced >= core.options.flush_bytes && !core.flush_running) {
      core.flush_running = true;
      core.env.spawn(flush(self));
    }
    for (std::size_t i = 0; i < group->requests.size(); ++i) {
      auto& request = *group->requests[i];
      request.error = std::move(group->errors[i]);
      request.position = group->positions[i];
      request.settled = group->settled;
      request.done = true;
      request.ended.wake_all();
    }
  }
  core.committing = false;
}

/// On a worker. False: the index failed; the rows stay pending, which is as good until the next start.
bool StoreCore::write_index(const IndexBatch& rows) {
  if (rows.empty()) return true;
  try {
    if (index_failed) index->reopen();
    index->write(rows);
  } catch (const base::Error& error) {
    if (!index_failed) base::log(base::LogLevel::warn, "storage", "the index lags behind: {}", error.message());
    index_failed = true;
    if (rows.size() > kMostPending) throw;
    return false;
  }
  index_failed = false;
  return true;
}

void StoreCore::run_group(Group& group) {
  try {
    write_group(group);
  } catch (...) {
    group.fail_all(std::current_exception());
  }
}

/// On a worker. Throws what fails the whole group; `group` says in any case what became of pending rows.
void StoreCore::write_group(Group& group) {
  // Everything before the end of the log is durable: the index may know it.
  auto settle = [&] {
    IndexBatch all;
    if (!group.settled) {
      all = flushing;
      merge(all, pending);
    }
    merge(all, group.rows);
    if (!write_index(all)) return;
    group.settled = true;
    group.rows.clear();
  };

  std::exception_ptr lost;
  if (broken_tail) {
    try {
      rescue(group.rows);
    } catch (...) {
      lost = std::current_exception();
      if (broken_tail) throw;
    }
    settle();
  }
  bool full = log->writable() && log->end() > kSegmentHeader &&
              log->end() + group.requests.front()->bytes > options.segment_bytes;
  if (full && log->unsynced()) {
    sync_log();
    settle();
  }
  if (full || !log->writable()) log->roll();

  Layer below(*index, group.settled ? nullptr : &pending, group.settled ? nullptr : &flushing);
  Layer base(below, group.rows);
  GroupWriter writer(base, *log, *files);
  for (std::size_t i = 0; i < group.requests.size(); ++i) {
    writer.begin_request();
    try {
      if (group.requests[i]->work) group.requests[i]->work(writer);
      writer.end_request();
    } catch (...) {
      group.errors[i] = std::current_exception();
      writer.drop_request();
    }
    // Behind its own records, or behind the newest batch there is.
    auto totals = base.totals();
    group.positions[i] = writer.end() > kSegmentHeader ? position_of(log->number(), writer.end())
                                                       : position_of(totals.segment, totals.end);
  }
  group.bytes = append_group(writer);
  if (group.durable && log->unsynced()) sync_log();
  merge(group.rows, writer.group_layer().take());
  if (log->durable_end() == log->end()) settle();
  if (lost) std::rethrow_exception(lost);
}

/// Writes what the writer collected; returns how much of it waits in memory. After an error nothing was written.
std::uint64_t StoreCore::append_group(GroupWriter& writer) {
  if (writer.empty()) return 0;
  auto start = log->end();
  auto chain = log->chain();
  std::uint64_t waiting = 0;
  try {
    waiting = log->append(writer.pieces(), writer.bytes(), writer.chain());
  } catch (...) {
    log->take_back(start, chain);
    throw;
  }
  auto totals = writer.group_layer().totals();
  totals.store = id;
  totals.segment = log->number();
  totals.end = log->end();
  totals.chain = log->chain();
  writer.group_layer().put(std::string(kTotalsKey), encode(totals));
  return waiting;
}

/// After an error what was appended since the last sync is void, and what of it was accepted must be written anew.
void StoreCore::sync_log() {
  try {
    log->sync();
  } catch (...) {
    break_tail();
    throw;
  }
}

void StoreCore::break_tail() {
  if (!broken_tail) broken_tail.emplace(log->number(), log->durable_end());
  log->abandon_tail();
}

/// On a worker, after a failed sync: begins a new segment and writes anew, durably, what was accepted and may be gone;
/// the rows go over `out`. Throws when that fails (broken_tail stays) or when some of it cannot be read any more
/// (broken_tail is reset).
void StoreCore::rescue(IndexBatch& out) {
  auto [segment, from] = *broken_tail;
  auto gone = [segment, from](const Location& at) { return at.segment == segment && at.offset >= from; };
  IndexBatch rows = flushing;
  merge(rows, pending);
  auto given_up = log->number();
  log->abandon_tail();
  log->roll();
  if (given_up != segment) drop_segment(given_up);  // of an earlier attempt

  Layer base(*index, &pending, &flushing);
  GroupWriter writer(base, *log, *files);
  writer.begin_request();
  std::string lost;
  for (const auto& [key, row] : rows) {
    if (!row) continue;
    if (key[0] == 'b') {
      auto entry = base::unwrap(decode_block(*row));
      if (!gone(entry.at)) continue;
      auto cid = Cid::v1(entry.codec, base::unwrap(decode_block_key(key)));
      auto bytes = files->read_block(cid, entry.at);
      if (auto before = bytes ? std::nullopt : index->get(key)) {  // compaction was moving it
        auto old = base::unwrap(decode_block(*before));
        if (!gone(old.at)) bytes = files->read_block(Cid::v1(old.codec, cid.hash()), old.at);
      }
      if (bytes) {
        writer.put_block({cid, *std::move(bytes)}, kCarried);
      } else {
        lost = cid.text();
        writer.remove_block(cid);
      }
    } else if (key[0] == 'p') {
      auto entry = base::unwrap(decode_pin_entry(*row));
      if (!gone(entry.at)) continue;
      auto pin = base::unwrap(decode_pin_key(key));
      pin.mode = entry.mode;
      writer.put_pin(pin, kCarried);
    } else if (key[0] == 't') {
      auto grave = base::unwrap(decode_grave(*row));
      if (gone(grave.at)) writer.carry_grave(key.substr(1), grave);
    }
    writer.end_batch();
  }
  writer.end_request();
  append_group(writer);
  if (!writer.empty()) log->sync();
  out = writer.group_layer().take();
  broken_tail.reset();
  if (from <= kSegmentHeader) {
    drop_segment(segment);
  } else {
    try {
      files->forget(segment);
      env.disk().open(files->path(segment), base::OpenMode::write)->truncate(from);
    } catch (const std::exception& error) {
      base::log(base::LogLevel::warn, "storage", "{}", error.what());  // the new segment declares it void
    }
  }
  if (!lost.empty()) {
    throw base::Error(Errc::io, fmt::format("block {} was accepted and is lost: the disk failed to keep it", lost),
                      "check the disk, then store it again");
  }
}

/// Nothing in it was ever promised; what stays behind is void.
void StoreCore::drop_segment(std::uint32_t segment) noexcept {
  try {
    files->forget(segment);
    env.disk().remove(files->path(segment));
  } catch (const std::exception& error) {
    base::log(base::LogLevel::warn, "storage", "{}", error.what());
  }
}

void StoreCore::note_durable() {
  note_newest();
  if (log->durable_end() > kSegmentHeader) durable = std::max(durable, position_of(log->number(), log->durable_end()));
}

/// Syncs what was buffered while others go on appending, so that a long import does not end in one long wait.
base::Task<void> StoreCore::flush(std::shared_ptr<StoreCore> self) {
  auto& core = *self;
  co_await core.turn.acquire();
  auto number = core.log->number();
  auto end = core.log->end();
  auto settlings = core.settlings;
  bool wanted = !core.closed && !core.broken_tail && core.log->durable_end() < end;
  if (wanted) merge(core.flushing, std::exchange(core.pending, {}));
  core.unsynced = 0;
  core.turn.release();

  std::exception_ptr error;
  auto sync = [&core, number] { core.env.disk().open(core.files->path(number), base::OpenMode::write)->sync(); };
  if (wanted) {
    try {
      co_await core.env.run(std::move(sync));
    } catch (...) {
      error = std::current_exception();
    }
    co_await core.turn.acquire();
    // Otherwise a group settled it meanwhile, through its own sync, or failed to: then all of it will be written anew.
    if (settlings == core.settlings && core.log->number() == number && !core.broken_tail) {
      auto note = [&core, number, end] {
        core.log->synced(number, end);
        try {
          return core.write_index(core.flushing);
        } catch (const std::exception&) {
          return false;  // the next group meets the same error and reports it
        }
      };
      if (error) {
        core.break_tail();
      } else {
        bool written = co_await core.env.run(std::move(note));
        if (written) core.flushing.clear();
      }
      core.note_durable();
    }
    core.turn.release();
  }
  core.flush_running = false;
  core.flushed.wake_all();
}

}  // namespace openmcp::storage
