#include "api/rest/idempotency.hpp"

#include <algorithm>
#include <optional>

#include "api/errors.hpp"

namespace openmcp::api::rest {

namespace {

constexpr std::size_t kMaxKey = 255;

std::string plain_key(std::string_view key) {
  // The draft has a quoted string (RFC 8941); most clients send the bare text.
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
  const bool good = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
  if (key.empty() || key.size() > kMaxKey || !good)
    throw HttpError(400, "idempotency_key", "the Idempotency-Key is not 1 to 255 visible ASCII characters",
                    "a UUID is a good one");
  return std::string(key);
}

}  // namespace

struct Idempotency::State {
  struct Entry {
    std::string key;
    crypto::Digest32 request{};
    base::Instant made;
    std::optional<KeptAnswer> answer;  ///< nullopt: at work
    std::size_t bytes() const {
      const auto kept = answer ? answer->before.size() + answer->after.size() + answer->etag.size() : 0;
      return key.size() + 256 + kept;
    }
  };
  using Place = std::list<Entry>::iterator;

  State(base::Env& environment, Limits bounds) : env(environment), limits(bounds) {}

  void remove(Place place) {
    bytes -= place->bytes();
    keys.erase(place->key);
    entries.erase(place);
  }
  /// Drops what is old, and the oldest when there is too much.
  void tidy() {
    const auto now = env.steady();
    for (auto place = entries.begin(); place != entries.end();) {
      const bool over = now - place->made >= limits.keep || entries.size() > limits.keys || bytes > limits.bytes;
      if (!over) break;
      auto next = std::next(place);
      if (place->answer) remove(place);
      place = next;
    }
  }

  base::Env& env;
  Limits limits;
  std::list<Entry> entries;  ///< oldest first
  std::unordered_map<std::string, Place> keys;
  std::size_t bytes = 0;
};

Idempotency::Idempotency(base::Env& env, Limits limits) : state_(std::make_shared<State>(env, limits)) {}

std::variant<Idempotency::Claim, KeptAnswer> Idempotency::claim(std::string_view scope, std::string_view key,
                                                                const crypto::Digest32& request) {
  auto& state = *state_;
  auto name = std::string(scope) + '\n' + plain_key(key);
  state.tidy();
  if (auto found = state.keys.find(name); found != state.keys.end()) {
    const auto& entry = *found->second;
    if (entry.request != request)
      throw HttpError(422, "idempotency_key_reused", "this Idempotency-Key was used for another request",
                      "take a new key for a new request");
    if (!entry.answer)
      throw HttpError(409, "idempotency_key_at_work", "a request with this Idempotency-Key is still at work",
                      "try again in a moment", {{"Retry-After", "1"}});
    return *entry.answer;
  }
  state.entries.push_back({.key = name, .request = request, .made = state.env.steady(), .answer = {}});
  state.keys[name] = std::prev(state.entries.end());
  state.bytes += state.entries.back().bytes();
  return Claim(state_, std::move(name));
}

std::size_t Idempotency::size() const noexcept { return state_->entries.size(); }

Idempotency::Claim& Idempotency::Claim::operator=(Claim&& other) noexcept {
  release();
  state_ = std::move(other.state_);
  key_ = std::move(other.key_);
  return *this;
}

void Idempotency::Claim::keep(KeptAnswer answer) {
  if (!state_) return;
  auto state = std::exchange(state_, nullptr);
  auto& entry = *state->keys.at(key_);
  state->bytes -= entry.bytes();
  entry.answer = std::move(answer);
  state->bytes += entry.bytes();
  state->tidy();
}

void Idempotency::Claim::release() noexcept {
  if (!state_) return;
  auto state = std::exchange(state_, nullptr);
  if (auto found = state->keys.find(key_); found != state->keys.end()) state->remove(found->second);
}

}  // namespace openmcp::api::rest
