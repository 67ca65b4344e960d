// What the official conformance suite expects a server to have (its src/scenarios/server says what each must do): only
// with `serve --conformance`. They stand in the same registries as the product's tools.
#pragma once

#include <string>
#include <string_view>

#include "api/mcp/registry.hpp"

namespace openmcp::api::mcp::fixtures {

/// One red pixel, and eight samples of silence, in base64.
inline constexpr std::string_view kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
inline constexpr std::string_view kWav = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";

/// A tool without an output schema that anybody may call.
Tool tool(std::string name, std::string description, ToolFn run, std::string input_schema = {});

void add_content_tools(Registry& registry);   ///< text, image, audio, embedded resources, errors, schemas, headers
void add_live_tools(Registry& registry);      ///< progress, logs, streams, changing lists
void add_question_tools(Registry& registry);  ///< sampling, elicitation, input required
void add_resources_and_prompts(Registry& registry);

}  // namespace openmcp::api::mcp::fixtures
