#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "limit", .letter = 'n', .value = "N", .help = "at most so many, newest first"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT", .help = "file, id, beginning of an id, title or CID", .completes = Completes::file},
};

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto* workspace = co_await call.workspace(Access::read);
  auto name = call.args().at(0);
  auto ref = co_await resolve_context(call, *workspace, std::move(name));
  auto limit = static_cast<std::size_t>(call.args().number("limit", 1'000'000'000).value_or(0));
  auto versions = co_await workspace->history(ref.id, limit);
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("id", ref.id.text()).key("versions").begin_array();
    for (auto& version : versions) write_json(json, version);
    json.end_array().end_object();
    print_json(call, json);
    co_return kOk;
  }
  Table table({{.style = Style::yellow}, {}, {.right = true}, {.shrinks = true}, {}, {.shrinks = true}});
  for (auto& version : versions) {
    auto& manifest = version.manifest;
    auto what = manifest.message.empty() ? manifest.title : manifest.message;
    std::string mark = version.head ? "latest" : "";
    if (version.proof == context::Proof::invalid) mark = "BAD SIGNATURE";
    table.row({fmt::format("v{}", version.number), short_time(wall_time(manifest.time)), human_size(manifest.size),
               manifest.author.name, mark, what});
  }
  table.print(call.out());
  co_return kOk;
}

}  // namespace

const Command kHistory{
    .name = "history",
    .group = Group::contexts,
    .summary = "List the versions of a context, newest first",
    .options = kOptions,
    .positionals = kPositionals,
    .run = run,
};

}  // namespace openmcp::cli
