#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "api/json_writer.hpp"
#include "api/mcp/arguments.hpp"
#include "api/mcp/fixtures.hpp"
#include "api/mcp/rendering.hpp"

namespace openmcp::api::mcp::fixtures {
namespace json = boost::json;

namespace {

Question elicit(std::string key, std::string_view message, std::string_view schema) {
  JsonWriter params;
  params.begin_object().field("message", message).key("requestedSchema").raw(schema).end_object();
  return {std::move(key), Capability::elicitation, params.take()};
}

/// A form of one field.
Question elicit_field(std::string key, std::string_view message, std::string_view field, std::string_view type) {
  return elicit(
      std::move(key), message,
      fmt::format(R"({{"type":"object","properties":{{"{0}":{{"type":"{1}"}}}},"required":["{0}"]}})", field, type));
}

Question sample(std::string key, std::string_view prompt, int tokens) {
  JsonWriter params;
  params.begin_object().key("messages").begin_array().begin_object().field("role", "user").key("content");
  params.begin_object().field("type", "text").field("text", prompt).end_object().end_object().end_array();
  params.field("maxTokens", tokens).end_object();
  return {std::move(key), Capability::sampling, params.take()};
}

Question roots(std::string key) { return {std::move(key), Capability::roots, "{}"}; }

base::Task<SharedObject> ask_one(Turn& turn, Question question) {
  const auto key = question.key;
  std::vector<Question> questions;
  questions.push_back(std::move(question));
  auto answers = co_await turn.ask(std::move(questions));
  co_return answers.at(key);
}

std::string field_of(const JsonObject& answer, std::string_view field) {
  const auto* content = answer.if_contains("content");
  if (!content || !content->is_object()) return "";
  const auto* value = content->get_object().if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

std::string sampled_text(const JsonObject& answer) { return field_of(answer, "text"); }

std::string outcome(const JsonObject& answer) {
  const auto* content = answer.if_contains("content");
  return fmt::format("action={}, content={}", std::string_view(answer.at("action").get_string()),
                     content ? json::serialize(*content) : "{}");
}

// --- as of 2025-11-25, where the server asks
// -----------------------------------------------------------------------------

base::Task<ToolResult> sampling(Turn& turn, const JsonObject& arguments) {
  auto answer = co_await ask_one(turn, sample("prompt", text(arguments, "prompt"), 100));
  co_return text_result("LLM response: " + sampled_text(*answer));
}

base::Task<ToolResult> elicitation(Turn& turn, const JsonObject& arguments) {
  auto question = elicit(
      "user", text(arguments, "message"),
      R"({"type":"object","properties":{"username":{"type":"string","description":"User's response"},"email":{"type":"string","description":"User's email address"}},"required":["username","email"]})");
  auto answer = co_await ask_one(turn, std::move(question));
  co_return text_result("User response: " + outcome(*answer));
}

base::Task<ToolResult> elicitation_defaults(Turn& turn, const JsonObject&) {
  auto question = elicit(
      "user", "Check these",
      R"({"type":"object","properties":{"name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},"score":{"type":"number","default":95.5},"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},"verified":{"type":"boolean","default":true}},"required":[]})");
  auto answer = co_await ask_one(turn, std::move(question));
  co_return text_result("Elicitation completed: " + outcome(*answer));
}

base::Task<ToolResult> elicitation_enums(Turn& turn, const JsonObject&) {
  auto question = elicit(
      "user", "Choose",
      R"({"type":"object","properties":{"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},"titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},"titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},"required":[]})");
  auto answer = co_await ask_one(turn, std::move(question));
  co_return text_result("Elicitation completed: " + outcome(*answer));
}

// --- as of 2026-07-28, where the request comes again
// ---------------------------------------------------------------------

base::Task<ToolResult> input_elicitation(Turn& turn, const JsonObject&) {
  auto answer = co_await ask_one(turn, elicit_field("user_name", "What is your name?", "name", "string"));
  co_return text_result(fmt::format("Hello, {}!", field_of(*answer, "name")));
}

base::Task<ToolResult> input_sampling(Turn& turn, const JsonObject&) {
  auto answer = co_await ask_one(turn, sample("capital_question", "What is the capital of France?", 100));
  co_return text_result(sampled_text(*answer));
}

base::Task<ToolResult> input_roots(Turn& turn, const JsonObject&) {
  auto answer = co_await ask_one(turn, roots("client_roots"));
  co_return text_result("Roots: " + json::serialize(answer->at("roots")));
}

/// Round 1 asks and keeps a state; round 2 finds it again.
base::Task<ToolResult> input_state(Turn& turn, const JsonObject&) {
  if (turn.state != "asked") turn.responses = nullptr;
  turn.keep("asked");
  auto answer = co_await ask_one(turn, elicit_field("confirm", "Please confirm", "ok", "boolean"));
  co_return text_result("state-ok: " + outcome(*answer));
}

base::Task<ToolResult> input_multiple(Turn& turn, const JsonObject&) {
  turn.keep("asked for three");
  std::vector<Question> questions;
  questions.push_back(elicit_field("user_name", "What is your name?", "name", "string"));
  questions.push_back(sample("greeting", "Generate a greeting", 50));
  questions.push_back(roots("client_roots"));
  auto answers = co_await turn.ask(std::move(questions));
  co_return text_result(fmt::format("{}, {}: {}", sampled_text(*answers.at("greeting")),
                                    field_of(*answers.at("user_name"), "name"),
                                    json::serialize(answers.at("client_roots")->at("roots"))));
}

base::Task<ToolResult> input_rounds(Turn& turn, const JsonObject&) {
  constexpr std::string_view second = "step 2 of ";
  std::string name;
  if (turn.state.starts_with(second)) {
    name = turn.state.substr(second.size());
  } else {
    turn.keep("step 1");
    auto answer = co_await ask_one(turn, elicit_field("step1", "Step 1: What is your name?", "name", "string"));
    name = field_of(*answer, "name");
  }
  turn.keep(std::string(second) + name);
  auto answer =
      co_await ask_one(turn, elicit_field("step2", "Step 2: What is your favorite color?", "color", "string"));
  co_return text_result(fmt::format("{} likes {}", name, field_of(*answer, "color")));
}

base::Task<ToolResult> input_capabilities(Turn& turn, const JsonObject&) {
  std::vector<Question> questions;
  if (turn.client.elicitation) questions.push_back(elicit_field("user_name", "What is your name?", "name", "string"));
  if (turn.client.sampling) questions.push_back(sample("greeting", "Generate a greeting", 50));
  if (turn.client.roots) questions.push_back(roots("client_roots"));
  auto answers = co_await turn.ask(std::move(questions));
  co_return text_result(fmt::format("{} answers", answers.size()));
}

base::Task<ToolResult> missing_capability(Turn& turn, const JsonObject&) {
  auto answer = co_await ask_one(turn, sample("sample", "Say something", 20));
  co_return text_result(sampled_text(*answer));
}

base::Task<ToolResult> streaming_elicitation(Turn& turn, const JsonObject&) {
  co_await turn.progress(50, 100, "about to ask");
  auto answer = co_await ask_one(turn, elicit_field("user_name", "What is your name?", "name", "string"));
  co_return text_result("Streaming complete: " + outcome(*answer));
}

constexpr std::string_view kPromptSchema =
    R"({"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]})";
constexpr std::string_view kMessageSchema =
    R"({"type":"object","properties":{"message":{"type":"string"}},"required":["message"]})";

base::Task<PromptResult> input_prompt(Turn& turn, const JsonObject&) {
  auto answer =
      co_await ask_one(turn, elicit_field("user_context", "What context should the prompt use?", "context", "string"));
  JsonWriter messages;
  messages.begin_array().begin_object().field("role", "user").key("content").begin_object().field("type", "text");
  messages.field("text", "Use this: " + field_of(*answer, "context")).end_object().end_object().end_array();
  co_return PromptResult{"", messages.take()};
}

}  // namespace

void add_question_tools(Registry& registry) {
  registry.add(tool("test_sampling", "Asks the client's model", sampling, std::string(kPromptSchema)));
  registry.add(tool("test_elicitation", "Asks the user", elicitation, std::string(kMessageSchema)));
  registry.add(tool("test_elicitation_sep1034_defaults", "Asks with default values", elicitation_defaults));
  registry.add(tool("test_elicitation_sep1330_enums", "Asks with choices", elicitation_enums));
  registry.add(tool("test_input_required_result_elicitation", "Wants input: the user's", input_elicitation));
  registry.add(tool("test_input_required_result_sampling", "Wants input: the model's", input_sampling));
  registry.add(tool("test_input_required_result_list_roots", "Wants input: the roots", input_roots));
  registry.add(tool("test_input_required_result_request_state", "Wants input, and its state again", input_state));
  registry.add(tool("test_input_required_result_multiple_inputs", "Wants three inputs", input_multiple));
  registry.add(tool("test_input_required_result_multi_round", "Wants input twice", input_rounds));
  registry.add(tool("test_input_required_result_tampered_state", "Refuses a state that is not its own", input_state));
  registry.add(
      tool("test_input_required_result_capabilities", "Wants only what the client can give", input_capabilities));
  registry.add(tool("test_missing_capability", "Needs a client that can sample", missing_capability));
  registry.add(tool("test_streaming_elicitation", "Reports progress, then wants input", streaming_elicitation));
  registry.add(Prompt{"test_input_required_result_prompt", "", "A prompt that wants input", {}, input_prompt});
}

}  // namespace openmcp::api::mcp::fixtures
