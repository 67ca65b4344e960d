#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "remove", .letter = 'd', .value = "TAG", .help = "take this tag away", .repeatable = true},
    {.name = "message", .letter = 'm', .value = "TEXT", .help = "why"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT",
     .help = "file, id, beginning of an id, title or CID; without it all tags are listed",
     .required = false,
     .completes = Completes::file},
    {.name = "TAG",
     .help = "tags to add; without any the context's tags are shown",
     .required = false,
     .repeatable = true},
};
constexpr std::string_view kExamples[] = {"openmcp tag", "openmcp tag notes.md idea later",
                                          "openmcp tag notes.md -d later"};

base::Task<int> list_tags(Invocation& call) {
  std::vector<context::TagCount> tags;
  if (call.store_exists()) {
    auto* workspace = co_await call.workspace(Access::read);
    tags = co_await workspace->tags();
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("tags").begin_array();
    for (auto& tag : tags) json.begin_object().field("tag", tag.tag).field("contexts", tag.contexts).end_object();
    json.end_array().end_object();
    print_json(call, json);
    co_return kOk;
  }
  Table table({{.right = true}, {}});
  for (auto& tag : tags) table.row({fmt::format("{}", tag.contexts), tag.tag});
  table.print(call.out());
  co_return kOk;
}

base::Task<int> run(Invocation& call) {
  auto& args = call.args();
  auto remove = args.all("remove");
  auto words = args.positionals();
  if (words.empty()) {
    if (remove.empty()) co_return co_await list_tags(call);
    throw base::Error(base::Errc::invalid_argument, "--remove needs a CONTEXT", "openmcp tag CONTEXT -d TAG");
  }
  call.require_store();
  std::vector<std::string> add(words.begin() + 1, words.end());
  bool change = !add.empty() || !remove.empty();
  auto* workspace = co_await call.workspace(change ? Access::write : Access::read, change);
  auto ref = co_await resolve_context(call, *workspace, words[0]);
  if (!change) {
    auto view = co_await workspace->get(ref);
    if (call.json()) {
      JsonWriter json;
      json.begin_object().field("id", view.id.text()).strings("tags", view.current.manifest.tags).end_object();
      print_json(call, json);
    } else {
      for (auto& tag : view.current.manifest.tags) call.out().line(escape(tag));
    }
    co_return kOk;
  }
  context::EditRequest request;
  request.id = ref.id;
  request.add_tags = std::move(add);
  request.remove_tags = std::move(remove);
  request.message = args.text_or("message", "");
  request.author = call.author(std::nullopt);
  auto result = co_await workspace->edit(std::move(request));
  answer_commit(call, result);
  co_return kOk;
}

}  // namespace

const Command kTag{
    .name = "tag",
    .group = Group::contexts,
    .summary = "Add and remove tags, or list them",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
