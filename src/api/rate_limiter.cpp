// Token buckets in the form of the generic cell rate algorithm: a key needs one number, the time at which its bucket
// will be full again.
#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "api/auth.hpp"

namespace openmcp::api {

namespace {

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

double seconds(base::Instant instant) { return std::chrono::duration<double>(instant.time_since_epoch()).count(); }

}  // namespace

struct RateLimiter::State {
  base::Env& env;
  Limit limit;
  std::size_t most;
  std::unordered_map<std::string, double, Hash, std::equal_to<>> full_at = {};  ///< seconds of the steady clock

  /// Forgets those that are full, and the fullest eighth when that is not enough. Together, so that a new key costs
  /// little also when all keys are new.
  void make_room(double now) {
    std::erase_if(full_at, [now](const auto& each) { return each.second <= now; });
    if (full_at.size() < most) return;
    std::vector<double> times;
    times.reserve(full_at.size());
    for (const auto& each : full_at) times.push_back(each.second);
    auto nth = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 8);
    std::ranges::nth_element(times, nth);
    std::erase_if(full_at, [until = *nth](const auto& each) { return each.second <= until; });
  }
};

RateLimiter::RateLimiter(base::Env& env, Limit limit, std::size_t keys)
    : state_(new State{.env = env, .limit = limit, .most = std::max<std::size_t>(keys, 1)}) {}
RateLimiter::~RateLimiter() = default;

void RateLimiter::set_limit(Limit limit) { state_->limit = limit; }

unsigned RateLimiter::take(std::string_view key, double cost) {
  const auto limit = state_->limit;
  if (limit.per_second <= 0) return 0;
  const double now = seconds(state_->env.steady());
  const double needs = cost / limit.per_second;
  const double depth = std::max(limit.burst, 1.0) / limit.per_second;
  auto found = state_->full_at.find(key);
  const double full = found == state_->full_at.end() ? now : std::max(found->second, now);
  // More than the whole bucket is taken when the bucket is full: otherwise it could never be.
  const double lacks = full + std::min(needs, depth) - now - depth;
  if (lacks > 1e-9) return static_cast<unsigned>(std::max(1.0, std::ceil(lacks)));
  if (found != state_->full_at.end()) {
    found->second = full + needs;
  } else {
    if (state_->full_at.size() >= state_->most) state_->make_room(now);
    state_->full_at.emplace(key, full + needs);
  }
  return 0;
}

}  // namespace openmcp::api
