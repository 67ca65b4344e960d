// Which blocks a walk has met. Compact, because walks meet millions.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <unordered_set>

#include "ipld/cid.hpp"

namespace openmcp::ipld {

/// Blocks are told apart by codec and multihash: the same bytes as raw and as dag-pb are walked differently.
class SeenBlocks {
public:
  /// False when it was there.
  bool insert(const Cid& cid) {
    if (auto key = short_key(cid)) return short_.insert(*key).second;
    return long_.insert(as_v1(cid)).second;
  }
  bool contains(const Cid& cid) const {
    if (auto key = short_key(cid)) return short_.contains(*key);
    return long_.contains(as_v1(cid));
  }
  std::size_t size() const noexcept { return short_.size() + long_.size(); }

private:
  struct Key {
    std::array<std::uint8_t, 32> digest;
    std::uint32_t codec;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      std::uint64_t word;
      std::memcpy(&word, key.digest.data(), sizeof word);
      return static_cast<std::size_t>(word ^ key.codec);
    }
  };
  static std::optional<Key> short_key(const Cid& cid) {
    auto codec = static_cast<std::uint64_t>(cid.codec());
    if (cid.hash().code() != HashCode::sha2_256 || cid.hash().digest().size() != 32 || codec > 0xffff'ffff) return {};
    Key key{.digest = {}, .codec = static_cast<std::uint32_t>(codec)};
    std::memcpy(key.digest.data(), cid.hash().digest().data(), key.digest.size());
    return key;
  }
  static Cid as_v1(const Cid& cid) { return Cid::v1(cid.codec(), cid.hash()); }

  std::unordered_set<Key, Hash> short_;
  std::set<Cid> long_;
};

}  // namespace openmcp::ipld
