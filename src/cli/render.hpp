// The answers of a workspace as JSON and as lines for people. One place, so that every command says the same thing in
// the same words.
#pragma once

#include <span>
#include <string>

#include "cli/invocation.hpp"
#include "cli/json_text.hpp"
#include "context/search/query.hpp"
#include "context/view.hpp"

namespace openmcp::cli {

base::WallTime wall_time(std::int64_t micros);
std::string key_text(std::span<const std::uint8_t> key);
std::string_view to_string(context::Proof proof) noexcept;

// Each writes one JSON object.
void write_json(JsonWriter& json, const context::CommitResult& result);
void write_json(JsonWriter& json, const context::ContextSummary& summary);
void write_json(JsonWriter& json, const context::Version& version);
void write_json(JsonWriter& json, const context::ContextView& view);
void write_json(JsonWriter& json, const context::Finding& finding);
void write_json(JsonWriter& json, const context::search::Hit& hit, bool explain);

/// Prints the finished object as the command's one line.
void print_json(Invocation& call, const JsonWriter& json);

/// "created 0198...  v1  documentation  Title"
void print_commit(Invocation& call, const context::CommitResult& result);

}  // namespace openmcp::cli
