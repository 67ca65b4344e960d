#include "storage/ledger.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/varint.hpp"
#include "ipld/codec.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

std::uint64_t block_record_size(const ipld::Multihash& hash, ipld::Codec codec, std::size_t payload) {
  return record_size(Cid::v1(codec, hash).bytes().size(), payload);
}

std::uint64_t pin_record_size(const Pin& pin) { return record_size(pin.cid.bytes().size(), 1 + pin.name.size()); }

bool has_links(ipld::Codec codec) {
  return codec == ipld::Codec::dag_pb || codec == ipld::Codec::dag_cbor || codec == ipld::Codec::dag_json;
}

std::string encode_live(std::uint64_t live) {
  base::Bytes out;
  base::put_varint(out, live);
  return {out.begin(), out.end()};
}

}  // namespace

std::optional<std::string> Layer::get(const std::string& key) const {
  if (auto found = changes_.find(key); found != changes_.end()) return found->second;
  for (const auto* batch : batches_) {
    if (!batch) continue;
    if (auto found = batch->find(key); found != batch->end()) return found->second;
  }
  return below_ ? below_->get(key) : index_->get(key);
}

std::optional<BlockEntry> Layer::block(const ipld::Multihash& hash) const {
  auto row = get(block_key(hash));
  if (!row) return std::nullopt;
  return base::unwrap(decode_block(*row));
}

std::optional<PinEntry> Layer::pin(const Pin& pin) const {
  auto row = get(pin_key(pin));
  if (!row) return std::nullopt;
  return base::unwrap(decode_pin_entry(*row));
}

std::optional<Grave> Layer::grave(std::string_view key) const {
  auto row = get(grave_key(key));
  if (!row) return std::nullopt;
  return base::unwrap(decode_grave(*row));
}

Totals Layer::totals() const {
  auto row = get(std::string(kTotalsKey));
  return row ? base::unwrap(decode_totals(*row)) : Totals{};
}

std::uint64_t Layer::live(std::uint32_t segment) const {
  auto row = get(segment_key(segment));
  return row ? base::unwrap(decode_live(*row)) : 0;
}

void Layer::absorb(Layer& above) { merge(changes_, above.take()); }

void merge(IndexBatch& into, IndexBatch from) {
  if (into.empty()) {
    into = std::move(from);
    return;
  }
  while (!from.empty()) {
    auto node = from.extract(from.begin());
    if (auto found = into.find(node.key()); found != into.end()) {
      found->second = std::move(node.mapped());
    } else {
      into.insert(std::move(node));
    }
  }
}

base::Result<std::vector<Cid>> stored_targets(const Cid& cid) {
  std::vector<Cid> targets, todo{cid};
  while (!todo.empty()) {
    Cid next = todo.back();
    todo.pop_back();
    if (!next.identity()) {
      targets.push_back(next);
    } else if (has_links(next.codec())) {
      auto links = ipld::links_of(next.codec(), next.hash().digest());
      if (!links) return std::unexpected(std::move(links).error());
      todo.insert(todo.end(), links->begin(), links->end());
    }
  }
  return targets;
}

void Ledger::add_live(std::uint32_t segment, std::int64_t delta) {
  auto live = static_cast<std::int64_t>(layer_.live(segment)) + delta;
  if (live < 0) throw base::Error(Errc::internal, "live bytes of a segment fell below zero");
  layer_.put(segment_key(segment), encode_live(static_cast<std::uint64_t>(live)));
}

void Ledger::place_block(const Cid& cid, const Location& at, bool moved) {
  const auto& hash = cid.hash();
  auto key = block_key(hash);
  auto known = layer_.block(hash);
  BlockEntry entry;
  if (known) {
    add_live(known->at.segment, -static_cast<std::int64_t>(block_record_size(hash, known->codec, known->at.length)));
    entry = std::move(*known);
    // Where it was will be gone; only still older records remain to be remembered.
    if (moved && entry.oldest == entry.at.segment) entry.oldest = at.segment;
  } else {
    entry.oldest = at.segment;
    if (auto grave = layer_.grave(key)) {
      entry.oldest = grave->oldest;
      drop_grave(key, *grave);
    }
    auto totals = layer_.totals();
    ++totals.blocks;
    totals.bytes += at.length;
    layer_.put(std::string(kTotalsKey), encode(totals));
  }
  entry.at = at;
  entry.codec = cid.codec();
  add_live(at.segment, static_cast<std::int64_t>(block_record_size(hash, entry.codec, at.length)));
  layer_.put(std::move(key), encode(entry));
}

void Ledger::remove_block(const Cid& cid, const Location& at) {
  auto key = block_key(cid.hash());
  Grave grave;
  grave.at = at;
  grave.codec = cid.codec();
  grave.size = static_cast<std::uint32_t>(block_record_size(cid.hash(), cid.codec(), 0));
  auto known = layer_.block(cid.hash());
  if (!known) {
    if (auto old = layer_.grave(key)) place_grave(key, old->oldest, old->newest, grave);
    return;
  }
  add_live(known->at.segment,
           -static_cast<std::int64_t>(block_record_size(cid.hash(), known->codec, known->at.length)));
  layer_.erase(key);
  auto totals = layer_.totals();
  --totals.blocks;
  totals.bytes -= known->at.length;
  layer_.put(std::string(kTotalsKey), encode(totals));
  place_grave(key, known->oldest, known->at.segment, grave);
}

void Ledger::place_pin(const Pin& pin, const Location& at, bool moved) {
  auto key = pin_key(pin);
  auto known = layer_.pin(pin);
  auto size = static_cast<std::int64_t>(pin_record_size(pin));
  PinEntry entry;
  if (known) {
    add_live(known->at.segment, -size);
    entry = *known;
    if (moved && entry.oldest == entry.at.segment) entry.oldest = at.segment;
  } else {
    if (counting_) count(pin, true);
    entry.oldest = at.segment;
    if (auto grave = layer_.grave(key)) {
      entry.oldest = grave->oldest;
      drop_grave(key, *grave);
    }
    auto totals = layer_.totals();
    ++totals.pins;
    layer_.put(std::string(kTotalsKey), encode(totals));
  }
  entry.mode = pin.mode;
  entry.at = at;
  add_live(at.segment, size);
  layer_.put(std::move(key), encode(entry));
  layer_.put(pin_by_cid_key(pin), std::string(1, static_cast<char>(pin.mode)));
}

void Ledger::remove_pin(const Pin& pin, const Location& at) {
  auto key = pin_key(pin);
  Grave grave;
  grave.at = at;
  grave.mode = static_cast<std::uint8_t>(pin.mode);
  grave.size = static_cast<std::uint32_t>(pin_record_size(pin));
  auto known = layer_.pin(pin);
  if (!known) {
    if (auto old = layer_.grave(key)) place_grave(key, old->oldest, old->newest, grave);
    return;
  }
  if (counting_) {
    Pin counted = pin;
    counted.mode = known->mode;
    count(counted, false);
  }
  add_live(known->at.segment, -static_cast<std::int64_t>(pin_record_size(pin)));
  layer_.erase(key);
  layer_.erase(pin_by_cid_key(pin));
  auto totals = layer_.totals();
  --totals.pins;
  layer_.put(std::string(kTotalsKey), encode(totals));
  place_grave(key, known->oldest, known->at.segment, grave);
}

void Ledger::place_grave(std::string_view key, std::uint32_t oldest, std::uint32_t newest, Grave grave) {
  if (auto old = layer_.grave(key)) drop_grave(key, *old);
  grave.oldest = oldest;
  grave.newest = newest;
  add_live(grave.at.segment, grave.size);
  layer_.put(grave_key(key), encode(grave));
}

void Ledger::drop_grave(std::string_view key, const Grave& grave) {
  add_live(grave.at.segment, -std::int64_t{grave.size});
  layer_.erase(grave_key(key));
}

bool Ledger::needed(const Layer& layer, const Grave& grave, std::uint32_t besides) {
  for (auto segment = grave.oldest; segment <= grave.newest; ++segment) {
    if (segment != besides && layer.get(segment_key(segment))) return true;
  }
  return false;
}

void Ledger::count_pin(const Pin& pin) { count(pin, true); }

void Ledger::count(const Pin& pin, bool up) {
  std::vector<Cid> roots;
  if (pin.mode == PinMode::recursive) {
    auto targets = stored_targets(pin.cid);
    if (!targets && strict_ && up) throw targets.error();
    if (targets) roots = *std::move(targets);
  } else if (!pin.cid.identity()) {
    roots.push_back(Cid::v1(ipld::Codec::raw, pin.cid.hash()));  // as raw it has no children
  }
  change_references(std::move(roots), up);
}

void Ledger::change_references(std::vector<Cid> todo, bool up) {
  bool strict = strict_ && up;
  while (!todo.empty()) {
    Cid cid = todo.back();
    todo.pop_back();
    auto entry = layer_.block(cid.hash());
    if (!entry) {
      auto text = Cid::v1(cid.codec(), cid.hash()).text();
      if (strict) {
        throw base::Error(Errc::not_found, "block " + text + " is not here, so what links to it cannot be pinned",
                          "import the missing blocks first");
      }
      if (up) base::log(base::LogLevel::warn, "storage", "block {} is pinned and missing", text);
      continue;
    }
    auto reference = std::ranges::find(entry->references, cid.codec(), &Reference::codec);
    bool descend = false;
    if (up) {
      if (reference == entry->references.end()) {
        reference = entry->references.insert(reference, Reference{cid.codec(), 0});
        descend = true;
      }
      ++reference->count;
    } else {
      if (reference == entry->references.end()) continue;
      if (--reference->count == 0) {
        entry->references.erase(reference);
        descend = true;
      }
    }
    auto keep = *entry;
    layer_.put(block_key(cid.hash()), encode(*entry));
    if (!descend || !has_links(cid.codec())) continue;

    base::Result<std::vector<Cid>> links;
    if (auto bytes = load_(cid, keep)) {
      links = ipld::links_of(cid.codec(), *bytes);
    } else {
      links = std::unexpected(std::move(bytes).error());
    }
    for (std::size_t i = 0; links && i < links->size(); ++i) {
      auto targets = stored_targets((*links)[i]);
      if (!targets) {
        links = std::unexpected(std::move(targets).error());
        break;
      }
      todo.insert(todo.end(), targets->begin(), targets->end());
    }
    if (links) continue;
    if (strict) throw std::move(links).error().within("reading the links of " + cid.text());
    base::log(base::LogLevel::warn, "storage", "links of {} cannot be read: {}", cid.text(), links.error().message());
  }
}

}  // namespace openmcp::storage
