// The shape of file DAGs, with a profile of 16-byte chunks and 3 links a node.
#include "codec_support.hpp"
#include "ipld/unixfs/fs_node.hpp"
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using namespace ipld::unixfs;

class UnixfsFileWriter : public Unixfs {
protected:
  /// "(x(xxx))": every leaf an x, every node a pair of parentheses.
  std::string shape(const ipld::Cid& cid) {
    if (cid.codec() == ipld::Codec::raw) return "x";
    auto node = must(decode_fs_node(cid, blocks.blocks.at(cid.hash())));
    std::string text = "(";
    for (auto& link : node.links) text += shape(link.hash);
    return text + ")";
  }
  std::string shape_of(std::size_t size) { return shape(import_bytes(keystream("shape", size), kTiny).cid); }
};

TEST_F(UnixfsFileWriter, IsBalanced) {
  EXPECT_EQ(shape_of(0), "x");
  EXPECT_EQ(shape_of(16), "x");
  EXPECT_EQ(shape_of(17), "(xx)");
  EXPECT_EQ(shape_of(48), "(xxx)");
  EXPECT_EQ(shape_of(49), "((xxx)(x))");
  EXPECT_EQ(shape_of(9 * 16), "((xxx)(xxx)(xxx))");
  EXPECT_EQ(shape_of(9 * 16 + 1), "(((xxx)(xxx)(xxx))((x)))");
  EXPECT_EQ(shape_of(13 * 16), "(((xxx)(xxx)(xxx))((xxx)(x)))");
}

TEST_F(UnixfsFileWriter, CountsSizes) {
  EXPECT_TRUE(rc::check("sizes are those of the blocks", [this] {
    auto size = *rc::gen::inRange<std::size_t>(0, 2000);
    auto profile = kTiny;
    if (*rc::gen::arbitrary<bool>()) profile.leaves = LeafKind::dag_pb;
    profile.cid_version = *rc::gen::element(0u, 1u);
    profile.width = *rc::gen::inRange(2u, 6u);
    blocks = {};
    auto made = import_bytes(keystream("sizes", size), profile);
    std::uint64_t total = 0;
    for (auto& cid : blocks.order) total += blocks.blocks.at(cid.hash()).size();
    RC_ASSERT(made.size == size);
    RC_ASSERT(made.blocks == blocks.order.size());
    RC_ASSERT(made.dag_size == total);
    auto facts = run(env, stat(blocks, made.cid));
    RC_ASSERT(facts.size == size);
    RC_ASSERT(facts.dag_size == total);
    RC_ASSERT(made.cid.version() == (made.cid.codec() == ipld::Codec::raw ? 1u : profile.cid_version));
  }));
}

}  // namespace
}  // namespace openmcp::test
