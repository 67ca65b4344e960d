#include "cli/codecs.hpp"

#include <fmt/format.h>

#include <charconv>

namespace openmcp::cli {

using base::Errc;
using base::fail;
using ipld::HashCode;

base::Result<HashCode> hash_from_name(std::string_view name) {
  static constexpr std::pair<std::string_view, HashCode> kNames[] = {
      {"sha2-256", HashCode::sha2_256}, {"sha2-512", HashCode::sha2_512},     {"sha1", HashCode::sha1},
      {"sha3-256", HashCode::sha3_256}, {"keccak-256", HashCode::keccak_256}, {"blake2b-256", HashCode::blake2b_256},
      {"blake3", HashCode::blake3},
  };
  for (auto& [known, code] : kNames) {
    if (known == name) return code;
  }
  return fail(Errc::invalid_argument, fmt::format("hash function '{}' is not known", name),
              fmt::format("one of: {}", kHashNames));
}

base::Result<ipld::Block> block_of(ipld::Codec codec, HashCode code, base::Bytes bytes) {
  if (bytes.size() > ipld::kMaxBlockBytes) {
    return fail(Errc::too_large, fmt::format("a block holds at most {} bytes", ipld::kMaxBlockBytes),
                "'openmcp add' stores files of any size");
  }
  auto hash = ipld::hash(code, bytes);
  if (!hash) return std::unexpected(std::move(hash).error());
  return ipld::Block{ipld::Cid::v1(codec, *hash), base::SharedBytes(std::move(bytes))};
}

base::Result<ipld::Node> field_at(ipld::Node node, const std::vector<std::string>& fields) {
  for (auto& field : fields) {
    ipld::Node next;
    bool found = false;
    if (auto* map = node.if_map()) {
      if (auto* entry = map->find(field)) {
        next = *entry;
        found = true;
      }
    } else if (auto* list = node.if_list()) {
      std::size_t index = 0;
      auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), index);
      if (failure == std::errc() && end == field.data() + field.size() && index < list->size()) {
        next = (*list)[index];
        found = true;
      }
    }
    if (!found) return fail(Errc::not_found, fmt::format("there is no field '{}'", field));
    node = std::move(next);
  }
  return node;
}

}  // namespace openmcp::cli
