// Reading blocks: rows from pending or the index, bytes from the segments, beside writes and compaction.
#include <fmt/format.h>

#include <algorithm>

#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

struct Wanted {
  Cid cid;
  std::size_t place;                ///< in the answer
  bool looked_up = false;           ///< `entry` came from pending
  std::optional<BlockEntry> entry;  ///< none after looking up: not here
};

struct Found {
  std::vector<std::optional<base::SharedBytes>> bytes;
  std::vector<ipld::Multihash> damaged;
  std::optional<base::Error> error;
};

/// On a worker. The row may be older than what compaction has done since: then it is looked up again.
base::Result<std::optional<base::SharedBytes>> read_one(BlockIndex& index, SegmentFiles& files, bool read_only,
                                                        Wanted wanted) {
  auto key = block_key(wanted.cid.hash());
  for (int attempt = 0;; ++attempt) {
    if (!wanted.looked_up) {
      auto row = index.get(key);
      if (!row) return std::nullopt;
      wanted.entry = base::unwrap(decode_block(*row));
    }
    if (!wanted.entry) return std::nullopt;
    base::Result<base::SharedBytes> bytes;
    bool gone = false;
    try {
      bytes = files.read_block(Cid::v1(wanted.entry->codec, wanted.cid.hash()), wanted.entry->at);
      if (bytes) return *std::move(bytes);
    } catch (const base::Error& error) {
      if (error.code() != Errc::not_found) throw;
      gone = true;
      bytes = base::fail(Errc::corrupt, fmt::format("block {} is lost: {}", wanted.cid.text(), error.message()),
                         "list all damage with 'openmcp verify'; restore it from another copy with 'openmcp repair'");
    }
    if (attempt == 2) return std::unexpected(std::move(bytes).error());
    if (read_only && gone) index.reopen();
    auto row = index.get(key);
    bool moved = !row || base::unwrap(decode_block(*row)).at != wanted.entry->at;
    if (!moved && !gone) return std::unexpected(std::move(bytes).error());
    wanted.looked_up = false;
  }
}

}  // namespace

const std::optional<std::string>* StoreCore::pending_row(const std::string& key) const {
  for (const auto* batch : {&pending, &flushing}) {
    if (auto found = batch->find(key); found != batch->end()) return &found->second;
  }
  return nullptr;
}

base::Task<void> StoreCore::approach(std::vector<Cid> cids) {
  check_open(false);
  auto condemned_one = [&] {
    return std::ranges::any_of(cids, [&](const Cid& cid) { return condemned.contains(cid.hash()); });
  };
  while (!condemned.empty() && condemned_one()) co_await spared.wait();
  if (!leases->any()) co_return;
  for (const auto& cid : cids) leases->touch(cid.hash());
}

base::Task<std::vector<std::optional<base::SharedBytes>>> StoreCore::read(std::vector<Cid> cids) {
  co_await approach(cids);
  std::vector<std::optional<base::SharedBytes>> answer(cids.size());
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < cids.size(); ++i) {
    if (cids[i].identity()) {
      answer[i] = base::SharedBytes(base::to_bytes(cids[i].hash().digest()));
      continue;
    }
    Wanted one{cids[i], i, false, std::nullopt};
    if (const auto* row = pending_row(block_key(cids[i].hash()))) {
      one.looked_up = true;
      if (*row) one.entry = base::unwrap(decode_block(**row));
    }
    wanted.push_back(std::move(one));
  }
  if (wanted.empty()) co_return answer;

  auto self = shared_from_this();
  auto work = [self, &wanted] {
    Found found;
    for (const auto& each : wanted) {
      auto bytes = read_one(*self->index, *self->files, self->options.read_only, each);
      if (!bytes) {
        found.damaged.push_back(each.cid.hash());
        found.error = std::move(bytes).error();
        found.bytes.emplace_back();
      } else {
        found.bytes.push_back(*std::move(bytes));
      }
    }
    return found;
  };
  auto found = co_await env.run(std::move(work));
  for (const auto& hash : found.damaged) damaged.insert(hash);
  if (found.error) throw *found.error;
  for (std::size_t i = 0; i < wanted.size(); ++i) answer[wanted[i].place] = std::move(found.bytes[i]);
  co_return answer;
}

base::Task<std::vector<std::optional<BlockEntry>>> StoreCore::entries(std::vector<Cid> cids) {
  co_await approach(cids);
  std::vector<std::optional<BlockEntry>> answer(cids.size());
  std::vector<std::string> keys;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < cids.size(); ++i) {
    if (cids[i].identity()) continue;
    auto key = block_key(cids[i].hash());
    if (const auto* row = pending_row(key)) {
      if (*row) answer[i] = base::unwrap(decode_block(**row));
    } else {
      keys.push_back(std::move(key));
      places.push_back(i);
    }
  }
  if (keys.empty()) co_return answer;
  auto self = shared_from_this();
  auto work = [self, &keys, &places, &answer] {
    auto rows = self->index->get_many(keys);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i]) continue;
      auto entry = base::unwrap(decode_block(*rows[i]));
      // A block whose segment is lost is not here: storing it again must not be skipped.
      if (self->files->holds(entry.at) || self->options.read_only) answer[places[i]] = std::move(entry);
    }
  };
  co_await env.run(std::move(work));
  co_return answer;
}

}  // namespace openmcp::storage
