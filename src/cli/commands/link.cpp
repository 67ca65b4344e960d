#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "remove", .letter = 'd', .help = "take the link away"},
    {.name = "message", .letter = 'm', .value = "TEXT", .help = "why"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT", .help = "file, id, beginning of an id, title or CID", .completes = Completes::file},
    {.name = "KIND", .help = "what it is to the other: refines, answers, or any text", .required = false},
    {.name = "TARGET",
     .help = "the other context; without it the links are shown",
     .required = false,
     .completes = Completes::file},
};
constexpr std::string_view kExamples[] = {"openmcp link answer.md answers question.md", "openmcp link answer.md"};

void show_links(Invocation& call, const context::ContextView& view) {
  auto& outgoing = view.current.manifest.relations;
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("id", view.id.text());
    for (auto& [name, relations] : {std::pair("outgoing", &outgoing), std::pair("incoming", &view.incoming)}) {
      json.key(name).begin_array();
      for (auto& relation : *relations) {
        json.begin_object().field("kind", relation.kind).field("id", relation.target.text()).end_object();
      }
      json.end_array();
    }
    json.end_object();
    return print_json(call, json);
  }
  Table table({{}, {.shrinks = true}, {.style = Style::yellow}});
  for (auto& relation : outgoing) table.row({"to", relation.kind, relation.target.text()});
  for (auto& relation : view.incoming) table.row({"from", relation.kind, relation.target.text()});
  table.print(call.out());
}

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto& args = call.args();
  auto kind = args.at(1), target = args.at(2), name = args.at(0);
  if (!kind.empty() && target.empty()) {
    throw base::Error(base::Errc::invalid_argument, "'link' needs a KIND and a TARGET",
                      "openmcp link CONTEXT refines OTHER");
  }
  bool change = !kind.empty();
  auto* workspace = co_await call.workspace(change ? Access::write : Access::read, change);
  auto ref = co_await resolve_context(call, *workspace, std::move(name));
  if (!change) {
    auto view = co_await workspace->get(ref);
    show_links(call, view);
    co_return kOk;
  }
  auto other = co_await resolve_context(call, *workspace, std::move(target));
  context::EditRequest request;
  request.id = ref.id;
  auto& relations = args.flag("remove") ? request.remove_relations : request.add_relations;
  relations.push_back({std::move(kind), other.id});
  request.message = args.text_or("message", "");
  request.author = call.author(std::nullopt);
  auto result = co_await workspace->edit(std::move(request));
  answer_commit(call, result);
  co_return kOk;
}

}  // namespace

const Command kLink{
    .name = "link",
    .group = Group::contexts,
    .summary = "Relate one context to another, or show its relations",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
