#include "api/mcp/era.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "api/json_writer.hpp"
#include "context/text.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 8> kLevels = {"debug", "info",     "notice", "warning",
                                                     "error", "critical", "alert",  "emergency"};

const json::object* object_at(const json::object& in, std::string_view key) {
  const auto* value = in.if_contains(key);
  return value && value->is_object() ? &value->get_object() : nullptr;
}

std::string_view text_at(const json::object& in, std::string_view key) {
  const auto* value = in.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

RpcError bad_envelope(std::string why) { return {kInvalidParams, std::move(why), {}, 400}; }

/// "name/version", printable and short: it goes to logs.
std::string client_name(const json::object* info) {
  if (!info) return {};
  auto name = std::string(text_at(*info, "name"));
  if (auto version = text_at(*info, "version"); !version.empty()) name.append("/").append(version);
  std::erase_if(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return context::to_valid_utf8(name, 120);
}

void read_capabilities(ClientFacts& facts, const json::object& capabilities) {
  facts.sampling = object_at(capabilities, "sampling") != nullptr;
  facts.roots = object_at(capabilities, "roots") != nullptr;
  // An empty object means forms; one that names only other modes does not.
  if (const auto* elicitation = object_at(capabilities, "elicitation"))
    facts.elicitation = elicitation->empty() || elicitation->contains("form");
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> log_level_named(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kLevels, name);
  if (found == kLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLevels.begin());
}

std::string_view to_string(Capability capability) noexcept {
  switch (capability) {
    case Capability::elicitation:
      return "elicitation";
    case Capability::sampling:
      return "sampling";
    case Capability::roots:
      return "roots";
  }
  return "";
}

bool ClientFacts::can(Capability capability) const noexcept {
  switch (capability) {
    case Capability::elicitation:
      return elicitation;
    case Capability::sampling:
      return sampling;
    case Capability::roots:
      return roots;
  }
  return false;
}

bool is_modern(const Message& message, std::string_view header) {
  if (const auto* meta = object_at(*message.params, "_meta"); meta && meta->contains(kMetaVersion)) return true;
  if (message.method == "initialize") return false;
  if (message.method == "server/discover" || message.method == "subscriptions/listen") return true;
  return header == kModernVersion;
}

ClientFacts read_envelope(const Message& message) {
  const auto* meta = object_at(*message.params, "_meta");
  if (!meta) throw bad_envelope("params._meta is missing: revision 2026-07-28 needs it in every request");
  ClientFacts facts;
  facts.modern = true;
  const auto* version = meta->if_contains(kMetaVersion);
  if (!version || !version->is_string())
    throw bad_envelope(fmt::format("params._meta has no text \"{}\"", kMetaVersion));
  facts.version = std::string(version->get_string());
  const auto* capabilities = meta->if_contains(kMetaCapabilities);
  if (!capabilities || !capabilities->is_object())
    throw bad_envelope(fmt::format("params._meta has no object \"{}\"", kMetaCapabilities));
  read_capabilities(facts, capabilities->get_object());
  facts.name = client_name(object_at(*meta, kMetaClient));
  if (const auto* level = meta->if_contains(kMetaLogLevel)) {
    if (level->is_string()) facts.log = log_level_named(level->get_string());
    if (!facts.log) throw bad_envelope(fmt::format("params._meta \"{}\" is no level", kMetaLogLevel));
  }
  return facts;
}

void check_modern_version(std::string_view version) {
  if (version == kModernVersion) return;
  JsonWriter data;
  data.begin_object().key("supported").begin_array().value(kModernVersion).end_array();
  data.field("requested", version).end_object();
  throw RpcError(kUnsupportedVersion, "this protocol version is not supported", data.take(), 400);
}

ClientFacts read_initialize(const JsonObject& params) {
  const auto* version = params.if_contains("protocolVersion");
  if (!version || !version->is_string()) throw RpcError(kInvalidParams, "protocolVersion is missing or not a text");
  ClientFacts facts;
  auto known = legacy_version(version->get_string());
  facts.version = known.empty() ? kLegacyVersions.front() : known;
  facts.name = client_name(object_at(params, "clientInfo"));
  if (const auto* capabilities = object_at(params, "capabilities")) read_capabilities(facts, *capabilities);
  facts.log = LogLevel::info;
  return facts;
}

std::string_view legacy_version(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kLegacyVersions, name);
  return found == kLegacyVersions.end() ? std::string_view() : *found;
}

std::string progress_token(const JsonObject& params) {
  const auto* meta = object_at(params, "_meta");
  const auto* token = meta ? meta->if_contains("progressToken") : nullptr;
  if (!token) return {};
  const bool text = token->is_string() && token->get_string().size() <= kMaxId;
  if (!text && !token->is_int64() && !token->is_uint64())
    throw RpcError(kInvalidParams, "_meta.progressToken is neither a text of at most 256 bytes nor a whole number");
  return json::serialize(*token);
}

}  // namespace openmcp::api::mcp
