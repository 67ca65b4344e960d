// Arguments that fit their schema, as values. What is absent (or null) is the fallback.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/mcp/message.hpp"
#include "api/mcp/turn.hpp"
#include "context/manifest.hpp"
#include "context/view.hpp"

namespace openmcp::api::mcp {

std::optional<std::string> optional_text(const JsonObject& arguments, std::string_view key);
std::string text(const JsonObject& arguments, std::string_view key, std::string_view fallback = "");
std::vector<std::string> texts(const JsonObject& arguments, std::string_view key);
std::int64_t integer(const JsonObject& arguments, std::string_view key, std::int64_t fallback);
bool flag(const JsonObject& arguments, std::string_view key);
bool has(const JsonObject& arguments, std::string_view key);
/// A member as JSON text.
std::optional<std::string> json_text(const JsonObject& arguments, std::string_view key);
/// A date, an RFC 3339 time or an age, in microseconds. Throws base::Error invalid_argument.
std::optional<std::int64_t> time_of(Turn& turn, const JsonObject& arguments, std::string_view key);

/// What a model gives to name a context: an id, the beginning of one, a CID, a title, or a context:// URI of ours.
base::Task<context::Ref> resolve(Turn& turn, std::string name, std::string version = {});
/// [{"kind","id"}]; the ids are resolved.
base::Task<std::vector<context::Relation>> relations_of(Turn& turn, const JsonObject& arguments, std::string key);

}  // namespace openmcp::api::mcp
