#include "api/mcp/turn.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "api/json_writer.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

bool has_text(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string();
}

[[noreturn]] void cannot(const ClientFacts& client, Capability needs) {
  if (client.modern) {
    JsonWriter data;
    data.begin_object().key("requiredCapabilities").begin_object();
    data.key(to_string(needs)).begin_object().end_object().end_object().end_object();
    throw RpcError(kMissingCapability, fmt::format("this needs a client with the capability {}", to_string(needs)),
                   data.take(), 400);
  }
  throw base::Error(base::Errc::unsupported,
                    fmt::format("asking the client: it does not have the capability {}", to_string(needs)));
}

}  // namespace

std::string_view method_of(Capability capability) noexcept {
  switch (capability) {
    case Capability::elicitation:
      return "elicitation/create";
    case Capability::sampling:
      return "sampling/createMessage";
    case Capability::roots:
      return "roots/list";
  }
  return "";
}

bool fits(Capability kind, const JsonObject& answer) {
  switch (kind) {
    case Capability::elicitation: {
      if (!has_text(answer, "action")) return false;
      const std::string_view action = answer.at("action").get_string();
      if (action != "accept" && action != "decline" && action != "cancel") return false;
      const auto* content = answer.if_contains("content");
      return !content || content->is_object();
    }
    case Capability::sampling:
      return has_text(answer, "role") && has_text(answer, "model") && answer.contains("content");
    case Capability::roots: {
      const auto* roots = answer.if_contains("roots");
      return roots && roots->is_array();
    }
  }
  return false;
}

base::Task<void> Turn::progress(double done, double total, std::string message) {
  if (token.empty()) co_return;
  JsonWriter params;
  params.begin_object().key("progressToken").raw(token).field("progress", done);
  if (total > 0) params.field("total", total);
  if (!message.empty()) params.field("message", message);
  params.end_object();
  co_await outlet.notify(notification_message("notifications/progress", params.text()));
}

base::Task<void> Turn::log(LogLevel level, std::string data) {
  if (!client.log || level < *client.log) co_return;
  JsonWriter params;
  params.begin_object().field("level", to_string(level)).field("logger", "openmcp").key("data").raw(data).end_object();
  co_await outlet.notify(notification_message("notifications/message", params.text()));
}

base::Task<Answers> Turn::ask(std::vector<Question> questions) {
  for (auto& question : questions)
    if (!client.can(question.needs)) cannot(client, question.needs);
  Answers answers;
  if (!client.modern) {
    for (auto& question : questions) {
      auto answer = co_await outlet.request(std::string(method_of(question.needs)), question.params);
      if (!fits(question.needs, *answer))
        throw base::Error(base::Errc::invalid_argument,
                          fmt::format("asking the client: its answer to {} has the wrong form", question.key));
      answers.emplace(question.key, std::move(answer));
    }
    co_return answers;
  }
  for (auto& question : questions) {
    const auto* value = responses ? responses->if_contains(question.key) : nullptr;
    if (!value) continue;
    if (!value->is_object() || !fits(question.needs, value->get_object()))
      throw RpcError(kInvalidParams, fmt::format("inputResponses.{} has the wrong form", question.key));
    answers.emplace(question.key, std::make_shared<const JsonObject>(value->get_object()));
  }
  if (answers.size() < questions.size()) throw InputRequired{std::move(questions), kept_};
  co_return answers;
}

}  // namespace openmcp::api::mcp
