// Builds the balanced DAG of one file from its leaves, in order and in memory O(depth * width).
#pragma once

#include <cstdint>
#include <vector>

#include "ipld/unixfs/profile.hpp"

namespace openmcp::ipld::unixfs {

/// A finished subtree of a file.
struct FilePart {
  Cid cid;
  std::uint64_t size = 0;      ///< logical bytes
  std::uint64_t dag_size = 0;  ///< bytes of all its blocks (the Tsize of a link to it)
};

/// One chunk as the profile stores it; hashes it. `data` is not copied when leaves are raw.
struct Leaf {
  Block block;
  FilePart part;
};
Leaf make_leaf(const Profile& profile, base::SharedBytes chunk);
/// The same for several, faster than one by one.
std::vector<Leaf> make_leaves(const Profile& profile, std::vector<base::SharedBytes> chunks);

/// A file of one leaf is that leaf. Every leaf of a larger one lies at the same depth ("balanced").
class FileWriter {
public:
  explicit FileWriter(Profile profile) : profile_(profile) {}

  /// Adds the next leaf; appends the nodes that became full to `out`.
  void push(const FilePart& leaf, std::vector<Block>& out);
  /// Closes all levels; appends the remaining nodes and returns the root. No leaf at all is an empty file: its one
  /// empty leaf is appended too.
  FilePart finish(std::vector<Block>& out);
  std::uint64_t nodes() const noexcept { return nodes_; }  ///< interior nodes made so far

private:
  FilePart flush(std::size_t level, std::vector<Block>& out);
  void push_at(std::size_t level, const FilePart& part, std::vector<Block>& out);

  Profile profile_;
  std::vector<std::vector<FilePart>> levels_;  ///< [0] holds leaves
  std::uint64_t nodes_ = 0;
};

}  // namespace openmcp::ipld::unixfs
