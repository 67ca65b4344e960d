#include "ipld/block_io.hpp"

#include <gtest/gtest.h>

#include <map>

#include "support/run.hpp"

namespace openmcp::ipld {
namespace {

class Blocks final : public BlockSource {
public:
  std::map<Cid, base::SharedBytes> blocks;
  std::vector<Cid> asked;

  base::Task<std::optional<base::SharedBytes>> retrieve(Cid cid) override {
    asked.push_back(cid);
    auto found = blocks.find(cid);
    if (found == blocks.end()) co_return std::nullopt;
    co_return found->second;
  }
};

Block block_of(std::string_view text) { return make_block(Codec::raw, base::SharedBytes(base::to_bytes(text))); }

TEST(BlockSource, RetrievesManyInTheirOrder) {
  base::RealEnv env(1);
  Blocks source;
  const Block a = block_of("a"), b = block_of("b"), absent = block_of("absent");
  source.blocks = {{a.cid, a.data}, {b.cid, b.data}};
  std::vector<Cid> cids = {b.cid, absent.cid, a.cid, b.cid};
  auto found = test::run(env, source.retrieve_many(cids));
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(base::as_text(*found[0]), "b");
  EXPECT_EQ(found[1], std::nullopt);
  EXPECT_EQ(base::as_text(*found[2]), "a");
  EXPECT_EQ(base::as_text(*found[3]), "b");
  EXPECT_EQ(source.asked, cids);
}

TEST(BlockSource, IdentityCidsAnswerThemselves) {
  base::RealEnv env(1);
  Blocks source;
  const Cid inline_text = Cid::v1(Codec::raw, *hash(HashCode::identity, base::as_bytes("inline")));
  EXPECT_EQ(base::as_text(test::run(env, get_block(source, inline_text))), "inline");
  EXPECT_TRUE(source.asked.empty());
}

TEST(BlockSource, AMissingBlockIsAnErrorThatNamesIt) {
  base::RealEnv env(1);
  Blocks source;
  const Block absent = block_of("absent");
  try {
    test::run(env, get_block(source, absent.cid));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Errc::not_found);
    EXPECT_NE(error.message().find(absent.cid.text()), std::string::npos);
  }
}

}  // namespace
}  // namespace openmcp::ipld
