// Blocks, pins and batches for tests of stores.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "crypto/hash.hpp"
#include "ipld/codec.hpp"
#include "storage/pins.hpp"
#include "support/run.hpp"

namespace openmcp::test {

using base::Errc;
using base::Task;
using ipld::Block;
using ipld::Cid;
using ipld::Codec;
using storage::Durability;
using storage::PinChange;
using storage::PinMode;

inline Block raw_block(std::string_view text) {
  return ipld::make_block(Codec::raw, base::SharedBytes(base::to_bytes(text)));
}
inline Block raw_block(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  base::Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return ipld::make_block(Codec::raw, base::SharedBytes(std::move(bytes)));
}
/// A dag-cbor block [label, link, link...].
inline Block parent_block(const std::string& label, const std::vector<Cid>& links) {
  ipld::List list;
  list.emplace_back(label);
  for (const auto& link : links) list.emplace_back(link);
  return base::unwrap(ipld::encode_block(Codec::dag_cbor, ipld::Node(std::move(list))));
}
inline std::vector<Cid> cids_of(const std::vector<Block>& blocks) {
  std::vector<Cid> cids;
  for (const auto& block : blocks) cids.push_back(block.cid);
  return cids;
}
inline storage::Pin pin_of(const Cid& cid, const std::string& name = "", PinMode mode = PinMode::recursive) {
  storage::Pin pin;
  pin.cid = cid;
  pin.mode = mode;
  pin.name = name;
  return pin;
}
inline PinChange add_pin(storage::Pin pin) { return {PinChange::Kind::add, std::move(pin)}; }
inline PinChange remove_pin(storage::Pin pin) { return {PinChange::Kind::remove, std::move(pin)}; }
inline storage::Batch batch_of(std::vector<Block> blocks, std::vector<PinChange> pins = {}) {
  storage::Batch batch;
  batch.blocks = std::move(blocks);
  batch.pins = std::move(pins);
  return batch;
}

/// The code of the Error that `work` throws; nullopt when it throws none.
template <class T>
std::optional<Errc> error_of(base::RealEnv& env, Task<T> work, std::string* message = nullptr) {
  try {
    run(env, std::move(work));
  } catch (const base::Error& error) {
    if (message) *message = error.message();
    return error.code();
  }
  return std::nullopt;
}

}  // namespace openmcp::test
