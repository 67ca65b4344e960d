#include "context/id.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/real_env.hpp"
#include "base/sim_env.hpp"

namespace openmcp::context {
namespace {

TEST(ContextId, ReadsAndWritesTheExampleOfTheRfc) {
  // RFC 9562, appendix A.6.
  auto id = ContextId::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(id->born_ms(), 0x017F22E279B0);
  EXPECT_EQ(ContextId::parse("017f22e279b07cc398c4dc0c0c07398f"), *id);
  EXPECT_EQ(ContextId::from_bytes(id->bytes()), *id);
}

TEST(ContextId, RefusesWhatIsNoUuid) {
  for (auto text : {"", "017f22e2", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                    "017f22e279b0-7cc3-98c4-dc0c0c07398f-", "017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
                    "00000000-0000-0000-0000-000000000000", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}"})
    EXPECT_FALSE(ContextId::parse(text)) << text;
  EXPECT_FALSE(ContextId::from_bytes(base::Bytes(15, 1)));
  EXPECT_FALSE(ContextId::from_bytes(base::Bytes(16, 0)));
}

TEST(ContextId, OtherVersionsHaveNoBirth) {
  auto random = ContextId::parse("f81d4fae-7dec-41d0-a765-00a0c91e6bf6");
  ASSERT_TRUE(random);
  EXPECT_EQ(random->born_ms(), std::nullopt);
}

TEST(IdMaker, MakesVersion7) {
  base::RealEnv env;
  IdMaker maker(env);
  auto before = std::chrono::duration_cast<std::chrono::milliseconds>(env.now().time_since_epoch()).count();
  auto id = maker.next();
  EXPECT_EQ(id.bytes()[6] >> 4, 7);
  EXPECT_EQ(id.bytes()[8] >> 6, 2);
  ASSERT_TRUE(id.born_ms());
  EXPECT_GE(*id.born_ms(), before);
  EXPECT_LE(*id.born_ms(), before + 60'000);
}

TEST(IdMaker, GrowsWhileTheClockStandsStill) {
  base::SimWorld world(1);
  auto& env = world.node("a");
  IdMaker maker(env);
  ContextId last;
  for (int i = 0; i < 100'000; ++i) {
    auto id = maker.next();
    ASSERT_LT(last, id);
    last = id;
  }
  EXPECT_EQ(last.bytes()[6] >> 4, 7);
  EXPECT_EQ(last.bytes()[8] >> 6, 2);
}

TEST(IdMaker, TwoMakersDiffer) {
  base::RealEnv env;
  IdMaker a(env), b(env);
  std::set<ContextId> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.insert(a.next());
    ids.insert(b.next());
  }
  EXPECT_EQ(ids.size(), 2000u);
}

}  // namespace
}  // namespace openmcp::context
