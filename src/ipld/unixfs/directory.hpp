// Reading and making directories, flat and HAMT alike.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ipld/block_io.hpp"
#include "ipld/unixfs/hamt.hpp"

namespace openmcp::ipld::unixfs {

/// Every entry once: a flat directory in the order of its links (bytewise), a HAMT in the order of the hash. The
/// callback returns false to stop. Errors: invalid_argument when `directory` is none, corrupt, not_found.
base::Task<void> list_directory(BlockSource& source, Cid directory, std::function<bool(const DirectoryLink&)> each);

struct DirectoryPage {
  std::vector<DirectoryLink> entries;
  std::string next;  ///< pass as `after` for the next page; empty: the end
};
/// At most `limit` entries behind the entry named `after` ("" from the start), in list_directory's order. Reads only
/// the shards that it needs.
base::Task<DirectoryPage> list_page(BlockSource& source, Cid directory, std::string after, std::size_t limit);

/// The entry of this name. With `passed`, the HAMT shards below `directory` on the way are appended to it.
base::Task<std::optional<DirectoryLink>> find_entry(BlockSource& source, Cid directory, std::string name,
                                                    std::vector<Cid>* passed = nullptr);

/// Makes the directory of `entries` as the profile says, flat or HAMT. Sorts them; appends blocks (children first) to
/// `out` and returns the root's link. Errors: invalid_argument for a name that cannot be or occurs twice.
base::Result<DirectoryLink> build_directory(const Profile& profile, std::vector<DirectoryLink> entries,
                                            std::vector<Block>& out);

/// Not empty, valid UTF-8, at most 65,535 bytes, no '/' and no NUL, not "." or "..".
bool valid_entry_name(std::string_view name) noexcept;

}  // namespace openmcp::ipld::unixfs
