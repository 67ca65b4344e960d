// The product's tools, a source a group. Each takes arguments that fit the schema beside it.
#pragma once

#include "api/mcp/registry.hpp"

namespace openmcp::api::mcp {

void add_search_tools(Registry& registry);     ///< context_search, context_build, context_list
void add_read_tools(Registry& registry);       ///< context_get, context_history, status
void add_write_tools(Registry& registry);      ///< context_save, context_update, context_link
void add_forget_tool(Registry& registry);      ///< context_forget
void add_connector_tools(Registry& registry);  ///< search and fetch, in the shape that ChatGPT's connectors expect

void add_resources(Registry& registry);   ///< context:// and ipfs://
void add_prompts(Registry& registry);     ///< recall, summarise-project, handoff
void add_completers(Registry& registry);  ///< of prompts and templates

/// All of the above.
void add_product(Registry& registry);
/// What the conformance suite looks for, and nothing else. Beside the product's.
void add_fixtures(Registry& registry);

}  // namespace openmcp::api::mcp
