#include <fmt/format.h>

#include "api/json_writer.hpp"
#include "api/mcp/arguments.hpp"
#include "api/mcp/fixtures.hpp"

namespace openmcp::api::mcp::fixtures {

namespace {

std::string text_contents(std::string_view uri, std::string_view mime, std::string_view text) {
  JsonWriter json;
  json.begin_array().begin_object().field("uri", uri).field("mimeType", mime).field("text", text);
  json.end_object().end_array();
  return json.take();
}

base::Task<std::optional<std::string>> read(Turn&, std::string uri) {
  if (uri == "test://static-text")
    co_return text_contents(uri, "text/plain", "This is the content of the static text resource.");
  if (uri == "test://static-binary")
    co_return fmt::format(R"([{{"uri":"{}","mimeType":"image/png","blob":"{}"}}])", uri, kPng);
  if (uri == "test://watched-resource") co_return text_contents(uri, "text/plain", "Somebody may watch this.");
  constexpr std::string_view begin = "test://template/", end = "/data";
  if (uri.starts_with(begin) && uri.ends_with(end) && uri.size() > begin.size() + end.size()) {
    const auto id = uri.substr(begin.size(), uri.size() - begin.size() - end.size());
    JsonWriter data;
    data.begin_object().field("id", id).field("templateTest", true).field("data", "Data for ID: " + id).end_object();
    co_return text_contents(uri, "application/json", data.text());
  }
  co_return std::nullopt;
}

std::string said(std::string_view text) {
  JsonWriter json;
  json.begin_object().field("role", "user").key("content").begin_object().field("type", "text").field("text", text);
  json.end_object().end_object();
  return json.take();
}

base::Task<PromptResult> simple(Turn&, const JsonObject&) {
  co_return PromptResult{"", "[" + said("This is a simple prompt for testing.") + "]"};
}

base::Task<PromptResult> with_arguments(Turn&, const JsonObject& arguments) {
  co_return PromptResult{"", "[" +
                                 said(fmt::format("Prompt with arguments: arg1='{}', arg2='{}'",
                                                  text(arguments, "arg1"), text(arguments, "arg2"))) +
                                 "]"};
}

base::Task<PromptResult> with_resource(Turn&, const JsonObject& arguments) {
  JsonWriter json;
  json.begin_object().field("role", "user").key("content").begin_object().field("type", "resource").key("resource");
  json.begin_object().field("uri", text(arguments, "resourceUri")).field("mimeType", "text/plain");
  json.field("text", "Embedded resource content for testing.").end_object().end_object().end_object();
  co_return PromptResult{"", "[" + json.text() + "," + said("Please process the embedded resource above.") + "]"};
}

base::Task<PromptResult> with_image(Turn&, const JsonObject&) {
  co_return PromptResult{
      "", fmt::format(R"([{{"role":"user","content":{{"type":"image","data":"{}","mimeType":"image/png"}}}},{}])", kPng,
                      said("Please analyze the image above."))};
}

}  // namespace

void add_resources_and_prompts(Registry& registry) {
  registry.add(Resource{"test://static-text", "static-text", "", "A text that never changes", "text/plain"});
  registry.add(Resource{"test://static-binary", "static-binary", "", "An image that never changes", "image/png"});
  registry.add(Resource{"test://watched-resource", "watched-resource", "", "Something to subscribe to", "text/plain"});
  registry.add(
      ResourceTemplate{"test://template/{id}/data", "template-data", "", "Data for an id", "application/json"});
  registry.add_reader(read);
  registry.add(Prompt{"test_simple_prompt", "", "A prompt without arguments", {}, simple});
  registry.add(Prompt{"test_prompt_with_arguments",
                      "",
                      "A prompt with two arguments",
                      {{"arg1", "First test argument", true}, {"arg2", "Second test argument", true}},
                      with_arguments});
  registry.add(Prompt{"test_prompt_with_embedded_resource",
                      "",
                      "A prompt with a resource in it",
                      {{"resourceUri", "URI of the resource to embed", true}},
                      with_resource});
  registry.add(Prompt{"test_prompt_with_image", "", "A prompt with an image in it", {}, with_image});
}

}  // namespace openmcp::api::mcp::fixtures
