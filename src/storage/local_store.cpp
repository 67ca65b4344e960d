#include "storage/local_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "storage/requests.hpp"
#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

constexpr auto kLockPoll = std::chrono::milliseconds(20);
constexpr std::uint64_t kStoreRequest = 8u << 20;  ///< bytes of blocks in one request; many share a group

std::uint64_t bytes_for(const std::vector<Block>& blocks) {
  std::uint64_t bytes = 0;
  for (const auto& block : blocks) bytes += record_size(ipld::kMaxCidBytes, block.data.size());
  return bytes;
}

base::Task<void> take_lock(std::shared_ptr<StoreCore> core) {
  auto path = base::join(core->options.path, "lock");
  auto description = core->options.holder.empty() ? std::string("openmcp") : core->options.holder;
  auto deadline = core->env.steady() + core->options.lock_wait;
  for (;;) {
    std::string holder;
    auto attempt = [&] { return core->env.disk().try_lock(path, description, holder); };
    core->lock = co_await core->env.run(std::move(attempt));
    if (core->lock) co_return;
    if (core->env.steady() >= deadline) {
      throw base::Error(Errc::busy,
                        fmt::format("the store {} is being written by {}", core->options.path,
                                    holder.empty() ? "another process" : holder),
                        "wait until it has ended, or stop it");
    }
    co_await core->env.sleep(kLockPoll);
  }
}

base::Task<void> open_for_reading(std::shared_ptr<StoreCore> core) {
  auto work = [core] { return open_reader(*core); };
  auto again = work;
  bool current = co_await core->env.run(std::move(work));
  if (current) co_return;
  // What a crash left behind is recovered first, unless a writer is at it: then the index is as new as what is durable.
  LocalStoreOptions writing = core->options;
  writing.read_only = writing.create = false;
  writing.lock_wait = {};
  std::optional<base::Error> problem;
  try {
    auto writer = co_await LocalStore::open(core->env, std::move(writing));
    co_await writer->close();
  } catch (const base::Error& error) {
    problem = error;
  }
  if (core->index) core->index->close();
  current = co_await core->env.run(std::move(again));
  if (!current && !core->index) throw *problem;
  if (problem && problem->code() != Errc::busy) {
    base::log(base::LogLevel::warn, "storage", "the newest contents of the store are not seen: {}", problem->message());
  }
}

}  // namespace

StoreCore::StoreCore(base::Env& environment, LocalStoreOptions opened_with)
    : env(environment),
      options(std::move(opened_with)),
      packs(base::join(options.path, "packs")),
      index(options.index),
      leases(std::make_shared<Leases>()),
      turn(env.executor(), 1),
      maintenance(env.executor(), 1),
      spared(env.executor()),
      flushed(env.executor()) {}

void StoreCore::check_open(bool writing) const {
  if (closed) throw base::Error(Errc::internal, fmt::format("the store {} is closed", options.path));
  if (!writing || !options.read_only) return;
  throw base::Error(Errc::permission, fmt::format("the store {} is open for reading only", options.path));
}

base::Task<bool> StoreCore::settle() {
  auto everything = request();
  co_await submit(everything);
  co_return everything->settled;
}

base::Task<void> StoreCore::stop_writing() {
  co_await turn.acquire();
  while (flush_running) {
    turn.release();
    co_await flushed.wait();
    co_await turn.acquire();
  }
}

base::Task<void> StoreCore::settle_rows(std::string prefix) {
  check_open(false);
  auto any_pending = [&] {
    return std::ranges::any_of(std::array{&pending, &flushing}, [&](const IndexBatch* batch) {
      auto row = batch->lower_bound(prefix);
      return row != batch->end() && row->first.starts_with(prefix);
    });
  };
  if (!any_pending()) co_return;
  bool settled = co_await settle();
  if (!settled) {
    throw base::Error(Errc::io, fmt::format("the index of the store {} cannot be written", options.path),
                      "make room on the disk or check it, then try again");
  }
}

base::Task<std::unique_ptr<LocalStore>> LocalStore::open(base::Env& env, LocalStoreOptions options) {
  auto core = std::make_shared<StoreCore>(env, std::move(options));
  auto prepare = [core] { prepare_directory(*core); };
  co_await env.run(std::move(prepare));
  if (core->options.read_only) {
    co_await open_for_reading(core);
  } else {
    co_await take_lock(core);
    auto work = [core] { recover(*core); };
    co_await env.run(std::move(work));
    core->note_newest();
  }
  co_return std::unique_ptr<LocalStore>(new LocalStore(std::move(core)));
}

LocalStore::LocalStore(std::shared_ptr<StoreCore> core) : core_(std::move(core)) {}
LocalStore::~LocalStore() { core_->closed = true; }

Capabilities LocalStore::capabilities() const noexcept {
  Capabilities can;
  can.durable = can.list = can.pins = true;
  can.remove = !core_->options.read_only;
  return can;
}

bool LocalStore::read_only() const noexcept { return core_->options.read_only; }
Position LocalStore::position() const noexcept { return core_->durable; }
std::unique_ptr<Lease> LocalStore::lease() { return core_->leases->begin(); }

base::Task<void> LocalStore::store(std::vector<Block> blocks, Durability durability) {
  core_->check_open(true);
  check_blocks(blocks);
  std::vector<Cid> cids;
  cids.reserve(blocks.size());
  for (const auto& block : blocks) cids.push_back(block.cid);
  co_await core_->approach(cids);
  auto limit = std::min(kStoreRequest, core_->options.segment_bytes / 2);
  std::size_t next = 0;
  do {
    auto request = core_->request();
    std::vector<std::pair<Block, bool>> part;  // and whether a damaged copy is to be replaced
    while (next < blocks.size() && (part.empty() || request->bytes < limit)) {
      auto& block = blocks[next++];
      if (block.cid.identity()) continue;
      request->bytes += record_size(ipld::kMaxCidBytes, block.data.size());
      bool replace = core_->damaged.contains(block.cid.hash());
      part.emplace_back(std::move(block), replace);
    }
    request->durable = durability == Durability::synced && next == blocks.size();
    request->work = [part = std::move(part)](GroupWriter& writer) {
      for (const auto& [block, replace] : part) {
        if (!replace && writer.has_block(block.cid)) continue;
        writer.put_block(block);
        writer.end_batch();
      }
    };
    co_await core_->submit(std::move(request));
  } while (next < blocks.size());
  if (core_->damaged.empty()) co_return;
  for (const auto& cid : cids) core_->damaged.erase(cid.hash());
}

base::Task<std::optional<base::SharedBytes>> LocalStore::retrieve(Cid cid) {
  std::vector<Cid> cids{std::move(cid)};
  auto found = co_await core_->read(std::move(cids));
  co_return std::move(found.at(0));
}

base::Task<std::vector<std::optional<base::SharedBytes>>> LocalStore::retrieve_many(std::vector<Cid> cids) {
  return core_->read(std::move(cids));
}

base::Task<std::vector<bool>> LocalStore::has_many(std::vector<Cid> cids) {
  auto entries = co_await core_->entries(cids);
  std::vector<bool> found;
  found.reserve(cids.size());
  for (std::size_t i = 0; i < cids.size(); ++i) found.push_back(cids[i].identity() || entries[i].has_value());
  co_return found;
}

base::Task<std::optional<std::uint64_t>> LocalStore::size(Cid cid) {
  if (cid.identity()) co_return cid.hash().digest().size();
  std::vector<Cid> cids{std::move(cid)};
  auto entries = co_await core_->entries(std::move(cids));
  if (!entries.at(0)) co_return std::nullopt;
  co_return entries.at(0)->at.length;
}

base::Task<std::size_t> LocalStore::remove(std::vector<Cid> cids) {
  auto removed = std::make_shared<std::size_t>(0);
  auto request = core_->request();
  request->bytes = cids.size() * record_size(ipld::kMaxCidBytes, 0);
  request->work = [cids = std::move(cids), removed](GroupWriter& writer) {
    for (const auto& cid : cids) {
      auto entry = cid.identity() ? std::nullopt : writer.layer().block(cid.hash());
      if (!entry) continue;
      if (!entry->references.empty()) throw kept_error(cid);
      writer.remove_block(Cid::v1(entry->codec, cid.hash()));
      ++*removed;
    }
  };
  co_await core_->submit(std::move(request));
  co_return *removed;
}

base::Task<ListPage> LocalStore::list(std::string cursor, std::size_t limit) {
  co_await core_->settle_rows("b");
  limit = page_size(limit);
  auto work = [core = core_, after = key_after(cursor), limit] {
    return list_page(core->index->scan("b", after, limit), limit);
  };
  co_return co_await core_->env.run(std::move(work));
}

base::Task<void> LocalStore::sync() {
  if (core_->options.read_only) co_return;
  co_await core_->settle();
}

base::Task<void> LocalStore::close() {
  auto core = core_;
  if (core->closed) co_return;
  std::exception_ptr error;
  if (!core->options.read_only) {
    try {
      co_await core->settle();
    } catch (...) {
      error = std::current_exception();
    }
    co_await core->stop_writing();
  }
  core->closed = true;
  auto release = [core] {
    if (core->log) core->log->close();
    core->index->close();
    core->lock.reset();
  };
  co_await core->env.run(std::move(release));
  if (!core->options.read_only) core->turn.release();
  if (error) std::rethrow_exception(error);
}

base::Task<Position> LocalStore::apply(Batch batch) {
  core_->check_open(true);
  check_blocks(batch.blocks);
  check_pins(batch.pins);
  std::vector<Cid> cids;
  cids.reserve(batch.blocks.size());
  for (const auto& block : batch.blocks) cids.push_back(block.cid);
  co_await core_->approach(std::move(cids));
  auto request = core_->request();
  request->bytes = bytes_for(batch.blocks) + batch.pins.size() * 2 * record_size(ipld::kMaxCidBytes, 1 + kMaxPinName);
  std::vector<bool> replace;
  replace.reserve(batch.blocks.size());
  for (const auto& block : batch.blocks) replace.push_back(core_->damaged.contains(block.cid.hash()));
  request->work = [batch = std::move(batch), replace = std::move(replace)](GroupWriter& writer) {
    for (std::size_t i = 0; i < batch.blocks.size(); ++i) {
      const auto& block = batch.blocks[i];
      if (block.cid.identity()) continue;
      if (replace[i] || !writer.has_block(block.cid)) writer.put_block(block);
    }
    for (const auto& change : batch.pins) {
      auto present = writer.layer().pin(change.pin);
      auto step = pin_step(change, present);
      if (step == PinStep::remove || step == PinStep::replace) {
        Pin old = change.pin;
        old.mode = present->mode;
        writer.remove_pin(old);
      }
      if (step == PinStep::add || step == PinStep::replace) writer.put_pin(change.pin);
    }
  };
  co_await core_->submit(request);
  co_return request->position;
}

base::Task<PinPage> LocalStore::pins(std::string name_prefix, std::string cursor, std::size_t limit) {
  co_await core_->settle_rows("p");
  limit = page_size(limit);
  auto work = [core = core_, prefix = pin_prefix(name_prefix), after = key_after(cursor), limit] {
    return pin_page(core->index->scan(prefix, after, limit), limit);
  };
  co_return co_await core_->env.run(std::move(work));
}

base::Task<std::vector<Pin>> LocalStore::pins_of(Cid cid) {
  co_await core_->settle_rows("r");
  auto work = [core = core_, cid] {
    auto prefix = pin_by_cid_prefix(cid);
    std::vector<IndexRow> rows;
    for (std::string after;;) {
      auto more = core->index->scan(prefix, after, kMostListed);
      if (more.empty()) break;
      after = more.back().first;
      std::ranges::move(more, std::back_inserter(rows));
    }
    return pins_by_cid(cid, rows);
  };
  co_return co_await core_->env.run(std::move(work));
}

base::Task<bool> LocalStore::kept(Cid cid) {
  if (cid.identity()) co_return true;
  std::vector<Cid> cids{std::move(cid)};
  auto entries = co_await core_->entries(std::move(cids));
  co_return entries.at(0) && !entries.at(0)->references.empty();
}

base::Task<CollectReport> LocalStore::collect(std::function<void(std::uint64_t, std::uint64_t)> progress) {
  return storage::collect(core_, std::move(progress));
}
base::Task<VerifyReport> LocalStore::verify(VerifyOptions options) {
  return storage::verify(core_, std::move(options));
}
base::Task<RepairReport> LocalStore::repair(ipld::BlockSource* other, Progress progress) {
  return storage::repair(core_, other, std::move(progress));
}
base::Task<std::optional<PinHistory>> LocalStore::pin_history(Position since) {
  return storage::pin_history(core_, since);
}

base::Task<void> LocalStore::rebuild_index(Progress progress) {
  core_->check_open(true);
  co_await core_->settle();
  co_await core_->stop_writing();
  auto work = [core = core_, progress = std::move(progress)] {
    core->log->close();
    rebuild(*core, progress);
  };
  std::exception_ptr error;
  try {
    co_await core_->env.run(std::move(work));
  } catch (...) {
    error = std::current_exception();
    core_->closed = true;  // what is in memory no longer fits the index
  }
  core_->note_newest();
  core_->turn.release();
  if (error) std::rethrow_exception(error);
}

base::Task<void> LocalStore::refresh() {
  core_->check_open(false);
  if (!core_->options.read_only) co_return;
  auto work = [core = core_] {
    core->index->reopen();
    return Layer(*core->index).totals();
  };
  auto totals = co_await core_->env.run(std::move(work));
  core_->durable = position_of(totals.segment, totals.end);
}

base::Task<StoreStats> LocalStore::stats() {
  co_await core_->settle_rows("m");
  auto work = [core = core_, freed = core_->freed] {
    StoreStats stats;
    stats.freed_bytes = freed;
    auto totals = Layer(*core->index).totals();
    stats.blocks = totals.blocks;
    stats.bytes = totals.bytes;
    stats.pins = totals.pins;
    for (auto number : core->files->list()) {
      ++stats.segments;
      if (auto info = core->env.disk().stat(core->files->path(number))) stats.disk_bytes += info->size;
    }
    for (std::string after;;) {
      auto rows = core->index->scan("g", after, kMostListed);
      if (rows.empty()) break;
      after = rows.back().first;
      for (const auto& [key, row] : rows) stats.live_bytes += base::unwrap(decode_live(row));
    }
    return stats;
  };
  co_return co_await core_->env.run(std::move(work));
}

}  // namespace openmcp::storage
