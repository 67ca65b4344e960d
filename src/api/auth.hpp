// Who may do what: tokens with scopes, an end, and a revocation. Only hashes of tokens are kept.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace openmcp::api {

/// Each includes those before it.
enum class Role : std::uint8_t { none, reader, writer, admin };
std::string_view to_string(Role role) noexcept;
std::optional<Role> role_named(std::string_view text) noexcept;  ///< "reader" or "read", "writer"/"write", "admin"

/// Who asked.
struct Caller {
  std::string name;      ///< the token's name, "local" for the socket file, "anonymous"
  std::string token_id;  ///< "" none
  Role role = Role::none;
  bool may(Role needed) const noexcept { return role >= needed; }
};

struct Token {
  std::string id;    ///< 12 characters, shown in lists and logs
  std::string name;  ///< given by the user
  Role role = Role::reader;
  std::string workspace;                ///< audience: "" any; else the workspace's name
  std::int64_t created = 0;             ///< microseconds since the epoch
  std::optional<std::int64_t> expires;  ///< likewise
  std::optional<std::int64_t> revoked;
  std::optional<std::int64_t> used;  ///< last time, written lazily
};

struct NewToken {
  Token token;
  std::string secret;  ///< "omcp_<id>_<43 characters>": shown once
};

/// Why a secret is not accepted.
enum class Refusal : std::uint8_t { malformed, unknown, expired, revoked, audience };
std::string_view to_string(Refusal refusal) noexcept;

/// <home>/tokens.json (0600): ids, roles, SHA-256 of secrets. <home>/token (0600): the secret of the first token, an
/// admin's, made with the file at first start, for clients of the same user. Files that others may read are refused:
/// Error permission.
class Auth {
public:
  /// `workspace`: what tokens limited to a workspace must name.
  static base::Task<std::unique_ptr<Auth>> open(base::Env& env, base::Path home, std::string workspace);
  ~Auth();

  /// Errors: invalid_argument (the name, an end in the past), too_large (too many tokens).
  base::Task<NewToken> create(std::string name, Role role, std::string workspace, std::optional<std::int64_t> expires);
  /// Error not_found. Revoking twice does nothing.
  base::Task<Token> revoke(std::string id);
  std::vector<Token> list() const;  ///< oldest first, revoked ones too
  /// Reads tokens.json again when another process changed it.
  base::Task<void> reload();
  /// Writes when tokens were last used.
  base::Task<void> close();

  /// The caller behind a secret, compared in constant time. Errors: permission with the reason ("expired", "revoked",
  /// "for another workspace", "unknown").
  base::Result<Caller> check(std::string_view secret);
  /// The same with the reason as a value.
  std::expected<Caller, Refusal> verify(std::string_view secret);
  /// The caller of a session that was begun with this token: nullopt when the token has ended since.
  std::optional<Caller> still(std::string_view token_id) const;
  /// Path of the file with the first token.
  const base::Path& token_file() const noexcept;

  struct State;

private:
  explicit Auth(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// Sessions of the web page: a cookie instead of a token, so that no script of the page holds the secret. Cookie
/// "openmcp_session" (HttpOnly, SameSite=Strict); requests with it that change something need the header
/// X-OpenMCP-CSRF with the session's value. In memory: they end with the server.
class Sessions {
public:
  explicit Sessions(base::Env& env) : env_(env) {}
  struct Session {
    Caller caller;
    std::string csrf;
    std::int64_t expires = 0;  ///< microseconds
  };
  struct Started {
    std::string cookie;  ///< the whole Set-Cookie value
    Session session;
  };
  /// `secure`: the page came over TLS. `ends`: of the caller's token.
  Started start(Caller caller, bool secure, std::optional<std::int64_t> ends = {});
  /// Null: unknown or over. `cookies` is the Cookie header.
  const Session* find(std::string_view cookies);
  void end(std::string_view cookies);
  void end_token(std::string_view token_id);  ///< when it is revoked

private:
  base::Env& env_;
  std::vector<std::pair<crypto::Digest32, Session>> sessions_;  ///< by SHA-256 of the cookie's value; at most 256
};

/// Token buckets by key (token id or address), bounded in number: the one that is fullest is forgotten first.
class RateLimiter {
public:
  struct Limit {
    double per_second = 0;  ///< 0: no limit
    double burst = 0;
  };
  RateLimiter(base::Env& env, Limit limit, std::size_t keys = 4096);
  ~RateLimiter();
  /// 0: go on; else seconds until the next request may come (Retry-After). `cost`: of this one, in requests.
  unsigned take(std::string_view key, double cost = 1);
  void set_limit(Limit limit);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openmcp::api
