// Collection: what nobody refers to is removed from the ledger, then segments with little left are emptied. Both go in
// small steps through the same queue as all writes, so nothing has to stop for them.
#include <algorithm>

#include "base/log.hpp"
#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

constexpr std::size_t kRowsAtOnce = 2000;
constexpr std::uint64_t kMoveAtOnce = 2u << 20;  ///< bytes copied in one step: a writer waits about a millisecond

struct Candidate {
  Cid cid;
  std::uint64_t length = 0;
};

struct Page {
  std::vector<Candidate> garbage;
  std::uint64_t bytes = 0;  ///< of all blocks looked at
  std::string last;         ///< key; empty: the end
};

Page look(const BlockIndex& index, const std::string& after) {
  Page page;
  for (const auto& [key, row] : index.scan("b", after, kRowsAtOnce)) {
    auto entry = base::unwrap(decode_block(row));
    page.bytes += entry.at.length;
    if (entry.references.empty()) {
      page.garbage.push_back({Cid::v1(entry.codec, base::unwrap(decode_block_key(key))), entry.at.length});
    }
    page.last = key;
  }
  return page;
}

/// While it lives, whoever wants one of these blocks waits.
class Condemned {
public:
  Condemned(StoreCore& core, const std::vector<Candidate>& blocks) : core_(core) {
    for (const auto& block : blocks) core_.condemned.insert(block.cid.hash());
  }
  ~Condemned() {
    core_.condemned.clear();
    core_.spared.wake_all();
  }
  Condemned(const Condemned&) = delete;
  Condemned& operator=(const Condemned&) = delete;

private:
  StoreCore& core_;
};

base::Task<void> remove_garbage(std::shared_ptr<StoreCore> core, const std::function<void(std::uint64_t)>& progress,
                                CollectReport& report) {
  std::uint64_t done = 0;
  for (std::string after;;) {
    auto scan = [core, after] { return look(*core->index, after); };
    auto page = co_await core->env.run(std::move(scan));
    if (page.last.empty()) co_return;
    after = page.last;
    done += page.bytes;
    std::erase_if(page.garbage, [&](const Candidate& each) { return core->leases->protects(each.cid.hash()); });
    if (!page.garbage.empty()) {
      Condemned condemned(*core, page.garbage);
      auto removed = std::make_shared<CollectReport>();
      auto request = core->request();
      request->durable = false;
      request->bytes = page.garbage.size() * record_size(ipld::kMaxCidBytes, 0);
      request->work = [garbage = std::move(page.garbage), removed](GroupWriter& writer) {
        for (const auto& each : garbage) {
          auto entry = writer.layer().block(each.cid.hash());
          if (!entry || !entry->references.empty()) continue;
          writer.remove_block(Cid::v1(entry->codec, each.cid.hash()));
          writer.end_batch();
          ++removed->blocks_removed;
          removed->bytes_removed += entry->at.length;
        }
      };
      co_await core->submit(std::move(request));
      report.blocks_removed += removed->blocks_removed;
      report.bytes_removed += removed->bytes_removed;
    }
    progress(done);
  }
}

/// Graves of things whose old records are gone with their segments.
base::Task<void> drop_old_graves(std::shared_ptr<StoreCore> core) {
  for (std::string after;;) {
    auto scan = [core, after] { return core->index->scan("t", after, kRowsAtOnce); };
    auto rows = co_await core->env.run(std::move(scan));
    if (rows.empty()) co_return;
    after = rows.back().first;
    auto request = core->request();
    request->durable = false;
    request->work = [rows = std::move(rows)](GroupWriter& writer) {
      for (const auto& row : rows) {
        std::string_view key = std::string_view(row.first).substr(1);
        auto grave = writer.layer().grave(key);
        if (grave && !Ledger::needed(writer.layer(), *grave, 0)) writer.drop_grave(key, *grave);
      }
    };
    co_await core->submit(std::move(request));
  }
}

struct Sparse {
  std::uint32_t segment = 0;
  std::uint64_t size = 0;
  double live = 0;  ///< share
};

/// On a worker. Segments with a share of live bytes below the limit, the newest one too.
std::vector<Sparse> find_sparse(StoreCore& core, StoreCore::Newest newest) {
  std::vector<Sparse> found;
  Layer ledger(*core.index);
  for (auto number : core.files->list()) {
    if (number > newest.segment) continue;  // begun meanwhile
    auto size = number == newest.segment ? newest.end : core.files->size(number);
    auto records = size > kSegmentHeader ? size - kSegmentHeader : 0;
    double live = records == 0 ? 1 : static_cast<double>(ledger.live(number)) / static_cast<double>(records);
    if (live < core.options.compact_below) found.push_back({number, size, live});
  }
  return found;
}

base::Task<CollectReport> collect_all(std::shared_ptr<StoreCore> core, Progress progress) {
  CollectReport report;
  co_await core->settle_rows("");
  auto total_of = [core] { return Layer(*core->index).totals().bytes; };
  std::uint64_t total = co_await core->env.run(std::move(total_of));
  std::uint64_t before = total;
  std::function<void(std::uint64_t)> scanned = [&](std::uint64_t done) {
    if (progress) progress(std::min(done, total), total);
  };
  co_await remove_garbage(core, scanned, report);
  co_await core->settle_rows("");
  co_await drop_old_graves(core);
  co_await core->settle_rows("");

  auto find = [core, newest = core->newest] { return find_sparse(*core, newest); };
  auto sparse = co_await core->env.run(std::move(find));
  for (const auto& each : sparse) total += each.size;
  std::uint64_t done = before;
  for (const auto& each : sparse) {
    if (each.segment == core->newest.segment) co_await seal_newest(core);
    const auto freed = report.bytes_freed;
    co_await compact(core, each.segment, false, report);
    core->freed += report.bytes_freed - freed;  // at once: one that is ended early has freed this too
    done += each.size;
    if (progress) progress(done, total);
  }
  co_return report;
}

// --- Compaction ------------------------------------------------------------------------------------------------------

/// A segment that is being emptied.
struct Source {
  std::uint32_t number = 0;
  base::SharedBytes bytes;  ///< its records
  bool missing = false;     ///< the file is not there
  bool sound = true;        ///< every record can be read
  bool history = false;     ///< it has pin changes that later readers of history would miss
  std::uint64_t copied = 0;
};

bool is_pin(const Record& record) {
  return record.type == RecordType::pin_add || record.type == RecordType::pin_remove;
}

std::shared_ptr<Source> open_source(StoreCore& core, std::uint32_t number) {
  auto source = std::make_shared<Source>();
  source->number = number;
  auto segments = core.files->list();
  if (!std::ranges::binary_search(segments, number)) {
    source->missing = true;
    return source;
  }
  auto size = core.files->size(number);
  size = std::min(size, core.files->declared_end(number, segments).value_or(size));
  source->bytes = core.files->view(number, 0, static_cast<std::size_t>(size));
  RecordReader reader(core.files->place(number), source->bytes, kSegmentHeader, std::nullopt);
  for (;;) {
    while (auto record = reader.next()) source->history = source->history || (is_pin(*record) && !record->carried());
    if (reader.at_end()) break;
    source->sound = false;
    if (!reader.resync()) break;
  }
  return source;
}

/// Copies what is still needed of one record.
void move_record(GroupWriter& writer, const Source& source, const Record& record) {
  auto stands_here = [&](const Location& at) { return at.segment == source.number && at.offset == record.offset; };
  auto& layer = writer.layer();
  if (is_pin(record)) {
    auto pin = decode_pin(record);
    if (record.type == RecordType::pin_add) {
      auto entry = layer.pin(pin);
      if (entry && stands_here(entry->at)) writer.put_pin(pin, kCarried);
      return;
    }
  }
  auto cid = base::unwrap(Cid::from_bytes(record.key));
  if (record.type == RecordType::block) {
    auto entry = layer.block(cid.hash());
    if (!entry || !stands_here(entry->at)) return;
    auto begin = static_cast<std::size_t>(record.payload.data() - source.bytes.data());
    writer.put_block({cid, source.bytes.slice(begin, record.payload.size())}, kCarried);
    return;
  }
  auto key = is_pin(record) ? pin_key(decode_pin(record)) : block_key(cid.hash());
  auto grave = layer.grave(key);
  if (!grave || !stands_here(grave->at)) return;
  if (Ledger::needed(layer, *grave, source.number)) {
    writer.carry_grave(key, *grave);
  } else {
    writer.drop_grave(key, *grave);
  }
}

/// Moves a part; the offset to go on from, 0 at the end.
std::uint64_t move_some(GroupWriter& writer, RecordPlace place, Source& source, std::uint64_t from) {
  RecordReader reader(place, source.bytes, from, std::nullopt);
  auto start = writer.request_bytes();
  for (;;) {
    if (writer.request_bytes() - start >= kMoveAtOnce || reader.offset() - from >= 16 * kMoveAtOnce) {
      source.copied += writer.request_bytes() - start;
      return reader.offset();
    }
    if (auto record = reader.next()) {
      move_record(writer, source, *record);
      writer.end_batch();
    } else if (reader.at_end() || !reader.resync()) {
      source.copied += writer.request_bytes() - start;
      return 0;
    }
  }
}

}  // namespace

base::Task<void> seal_newest(std::shared_ptr<StoreCore> core) {
  for (;;) {
    co_await core->settle();
    co_await core->stop_writing();
    if (core->log->durable_end() == core->log->end()) break;
    core->turn.release();
  }
  std::exception_ptr error;
  auto work = [core] { core->log->roll(); };
  try {
    co_await core->env.run(std::move(work));
  } catch (...) {
    error = std::current_exception();
  }
  core->note_newest();
  core->turn.release();
  if (error) std::rethrow_exception(error);
}

base::Task<bool> compact(std::shared_ptr<StoreCore> core, std::uint32_t segment, bool damaged, CollectReport& report) {
  auto open = [core, segment] { return open_source(*core, segment); };
  auto source = co_await core->env.run(std::move(open));
  if (!source->sound && !damaged) {
    base::log(base::LogLevel::warn, "storage", "segment {} is damaged and stays as it is: run 'openmcp verify'",
              segment);
    co_return false;
  }
  for (std::uint64_t offset = source->missing ? 0 : kSegmentHeader; offset != 0;) {
    auto request = core->request();
    request->durable = false;
    request->bytes = kMoveAtOnce + ipld::kMaxBlockBytes;
    auto next = std::make_shared<std::uint64_t>(0);
    request->work = [source, next, offset, place = core->files->place(segment)](GroupWriter& writer) {
      *next = move_some(writer, place, *source, offset);
    };
    co_await core->submit(std::move(request));
    offset = *next;
  }
  co_await core->settle_rows("");

  auto clear = [core, source] {
    if (!source->missing) clear_before(*core, source->number);
  };
  co_await core->env.run(std::move(clear));

  // All that is needed has a new place on stable storage; the segment may go once the index cannot forget that.
  auto request = core->request();
  auto emptied = std::make_shared<bool>(false);
  request->work = [source, emptied](GroupWriter& writer) {
    if (writer.layer().live(source->number) != 0) return;
    *emptied = true;
    auto totals = writer.layer().totals();
    auto end = position_of(source->number, source->bytes.size());
    if (source->history) totals.history_from = std::max(totals.history_from, end);
    writer.layer().put(std::string(kTotalsKey), encode(totals));
    writer.layer().erase(segment_key(source->number));
  };
  co_await core->submit(std::move(request));
  if (!*emptied) {
    base::log(base::LogLevel::warn, "storage", "segment {} is kept: some of it cannot be read", segment);
    co_return false;
  }
  co_await core->settle_rows("");
  std::uint64_t size = 0;
  auto remove = [core, source, &size] {
    core->index->sync();
    if (source->missing) return;
    size = core->files->size(source->number);
    core->files->forget(source->number);
    core->env.disk().remove(core->files->path(source->number));
    core->env.disk().sync_directory(core->packs);
  };
  co_await core->env.run(std::move(remove));
  ++report.segments_compacted;
  report.bytes_freed += size > source->copied ? size - source->copied : 0;
  co_return true;
}

base::Task<CollectReport> collect(std::shared_ptr<StoreCore> core, Progress progress) {
  core->check_open(true);
  co_await core->maintenance.acquire();
  Release release{core->maintenance};
  co_return co_await collect_all(core, std::move(progress));
}

}  // namespace openmcp::storage
