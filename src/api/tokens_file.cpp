#include "api/tokens_file.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <set>

#include "api/json_writer.hpp"
#include "api/time.hpp"

namespace openmcp::api {

using base::Errc;
namespace json = boost::json;

namespace {

constexpr std::string_view kPrefix = "omcp_";
constexpr std::size_t kRandomLength = 43;  // 32 bytes in base64url
// No vowels and nothing that looks alike: an id is read out and typed.
constexpr std::string_view kIdLetters = "23456789bcdfghjkmnpqrstvwxz";

std::string text_of_time(std::int64_t micros) { return iso_time(wall_time(micros)); }

std::unexpected<base::Error> bad(std::string what) { return base::fail(Errc::corrupt, "the list of tokens: " + what); }

/// The fields of one object; each is asked for once, what is left over is unknown.
class Fields {
public:
  explicit Fields(const json::object& object) : object_(object) {}

  std::string text(std::string_view name) {
    auto value = take(name);
    if (!value || !value->is_string()) {
      wrong_ = wrong_.empty() ? fmt::format("'{}' is missing or no text", name) : wrong_;
      return {};
    }
    return std::string(value->get_string());
  }
  std::optional<std::int64_t> time(std::string_view name, bool required) {
    if (!required && !object_.contains(name)) return std::nullopt;
    const auto written = text(name);
    auto micros = parse_time(written, {});
    if (micros && iso_time(*micros) == written) return micros->time_since_epoch().count();
    if (wrong_.empty()) wrong_ = fmt::format("'{}' is no time", name);
    return std::nullopt;
  }
  /// "": all is well.
  std::string wrong() const {
    if (!wrong_.empty()) return wrong_;
    return taken_ == object_.size() ? std::string() : "a field that is not known";
  }

private:
  const json::value* take(std::string_view name) {
    auto value = object_.if_contains(name);
    if (value) ++taken_;
    return value;
  }
  const json::object& object_;
  std::size_t taken_ = 0;
  std::string wrong_;
};

bool valid_id(std::string_view id) noexcept {
  return id.size() == kTokenIdLength && id.find_first_not_of(kIdLetters) == std::string_view::npos;
}

bool read_digest(std::string_view hex, crypto::Digest32& out) {
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (hex.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

base::Result<KeptToken> decode_token(const json::value& value) {
  if (!value.is_object()) return bad("an entry is no object");
  Fields fields(value.get_object());
  KeptToken out;
  auto& token = out.token;
  token.id = fields.text("id");
  token.name = fields.text("name");
  auto role = role_named(fields.text("role"));
  token.workspace = fields.text("workspace");
  token.created = fields.time("created", true).value_or(0);
  token.expires = fields.time("expires", false);
  token.revoked = fields.time("revoked", false);
  token.used = fields.time("used", false);
  const auto digest = fields.text("sha256");
  if (auto wrong = fields.wrong(); !wrong.empty()) return bad(wrong);
  if (!valid_id(token.id)) return bad("an id is not of our form");
  if (token.name.size() > kMaxTokenName || token.workspace.size() > kMaxTokenName) return bad("a name is too long");
  if (!role) return bad("a role is not known");
  if (!read_digest(digest, out.digest)) return bad("a digest is not of 64 hex digits");
  token.role = *role;
  return out;
}

}  // namespace

std::string base64url(base::BytesView bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (auto byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) out += letters[bits >> (count - 6) & 63];
  }
  if (count > 0) out += letters[bits << (6 - count) & 63];
  return out;
}

std::string make_token_id(base::BytesView random12) {
  std::string id;
  for (auto byte : random12.first(kTokenIdLength)) id += kIdLetters[byte % kIdLetters.size()];
  return id;
}

std::string make_secret(std::string_view id, base::BytesView random32) {
  return fmt::format("{}{}_{}", kPrefix, id, base64url(random32));
}

std::string_view id_in_secret(std::string_view secret) noexcept {
  if (secret.size() != kPrefix.size() + kTokenIdLength + 1 + kRandomLength || !secret.starts_with(kPrefix)) return {};
  auto id = secret.substr(kPrefix.size(), kTokenIdLength);
  return valid_id(id) && secret[kPrefix.size() + kTokenIdLength] == '_' ? id : std::string_view();
}

std::string encode_tokens(const std::vector<KeptToken>& tokens) {
  // One token a line: people look into this file, and compare copies of it.
  std::string out = "{\"version\":1,\"tokens\":[";
  for (const auto& [token, digest] : tokens) {
    JsonWriter line;
    line.begin_object();
    line.field("id", token.id).field("name", token.name);
    line.field("role", to_string(token.role)).field("workspace", token.workspace);
    line.field("created", text_of_time(token.created));
    if (token.expires) line.field("expires", text_of_time(*token.expires));
    if (token.revoked) line.field("revoked", text_of_time(*token.revoked));
    if (token.used) line.field("used", text_of_time(*token.used));
    line.field("sha256", base::to_hex(digest));
    line.end_object();
    out += &token == &tokens.front().token ? "\n" : ",\n";
    out += line.text();
  }
  return out += "\n]}\n";
}

base::Result<std::vector<KeptToken>> decode_tokens(std::string_view text) {
  json::error_code failure;
  json::parse_options strict;
  strict.max_depth = 8;
  auto document = json::parse(text, failure, {}, strict);
  if (failure) return bad("not JSON");
  auto top = document.if_object();
  if (!top || top->size() != 2) return bad("not an object with version and tokens");
  auto version = top->if_contains("version");
  auto list = top->if_contains("tokens");
  if (!version || !version->is_int64() || version->get_int64() != 1) return bad("a version that is not known");
  if (!list || !list->is_array()) return bad("'tokens' is no list");
  if (list->get_array().size() > kMaxTokens) return bad("too many");
  std::vector<KeptToken> out;
  std::set<std::string> ids;
  for (const auto& value : list->get_array()) {
    auto token = decode_token(value);
    if (!token) return std::unexpected(std::move(token).error());
    if (!ids.insert(token->token.id).second) return bad("an id is there twice");
    out.push_back(*std::move(token));
  }
  return out;
}

}  // namespace openmcp::api
