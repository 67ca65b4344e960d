#include "api/mcp/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "api/json_writer.hpp"

namespace openmcp::api::mcp {

namespace {

/// 2025-11-25, server/tools, "Tool Names", and the 64 characters that many clients cut at.
bool good_name(std::string_view name) {
  auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
           c == '.' || c == '/';
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, fits);
}

void must(bool holds, std::string_view what, std::string_view name) {
  if (!holds) throw base::Error(base::Errc::invalid_argument, fmt::format("registering {}: {}", name, what));
}

std::string listed_tool(const Tool& tool) {
  JsonWriter json;
  json.begin_object().field("name", tool.name).field("title", tool.title).field("description", tool.description);
  json.key("inputSchema").raw(tool.input_schema);
  if (!tool.output_schema.empty()) json.key("outputSchema").raw(tool.output_schema);
  json.key("annotations").begin_object().field("title", tool.title).field("readOnlyHint", tool.hints.read_only);
  json.field("destructiveHint", tool.hints.destructive).field("idempotentHint", tool.hints.idempotent);
  json.field("openWorldHint", tool.hints.open_world).end_object().end_object();
  return json.take();
}

void write_described(JsonWriter& json, std::string_view name, std::string_view title, std::string_view description,
                     std::string_view mime) {
  json.field("name", name);
  if (!title.empty()) json.field("title", title);
  json.field("description", description);
  if (!mime.empty()) json.field("mimeType", mime);
}

}  // namespace

void Registry::add(Tool tool) {
  must(good_name(tool.name), "not a tool's name", tool.name);
  must(!this->tool(tool.name), "there is one already", tool.name);
  auto schema = base::unwrap(Schema::read(tool.input_schema));
  auto headers = base::unwrap(header_params(schema.document()));
  tool.input_schema = boost::json::serialize(schema.document());  // on one line
  if (!tool.output_schema.empty()) {
    auto output = base::unwrap(Schema::read(tool.output_schema));
    tool.output_schema = boost::json::serialize(output.document());
  }
  auto text = listed_tool(tool);
  ToolEntry entry{std::move(tool), std::move(schema), std::move(headers), std::move(text)};
  tools_.push_back(std::make_shared<const ToolEntry>(std::move(entry)));
}

void Registry::remove_tool(std::string_view name) {
  std::erase_if(tools_, [name](auto& entry) { return entry->tool.name == name; });
}

Registry::SharedTool Registry::tool(std::string_view name) const noexcept {
  auto found = std::ranges::find_if(tools_, [name](auto& entry) { return entry->tool.name == name; });
  return found == tools_.end() ? nullptr : *found;
}

void Registry::add(Prompt prompt) {
  must(good_name(prompt.name), "not a prompt's name", prompt.name);
  must(!this->prompt(prompt.name), "there is one already", prompt.name);
  prompts_.push_back(std::make_shared<const Prompt>(std::move(prompt)));
}

void Registry::remove_prompt(std::string_view name) {
  std::erase_if(prompts_, [name](auto& prompt) { return prompt->name == name; });
}

Registry::SharedPrompt Registry::prompt(std::string_view name) const noexcept {
  auto found = std::ranges::find_if(prompts_, [name](auto& prompt) { return prompt->name == name; });
  return found == prompts_.end() ? nullptr : *found;
}

void Registry::add_completer(std::string reference, Completer completer) {
  completers_.emplace_back(std::move(reference), std::move(completer));
}

const Completer* Registry::completer(std::string_view reference) const noexcept {
  auto found = std::ranges::find_if(completers_, [reference](auto& each) { return each.first == reference; });
  return found == completers_.end() ? nullptr : &found->second;
}

std::string listed(const Prompt& prompt) {
  JsonWriter json;
  json.begin_object();
  write_described(json, prompt.name, prompt.title, prompt.description, "");
  json.key("arguments").begin_array();
  for (auto& argument : prompt.arguments) {
    json.begin_object().field("name", argument.name).field("description", argument.description);
    json.field("required", argument.required).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string listed(const Resource& resource) {
  JsonWriter json;
  json.begin_object().field("uri", resource.uri);
  write_described(json, resource.name, resource.title, resource.description, resource.mime);
  json.end_object();
  return json.take();
}

std::string listed(const ResourceTemplate& item) {
  JsonWriter json;
  json.begin_object().field("uriTemplate", item.uri_template);
  write_described(json, item.name, item.title, item.description, item.mime);
  json.end_object();
  return json.take();
}

}  // namespace openmcp::api::mcp
