#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "yes", .letter = 'y', .help = "do not ask"},
    {.name = "reason", .value = "TEXT", .help = "kept with the tombstone"},
    {.name = "keep-blocks", .help = "leave the removal of unused blocks to 'openmcp gc'"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT",
     .help = "file, id, beginning of an id, title or CID",
     .repeatable = true,
     .completes = Completes::file},
};

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto& args = call.args();
  bool ask = !args.flag("yes");
  if (ask && (!call.in().terminal() || call.json())) {
    throw base::Error(base::Errc::invalid_argument, "forgetting cannot be undone and there is no terminal to ask on",
                      "give --yes to forget without being asked");
  }
  auto* workspace = co_await call.workspace(Access::write, true);
  context::ForgetRequest request;
  for (auto& name : args.positionals()) {
    auto ref = co_await resolve_context(call, *workspace, name);
    if (std::ranges::find(request.ids, ref.id) != request.ids.end()) continue;
    request.ids.push_back(ref.id);
    if (!ask) continue;
    auto view = co_await workspace->get(ref.id);
    call.note(fmt::format("  {}  {}  {}", view.id.text(), counted(view.versions, "version"),
                          escape(view.current.manifest.title)));
  }
  auto question = fmt::format("Forget {} with the whole history, for good?", counted(request.ids.size(), "context"));
  bool wanted = true;
  if (ask) wanted = co_await call.confirm(std::move(question));
  if (!wanted) {
    call.note("nothing was forgotten");
    co_return kFailed;
  }
  request.reason = args.text_or("reason", "");
  request.collect = !args.flag("keep-blocks");
  auto report = co_await workspace->forget(std::move(request));
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("forgotten").begin_array();
    for (auto& id : report.forgotten) json.value(id.text());
    json.end_array().field("versions", report.versions).field("blocks_removed", report.blocks_removed);
    json.field("bytes_removed", report.bytes_removed).end_object();
    print_json(call, json);
  } else if (!call.globals().quiet) {
    call.out().line(fmt::format("forgot {} ({}); {} of unused blocks removed",
                                counted(report.forgotten.size(), "context"), counted(report.versions, "version"),
                                human_size(report.bytes_removed)));
  }
  co_return kOk;
}

}  // namespace

const Command kForget{
    .name = "forget",
    .group = Group::contexts,
    .summary = "Remove contexts with their whole history",
    .details =
        "Leaves a tombstone (id, time, author, reason), purges the index and removes the blocks that nothing else "
        "uses. It cannot be undone. Copies that were exported stay where they are.",
    .options = kOptions,
    .positionals = kPositionals,
    .run = run,
};

}  // namespace openmcp::cli
