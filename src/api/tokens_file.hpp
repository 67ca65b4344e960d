// Inside of api: what tokens.json holds, and what a secret looks like. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/auth.hpp"
#include "crypto/hash.hpp"

namespace openmcp::api {

inline constexpr std::size_t kTokenIdLength = 12;
inline constexpr std::size_t kMaxTokenName = 200;  ///< bytes
inline constexpr std::size_t kMaxTokens = 10'000;

/// A token and what its secret hashes to.
struct KeptToken {
  Token token;
  crypto::Digest32 digest{};
};

std::string encode_tokens(const std::vector<KeptToken>& tokens);
/// Strict: unknown fields, repeated ids and wrong types are Error corrupt.
base::Result<std::vector<KeptToken>> decode_tokens(std::string_view text);

/// "omcp_<id>_<43 characters>".
std::string make_secret(std::string_view id, base::BytesView random32);
/// The id inside of a secret; "" when it cannot be one of ours.
std::string_view id_in_secret(std::string_view secret) noexcept;
std::string make_token_id(base::BytesView random12);

/// Characters that are safe in a header field, a cookie and a URL (RFC 4648, section 5, without padding).
std::string base64url(base::BytesView bytes);

}  // namespace openmcp::api
