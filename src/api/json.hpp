// The answers of a workspace as JSON. One place, so that the command line, REST and MCP say the same thing in the same
// words.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/json_writer.hpp"
#include "context/search/query.hpp"
#include "context/view.hpp"

namespace openmcp::api {

std::string key_text(std::span<const std::uint8_t> key);
std::string_view to_string(context::Proof proof) noexcept;

// Each writes one JSON object.
void write_json(JsonWriter& json, const context::CommitResult& result);
void write_json(JsonWriter& json, const context::ContextSummary& summary);
void write_json(JsonWriter& json, const context::Version& version);
void write_json(JsonWriter& json, const context::ContextView& view);
void write_json(JsonWriter& json, const context::Finding& finding);
void write_json(JsonWriter& json, const context::search::Hit& hit, bool explain);

}  // namespace openmcp::api
