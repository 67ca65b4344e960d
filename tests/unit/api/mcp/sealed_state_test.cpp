#include "api/mcp/sealed_state.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "support/run.hpp"

namespace openmcp::api::mcp {

namespace {

Message request(std::string_view params) {
  return *decode_message(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":)" + std::string(params) + "}");
}
const Caller ada{.name = "ada", .token_id = "t1", .role = Role::writer};

TEST(SealedState, OpensForTheSameRequestInWhateverOrderItsParamsCome) {
  base::RealEnv env;
  StateSealer sealer(env);
  auto first = request(R"({"name":"x","arguments":{"a":1,"b":[2]},"_meta":{"n":1}})");
  auto retry =
      request(R"({"requestState":"?","inputResponses":{},"arguments":{"b":[2],"a":1},"_meta":{"n":2},"name":"x"})");
  auto sealed = sealer.seal("what was asked", ada, first);
  auto opened = sealer.open(sealed, ada, retry);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, "what was asked");
  EXPECT_EQ(sealed.find("asked"), std::string::npos);
  EXPECT_NE(sealed, sealer.seal("what was asked", ada, first));
}

TEST(SealedState, OpensForNothingElse) {
  base::RealEnv env;
  StateSealer sealer(env), other(env);
  auto message = request(R"({"name":"x","arguments":{"a":1}})");
  auto sealed = sealer.seal("s", ada, message);
  ASSERT_TRUE(sealer.open(sealed, ada, message));
  EXPECT_FALSE(sealer.open(sealed, ada, request(R"({"name":"x","arguments":{"a":2}})")));
  EXPECT_FALSE(sealer.open(sealed, ada, request(R"({"name":"y","arguments":{"a":1}})")));
  EXPECT_FALSE(sealer.open(sealed, Caller{.name = "ada", .token_id = "t2", .role = Role::writer}, message));
  EXPECT_FALSE(sealer.open(sealed, Caller{.name = "bob", .token_id = "t1", .role = Role::writer}, message));
  EXPECT_FALSE(other.open(sealed, ada, message));
  EXPECT_FALSE(sealer.open(sealed + "-TAMPERED", ada, message));
  EXPECT_FALSE(sealer.open("", ada, message));
  EXPECT_FALSE(sealer.open(std::string(100'000, 'A'), ada, message));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(sealer.open(changed, ada, message)) << i;
  }
}

TEST(SealedState, DoesNotLastLong) {
  base::RealEnv env;
  StateSealer sealer(env, std::chrono::milliseconds(-1));
  auto message = request("{}");
  EXPECT_FALSE(sealer.open(sealer.seal("s", ada, message), ada, message));
}

}  // namespace

}  // namespace openmcp::api::mcp
