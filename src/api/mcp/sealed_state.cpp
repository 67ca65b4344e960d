#include "api/mcp/sealed_state.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <map>

#include "api/json_writer.hpp"
#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "ipld/multibase.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

constexpr std::size_t kNonce = 24, kTime = 8;
constexpr std::size_t kMaxSealed = 64u << 10;  ///< characters

void write_sorted(std::string& out, const json::value& value) {
  if (value.is_array()) {
    out += '[';
    for (auto& each : value.get_array()) {
      write_sorted(out, each);
      out += ',';
    }
    out += ']';
  } else if (value.is_object()) {
    std::map<std::string_view, const json::value*> members;
    for (auto& [key, member] : value.get_object()) members.emplace(key, &member);
    out += '{';
    for (auto& [key, member] : members) {
      out.append(json_quoted(key)) += ':';
      write_sorted(out, *member);
      out += ',';
    }
    out += '}';
  } else {
    out += json::serialize(value);
  }
}

/// What the state is bound to.
base::Bytes binding(const Caller& caller, const Message& request) {
  std::string text =
      caller.token_id + '\n' + caller.name + '\n' + request.method + '\n' + salient_params(*request.params);
  auto digest = crypto::sha256(base::as_bytes(text));
  return {digest.begin(), digest.end()};
}

std::int64_t micros(base::Env& env) { return env.now().time_since_epoch().count(); }

}  // namespace

std::string salient_params(const JsonObject& params) {
  json::object kept;
  for (auto& [key, value] : params)
    if (key != "_meta" && key != "inputResponses" && key != "requestState") kept.emplace(key, value);
  std::string out;
  write_sorted(out, kept);
  return out;
}

StateSealer::StateSealer(base::Env& env, base::Duration life) : env_(env), life_(life), key_(32) {
  env_.random(key_.mutable_view());
}

std::string StateSealer::seal(std::string_view state, const Caller& caller, const Message& request) {
  std::array<std::uint8_t, kNonce> nonce{};
  env_.random(nonce);
  const auto until = micros(env_) + std::chrono::duration_cast<std::chrono::microseconds>(life_).count();
  base::Bytes plain;
  for (std::size_t i = 0; i < kTime; ++i) plain.push_back(static_cast<std::uint8_t>(until >> (8 * i)));
  plain.insert(plain.end(), state.begin(), state.end());
  auto bound = binding(caller, request);
  auto sealed = crypto::xchacha20_poly1305_seal(key_.fixed(), nonce, bound, plain);
  base::Bytes all(nonce.begin(), nonce.end());
  all.insert(all.end(), sealed.begin(), sealed.end());
  return base::unwrap(ipld::base_encode(ipld::Base::base64url, all));
}

base::Result<std::string> StateSealer::open(std::string_view sealed, const Caller& caller, const Message& request) {
  auto refused = [] {
    return base::fail(base::Errc::permission, "requestState is not one of ours for this request, or it has expired",
                      "send the request again without requestState and inputResponses");
  };
  if (sealed.size() > kMaxSealed) return refused();
  auto bytes = ipld::base_decode(ipld::Base::base64url, sealed);
  if (!bytes || bytes->size() < kNonce + crypto::kTagSize + kTime) return refused();
  base::BytesView all(*bytes);
  auto bound = binding(caller, request);
  auto plain = crypto::xchacha20_poly1305_open(key_.fixed(), all.first<kNonce>(), bound, all.subspan(kNonce));
  if (!plain) return refused();
  std::int64_t until = 0;
  for (std::size_t i = 0; i < kTime; ++i) until |= static_cast<std::int64_t>((*plain)[i]) << (8 * i);
  if (micros(env_) > until) return refused();
  return std::string(base::as_text(base::BytesView(*plain).subspan(kTime)));
}

}  // namespace openmcp::api::mcp
