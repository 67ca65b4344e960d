// The root of an exported CAR: which contexts it holds, by the attestations of their heads. dag-cbor blocks:
//
//   root  {v 1, kind "openmcp contexts", count int, pages [link]}
//   page  {contexts [{id bytes(16), heads [link]}]}
//
// Contexts in the order of their ids, heads in the order of their CIDs; all pages but the last are full.
#pragma once

#include <optional>
#include <vector>

#include "context/id.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::context {

inline constexpr std::size_t kCarPageContexts = 4096;
inline constexpr std::size_t kMaxCarPages = 8192;

struct CarContext {
  ContextId id;
  std::vector<ipld::Cid> heads;  ///< attestations, sorted, 1 to kMaxParents
  bool operator==(const CarContext&) const = default;
};

/// The root first. Precondition: sorted by id, heads sorted. Error too_large.
base::Result<std::vector<ipld::Block>> encode_car_index(const std::vector<CarContext>& contexts);

struct CarRoot {
  std::uint64_t count = 0;
  std::vector<ipld::Cid> pages;
};
/// nullopt: some other block. Errors: corrupt, unsupported (a later schema).
base::Result<std::optional<CarRoot>> decode_car_root(base::BytesView block);
/// Strict. Error corrupt.
base::Result<std::vector<CarContext>> decode_car_page(base::BytesView block);

/// The whole index; nullopt when `root` is something else. Throws corrupt, not_found (a page that is missing).
base::Task<std::optional<std::vector<CarContext>>> read_car_index(ipld::BlockSource& source, ipld::Cid root);

}  // namespace openmcp::context
