// Forgetting: the one tool that destroys. The user is asked through the client where that can be; a client that cannot
// ask has to say `confirm` itself.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "api/audit.hpp"
#include "api/mcp/arguments.hpp"
#include "api/mcp/rendering.hpp"
#include "api/mcp/tools.hpp"

namespace openmcp::api::mcp {

namespace {

const std::string kForgetInput = R"({"type":"object","properties":{
"ids":{"type":"array","minItems":1,"maxItems":100,"items":{"type":"string","minLength":1,"maxLength":4096},"description":"The contexts to forget"},
"reason":{"type":"string","maxLength":4000,"description":"Kept in the place of what was forgotten"},
"confirm":{"type":"boolean","default":false,"description":"The user said yes to just this. Only counts where the client cannot ask the user itself"}},
"required":["ids"],"additionalProperties":false})";

const std::string kForgetOutput =
    R"({"type":"object","properties":{"forgotten":{"type":"array","items":{"type":"string"}},
"declined":{"type":"boolean"},"versions":{"type":"integer"},"blocks_removed":{"type":"integer"},
"bytes_removed":{"type":"integer"}},"required":["forgotten","declined"]})";

struct Chosen {
  std::vector<context::ContextId> ids;
  std::string shown;  ///< for the user
  std::string exact;  ///< ids and versions: what was asked about
};

base::Task<Chosen> choose(Turn& turn, std::vector<std::string> names) {
  Chosen chosen;
  for (auto& name : names) {
    auto ref = co_await resolve(turn, name);
    auto view = co_await turn.service.workspace.get(ref.id);
    if (std::ranges::find(chosen.ids, ref.id) != chosen.ids.end()) continue;
    chosen.ids.push_back(ref.id);
    constexpr std::size_t kShown = 10;
    if (chosen.ids.size() <= kShown)
      chosen.shown += fmt::format("\n- {} ({}, {} versions)", one_line(view.current.manifest.title, 120), ref.id.text(),
                                  view.versions);
    chosen.exact += fmt::format("{}@{}\n", ref.id.text(), view.current.cid.text());
  }
  if (chosen.ids.size() > 10) chosen.shown += fmt::format("\n- and {} more", chosen.ids.size() - 10);
  co_return chosen;
}

bool said_yes(const JsonObject& answer) {
  if (answer.at("action").get_string() != "accept") return false;
  const auto* content = answer.if_contains("content");
  const auto* yes = content ? content->get_object().if_contains("forget") : nullptr;
  return yes && yes->is_bool() && yes->get_bool();
}

base::Task<bool> confirmed(Turn& turn, Chosen chosen) {
  // The state says what the user was shown: an answer without it, or about other versions, is no answer to this.
  if (turn.state != chosen.exact) turn.responses = nullptr;
  turn.keep(chosen.exact);
  JsonWriter params;
  params.begin_object().field("mode", "form");
  params.field("message", fmt::format("Forget for good, with all versions:{}", chosen.shown));
  params.key("requestedSchema").raw(R"({"type":"object","properties":{"forget":{"type":"boolean",
"title":"Forget","description":"This cannot be undone","default":false}},"required":["forget"]})");
  params.end_object();
  std::vector<Question> questions{{"forget", Capability::elicitation, params.take()}};
  auto answers = co_await turn.ask(std::move(questions));
  co_return said_yes(*answers.at("forget"));
}

ToolResult declined() {
  return structured_result("Nothing was forgotten: the user did not agree.", R"({"forgotten":[],"declined":true})");
}

base::Task<ToolResult> context_forget(Turn& turn, const JsonObject& arguments) {
  auto chosen = co_await choose(turn, texts(arguments, "ids"));
  if (turn.client.can(Capability::elicitation)) {
    const bool yes = co_await confirmed(turn, chosen);
    if (!yes) co_return declined();
  } else if (!flag(arguments, "confirm")) {
    co_return error_result(
        fmt::format("Nothing was forgotten yet. This cannot be undone: ask the user, then call again "
                    "with confirm. It is about:{}",
                    chosen.shown));
  }

  context::ForgetReport total;
  constexpr std::size_t kAtOnce = 20;
  for (std::size_t begin = 0; begin < chosen.ids.size(); begin += kAtOnce) {
    const auto end = std::min(begin + kAtOnce, chosen.ids.size());
    co_await turn.progress(static_cast<double>(begin), static_cast<double>(chosen.ids.size()), "forgetting");
    context::ForgetRequest request;
    request.ids.assign(chosen.ids.begin() + static_cast<std::ptrdiff_t>(begin),
                       chosen.ids.begin() + static_cast<std::ptrdiff_t>(end));
    request.reason = text(arguments, "reason");
    request.collect = end == chosen.ids.size();
    auto report = co_await turn.service.workspace.forget(std::move(request));
    for (auto& id : report.forgotten) {
      AuditEntry entry{.who = turn.caller.name,
                       .token = turn.caller.token_id,
                       .from = "mcp",
                       .action = "context.forget",
                       .target = id.text(),
                       .detail = {}};
      turn.service.audit.record(std::move(entry));
      total.forgotten.push_back(id);
    }
    total.versions += report.versions;
    total.blocks_removed += report.blocks_removed;
    total.bytes_removed += report.bytes_removed;
  }
  co_await turn.progress(static_cast<double>(chosen.ids.size()), static_cast<double>(chosen.ids.size()), "done");

  JsonWriter json;
  json.begin_object().key("forgotten").begin_array();
  for (auto& id : total.forgotten) json.value(id.text());
  json.end_array().field("declined", false).field("versions", total.versions);
  json.field("blocks_removed", total.blocks_removed).field("bytes_removed", total.bytes_removed).end_object();
  co_return structured_result(fmt::format("Forgot {} contexts with {} versions; {} bytes were freed.",
                                          total.forgotten.size(), total.versions, total.bytes_removed),
                              json.take());
}

}  // namespace

void add_forget_tool(Registry& registry) {
  registry.add(Tool{.name = "context_forget",
                    .title = "Forget contexts",
                    .description = "Destroys contexts with all their versions, for good. The user is asked first.",
                    .input_schema = kForgetInput,
                    .output_schema = kForgetOutput,
                    .hints = {.destructive = true, .idempotent = true},
                    .needs = Role::writer,
                    .run = context_forget});
}

}  // namespace openmcp::api::mcp
