// Sessions of the web page.
#include <fmt/format.h>

#include <algorithm>

#include "api/auth.hpp"
#include "api/tokens_file.hpp"

namespace openmcp::api {

namespace {

constexpr std::string_view kCookie = "openmcp_session";
constexpr std::size_t kMaxSessions = 256;
constexpr std::int64_t kLifetime = 12LL * 3600 * 1'000'000;  ///< microseconds
constexpr std::size_t kValueLength = 43;                     ///< 32 bytes in base64url

/// The value of our cookie in a Cookie header (RFC 6265, section 5.4); "" none. The first counts.
std::string_view cookie_value(std::string_view cookies) noexcept {
  while (!cookies.empty()) {
    auto end = cookies.find(';');
    auto pair = cookies.substr(0, end);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(kCookie) && pair.size() > kCookie.size() && pair[kCookie.size()] == '=') {
      auto value = pair.substr(kCookie.size() + 1);
      return value.size() == kValueLength ? value : std::string_view();
    }
    if (end == std::string_view::npos) break;
    cookies.remove_prefix(end + 1);
  }
  return {};
}

/// Sessions are found by the hash of the value, so that the time of a comparison tells nothing of it.
std::optional<crypto::Digest32> key_of(std::string_view cookies) {
  auto value = cookie_value(cookies);
  if (value.empty()) return std::nullopt;
  return crypto::sha256(base::as_bytes(value));
}

std::string random_text(base::Env& env) {
  std::array<std::uint8_t, 32> bytes{};
  env.random(bytes);
  return base64url(bytes);
}

}  // namespace

Sessions::Started Sessions::start(Caller caller, bool secure, std::optional<std::int64_t> ends) {
  const auto now = env_.now().time_since_epoch().count();
  std::erase_if(sessions_, [now](const auto& each) { return each.second.expires <= now; });
  if (sessions_.size() >= kMaxSessions) sessions_.erase(sessions_.begin());  // the oldest
  const auto value = random_text(env_);
  Session session{.caller = std::move(caller), .csrf = random_text(env_), .expires = now + kLifetime};
  if (ends) session.expires = std::min(session.expires, *ends);
  sessions_.emplace_back(crypto::sha256(base::as_bytes(value)), session);
  auto cookie = fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", kCookie, value,
                            (session.expires - now) / 1'000'000, secure ? "; Secure" : "");
  return {.cookie = std::move(cookie), .session = std::move(session)};
}

const Sessions::Session* Sessions::find(std::string_view cookies) {
  if (sessions_.empty()) return nullptr;
  auto key = key_of(cookies);
  if (!key) return nullptr;
  auto found = std::ranges::find(sessions_, *key, &std::pair<crypto::Digest32, Session>::first);
  if (found == sessions_.end() || found->second.expires <= env_.now().time_since_epoch().count()) return nullptr;
  return &found->second;
}

void Sessions::end(std::string_view cookies) {
  if (auto key = key_of(cookies)) std::erase_if(sessions_, [&key](const auto& each) { return each.first == *key; });
}

void Sessions::end_token(std::string_view token_id) {
  std::erase_if(sessions_, [token_id](const auto& each) { return each.second.caller.token_id == token_id; });
}

}  // namespace openmcp::api
