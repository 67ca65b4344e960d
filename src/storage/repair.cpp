// Restoring damaged blocks from another copy, and getting rid of the damaged segments.
#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

constexpr std::size_t kRowsAtOnce = 5000;
constexpr std::size_t kBlocksAtOnce = 8;

using Places = std::set<std::pair<std::uint32_t, std::uint64_t>>;

/// A good copy: the block itself when only its surroundings are damaged, else from the other store. nullopt: none.
base::Task<std::optional<base::SharedBytes>> fetch(std::shared_ptr<StoreCore> core, ipld::BlockSource* other, Cid cid,
                                                   BlockEntry entry) {
  auto look = [core, cid, entry]() -> std::optional<base::SharedBytes> {
    try {
      if (auto own = core->files->read_block(Cid::v1(entry.codec, cid.hash()), entry.at)) return *std::move(own);
    } catch (const base::Error&) {
      // Missing or unreadable: that is why we are here.
    }
    return std::nullopt;
  };
  auto own = co_await core->env.run(std::move(look));
  if (own && ipld::verify_block(cid, *own)) co_return own;
  if (!other) co_return std::nullopt;
  std::optional<base::SharedBytes> bytes;
  try {
    bytes = co_await other->retrieve(cid);
  } catch (const base::Error& error) {
    base::log(base::LogLevel::warn, "storage", "the other copy of {}: {}", cid.text(), error.message());
  }
  if (bytes && !ipld::verify_block(cid, *bytes)) bytes.reset();
  co_return bytes;
}

base::Task<void> write_blocks(std::shared_ptr<StoreCore> core, std::vector<Block> blocks, Places damaged) {
  auto request = core->request();
  for (const auto& block : blocks) request->bytes += record_size(ipld::kMaxCidBytes, block.data.size());
  auto cids = blocks;
  request->work = [blocks = std::move(blocks), damaged = std::move(damaged)](GroupWriter& writer) {
    for (const auto& block : blocks) {
      auto entry = writer.layer().block(block.cid.hash());
      if (!entry || !damaged.contains({entry->at.segment, entry->at.offset})) continue;  // removed or stored meanwhile
      writer.put_block(block);
      writer.end_batch();
    }
  };
  co_await core->submit(std::move(request));
  for (const auto& block : cids) core->damaged.erase(block.cid.hash());
}

/// Pins and removals are in the index: their damaged records are written anew from it.
base::Task<void> rewrite_rows(std::shared_ptr<StoreCore> core, std::string prefix, Places damaged) {
  for (std::string after;;) {
    auto scan = [core, prefix, after] { return core->index->scan(prefix, after, kRowsAtOnce); };
    auto rows = co_await core->env.run(std::move(scan));
    if (rows.empty()) co_return;
    after = rows.back().first;
    auto request = core->request();
    request->work = [rows = std::move(rows), damaged](GroupWriter& writer) {
      auto is_damaged = [&](const Location& at) { return damaged.contains({at.segment, at.offset}); };
      for (const auto& row : rows) {
        if (row.first[0] == 'p') {
          auto pin = base::unwrap(decode_pin_key(row.first));
          auto entry = writer.layer().pin(pin);
          if (!entry || !is_damaged(entry->at)) continue;
          pin.mode = entry->mode;
          writer.put_pin(pin, kCarried);
        } else {
          auto key = std::string_view(row.first).substr(1);
          auto grave = writer.layer().grave(key);
          if (!grave || !is_damaged(grave->at)) continue;
          writer.carry_grave(key, *grave);
        }
        writer.end_batch();
      }
    };
    co_await core->submit(std::move(request));
  }
}

base::Task<RepairReport> repair_all(std::shared_ptr<StoreCore> core, ipld::BlockSource* other, Progress progress) {
  RepairReport report;
  VerifyOptions options;
  options.progress = progress;
  report.found = co_await verify_all(core, std::move(options));
  if (report.found.clean()) co_return report;

  Places damaged;
  std::set<std::uint32_t> segments, hopeless;
  for (const auto& damage : report.found.damage) {
    segments.insert(damage.segment);
    damaged.emplace(damage.segment, damage.offset);
  }
  co_await rewrite_rows(core, "p", damaged);
  co_await rewrite_rows(core, "t", damaged);

  std::set<ipld::Multihash> tried;
  std::vector<Block> restored;
  for (const auto& damage : report.found.damage) {
    if (!damage.needed || !damage.cid || !tried.insert(damage.cid->hash()).second) continue;
    auto look = [core, key = block_key(damage.cid->hash())] { return core->index->get(key); };
    auto row = co_await core->env.run(std::move(look));
    auto entry = row ? std::optional(base::unwrap(decode_block(*row))) : std::nullopt;
    if (!entry || entry->at.segment != damage.segment || entry->at.offset != damage.offset) continue;  // a pin's record
    auto bytes = co_await fetch(core, other, *damage.cid, *entry);
    if (!bytes) {
      report.lost.push_back(*damage.cid);
      hopeless.insert(damage.segment);
      continue;
    }
    ++report.repaired;
    restored.push_back({Cid::v1(entry->codec, damage.cid->hash()), *std::move(bytes)});
    if (restored.size() < kBlocksAtOnce) continue;
    co_await write_blocks(core, std::exchange(restored, {}), damaged);
  }
  co_await write_blocks(core, std::move(restored), damaged);
  for (auto segment : segments) {
    if (hopeless.contains(segment)) continue;
    if (segment == core->newest.segment) co_await seal_newest(core);
    CollectReport moved;
    co_await compact(core, segment, true, moved);
  }
  co_return report;
}

}  // namespace

base::Task<RepairReport> repair(std::shared_ptr<StoreCore> core, ipld::BlockSource* other, Progress progress) {
  core->check_open(true);
  co_await core->maintenance.acquire();
  Release release{core->maintenance};
  co_return co_await repair_all(core, other, std::move(progress));
}

}  // namespace openmcp::storage
