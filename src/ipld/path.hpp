// Paths into DAGs: /ipfs/CID/a/b, ipfs://CID/a/b or CID/a/b, through UnixFS directories and the data model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipld/block_io.hpp"

namespace openmcp::ipld {

struct ContentPath {
  Cid root;
  std::vector<std::string> segments;  ///< never empty strings; not percent-decoded

  std::string text() const;  ///< "/ipfs/<cid>/a/b"
  /// Repeated and trailing slashes are dropped. Errors: invalid_argument, also for /ipns/ (no names here).
  static base::Result<ContentPath> parse(std::string_view text);
};

/// How a dag-pb node is entered.
enum class Pathing : unsigned char {
  unixfs,      ///< a segment is an entry's name (HAMT included); of dag-pb that is not UnixFS, a link's name
  data_model,  ///< segments are fields: Links/0/Hash
};

struct Resolved {
  Cid cid;                             ///< the block that the path ends in
  std::vector<std::string> remainder;  ///< fields inside that block (dag-cbor, dag-json, data_model); they exist
  std::vector<Cid> passed;             ///< blocks read on the way, in order, the root first, `cid` not included
};

/// Errors: not_found (no such entry, naming it and what it was looked for in; or a missing block), invalid_argument
/// (a path below a file or raw block), corrupt.
base::Task<Resolved> resolve(BlockSource& source, ContentPath path, Pathing pathing = Pathing::unixfs);

inline constexpr std::size_t kMaxPathSegments = 1024;

}  // namespace openmcp::ipld
