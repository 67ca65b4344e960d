#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "api/json_writer.hpp"
#include "api/mcp/arguments.hpp"
#include "api/mcp/fixtures.hpp"
#include "api/mcp/rendering.hpp"
#include "api/mcp/tools.hpp"

namespace openmcp::api::mcp {

namespace fixtures {

namespace {

std::string data_block(std::string_view type, std::string_view data, std::string_view mime) {
  return fmt::format(R"({{"type":"{}","data":"{}","mimeType":"{}"}})", type, data, mime);
}

base::Task<ToolResult> simple_text(Turn&, const JsonObject&) {
  co_return text_result("This is a simple text response for testing.");
}

base::Task<ToolResult> image(Turn&, const JsonObject&) {
  co_return ToolResult{"[" + data_block("image", kPng, "image/png") + "]", {}, false};
}

base::Task<ToolResult> audio(Turn&, const JsonObject&) {
  co_return ToolResult{"[" + data_block("audio", kWav, "audio/wav") + "]", {}, false};
}

base::Task<ToolResult> embedded_resource(Turn&, const JsonObject&) {
  co_return ToolResult{
      R"([{"type":"resource","resource":{"uri":"test://embedded-resource","mimeType":"text/plain","text":"This is an embedded resource content."}}])",
      {},
      false};
}

base::Task<ToolResult> multiple_types(Turn&, const JsonObject&) {
  co_return ToolResult{
      R"([{"type":"text","text":"Multiple content types test:"},)" + data_block("image", kPng, "image/png") +
          R"(,{"type":"resource","resource":{"uri":"test://mixed-content-resource","mimeType":"application/json","text":"{\"test\":\"data\",\"value\":123}"}}])",
      {},
      false};
}

base::Task<ToolResult> always_fails(Turn&, const JsonObject&) {
  co_return error_result("This tool intentionally returns an error for testing");
}

base::Task<ToolResult> echo_arguments(Turn&, const JsonObject& arguments) {
  co_return text_result(fmt::format("{} arguments", arguments.size()));
}

base::Task<ToolResult> header_param(Turn&, const JsonObject& arguments) {
  co_return text_result("region: " + text(arguments, "region"));
}

// The schema that the scenario json-schema-2020-12 describes.
constexpr std::string_view kRichSchema = R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
"$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},
"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},
"then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false})";

constexpr std::string_view kHeaderSchema =
    R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}},"required":["region"]})";

}  // namespace

Tool tool(std::string name, std::string description, ToolFn run, std::string input_schema) {
  if (input_schema.empty()) input_schema = R"({"type":"object","properties":{}})";
  return {.name = name,
          .title = name,
          .description = std::move(description),
          .input_schema = std::move(input_schema),
          .output_schema = {},
          .hints = {.read_only = true},
          .needs = Role::reader,
          .run = std::move(run)};
}

void add_content_tools(Registry& registry) {
  registry.add(tool("test_simple_text", "Answers with a text", simple_text));
  registry.add(tool("test_image_content", "Answers with an image", image));
  registry.add(tool("test_audio_content", "Answers with a sound", audio));
  registry.add(tool("test_embedded_resource", "Answers with an embedded resource", embedded_resource));
  registry.add(tool("test_multiple_content_types", "Answers with a text, an image and a resource", multiple_types));
  registry.add(tool("test_error_handling", "Always reports an error", always_fails));
  registry.add(tool("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", echo_arguments,
                    std::string(kRichSchema)));
  registry.add(tool("test_header_param", "Has an argument that is mirrored in a header", header_param,
                    std::string(kHeaderSchema)));
}

}  // namespace fixtures

void add_fixtures(Registry& registry) {
  fixtures::add_content_tools(registry);
  fixtures::add_live_tools(registry);
  fixtures::add_question_tools(registry);
  fixtures::add_resources_and_prompts(registry);
}

}  // namespace openmcp::api::mcp
