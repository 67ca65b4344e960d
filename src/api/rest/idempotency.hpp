// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a client that does not know whether its request
// arrived sends it again with the same key, and gets the first answer instead of a second context or version.
//
// In memory: 24 hours, a bounded number and size, until the server ends. Only successes are kept; after a failure the
// key is free again. The same key with another request is 422, while the first is still at work 409 (section 2.7).
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/env.hpp"
#include "crypto/hash.hpp"

namespace openmcp::api::rest {

/// An answer that can be given again. A content that was in the request is not kept: `before`, its JSON, `after`.
struct KeptAnswer {
  unsigned status = 200;
  std::string before, after;
  bool content = false;
  std::string etag = {};  ///< as it was sent; "" there was none
};

class Idempotency {
public:
  struct Limits {
    std::size_t keys = 16384;
    std::size_t bytes = 32u << 20;
    base::Duration keep = std::chrono::hours(24);
  };
  explicit Idempotency(base::Env& env) : Idempotency(env, Limits{}) {}
  Idempotency(base::Env& env, Limits limits);

  struct State;
  /// The right to do the request. Destroyed without keep(): the key is free again.
  class Claim {
  public:
    Claim() = default;
    Claim(std::shared_ptr<State> state, std::string key) : state_(std::move(state)), key_(std::move(key)) {}
    Claim(Claim&& other) noexcept : state_(std::move(other.state_)), key_(std::move(other.key_)) {}
    Claim& operator=(Claim&& other) noexcept;
    ~Claim() { release(); }
    explicit operator bool() const noexcept { return state_ != nullptr; }
    void keep(KeptAnswer answer);

  private:
    void release() noexcept;
    std::shared_ptr<State> state_;
    std::string key_;
  };

  /// `scope`: caller, method and path. Throws HttpError 400 (a bad key), 409, 422.
  std::variant<Claim, KeptAnswer> claim(std::string_view scope, std::string_view key, const crypto::Digest32& request);
  std::size_t size() const noexcept;

private:
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::api::rest
