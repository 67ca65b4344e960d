// Tokens on a disk that loses power: what was acknowledged is kept, whatever else was going on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "api/auth.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/sim_env.hpp"

namespace openmcp::api {
namespace {

using base::Task;

class History {
public:
  explicit History(std::uint64_t seed) : world_(seed), env_(world_.node("a")), disk_(world_.disk("a")) {}

  std::uint64_t run() {
    for (int round = 0; round < 5 && !testing::Test::HasFailure(); ++round) {
      disk_.set_faults({.crash_after_writes = static_cast<std::int64_t>(1 + world_.choose("when", 60))});
      try {
        world_.run(one_round());
      } catch (const base::PowerLoss&) {
        // Expected.
      }
      disk_.set_faults({.crash_after_writes = 1});
      world_.settle();
      disk_.crash();
      disk_.set_faults({});
      world_.run(look());
    }
    return world_.trace_hash();
  }

private:
  std::string where() const { return " (seed " + std::to_string(world_.seed()) + ")"; }

  Task<void> one_round() {
    auto auth = co_await Auth::open(env_, "/home", "default");
    for (int i = 0; i < 6; ++i) {
      if (world_.choose("what", 3) == 0 && !tokens_.empty()) {
        auto chosen = tokens_.begin();
        std::advance(chosen, world_.choose("which", tokens_.size()));
        chosen->second.doubtful = true;
        co_await auth->revoke(chosen->first);
        chosen->second = {.secret = chosen->second.secret, .revoked = true, .doubtful = false};
      } else {
        auto made = co_await auth->create("x", Role::reader, "", {});
        tokens_[made.token.id] = {.secret = made.secret, .revoked = false, .doubtful = false};
      }
    }
  }

  Task<void> look() {
    auto auth = co_await Auth::open(env_, "/home", "default");
    for (auto& [id, known] : tokens_) {
      auto caller = auth->verify(known.secret);
      if (known.doubtful) {
        known = {.secret = known.secret, .revoked = !caller.has_value(), .doubtful = false};
      } else if (known.revoked) {
        EXPECT_FALSE(caller.has_value()) << "a revoked token is back" << where();
      } else {
        EXPECT_TRUE(caller.has_value()) << "a token is lost" << where();
      }
    }
    // The first token's secret is of a token that there is.
    auto bytes = base::read_file(env_.disk(), auth->token_file());
    auto secret = base::as_text(bytes);
    secret.remove_suffix(1);
    EXPECT_TRUE(auth->verify(secret).has_value()) << where();
    co_await auth->close();
  }

  struct Known {
    std::string secret;
    bool revoked = false, doubtful = false;
  };
  base::SimWorld world_;
  base::Env& env_;
  base::SimDisk& disk_;
  std::map<std::string, Known> tokens_;  ///< acknowledged
};

TEST(AuthCrash, TokensAndRevocationsThatWereAcknowledgedAreKept) {
  base::set_log_level(base::LogLevel::off);
  const char *one = std::getenv("OPENMCP_SEED"), *wanted = std::getenv("OPENMCP_LONG");
  if (one && *one) History(std::strtoull(one, nullptr, 10)).run();
  const std::uint64_t seeds = one && *one ? 0 : wanted && *wanted ? 3000 : 200;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    auto hash = History(seed).run();
    if (seed % 20 == 0) EXPECT_EQ(History(seed).run(), hash) << "the same seed gave another run";
  }
  base::set_log_level(base::LogLevel::warn);
}

}  // namespace
}  // namespace openmcp::api
