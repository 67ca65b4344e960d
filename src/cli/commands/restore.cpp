#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "message", .letter = 'm', .value = "TEXT", .help = "why (default: \"restore v1\")"},
    {.name = "author", .value = "NAME", .help = "who (default: workspace.author)"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT", .help = "file, id, beginning of an id, title or CID", .completes = Completes::file},
    {.name = "VERSION", .help = "v1 is the oldest, ~1 the one before the latest, or a CID"},
};
constexpr std::string_view kExamples[] = {"openmcp restore notes.md v1", "openmcp get notes.md -o notes.md"};

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto& args = call.args();
  auto* workspace = co_await call.workspace(Access::write, true);
  auto name = args.at(0), version = args.at(1);
  auto ref = co_await resolve_context(call, *workspace, std::move(name));
  context::RestoreRequest request;
  request.id = ref.id;
  request.version = co_await resolve_version(call, *workspace, ref.id, std::move(version));
  request.author = call.author(args.text("author"));
  request.message = args.text_or("message", "");
  auto result = co_await workspace->restore(std::move(request));
  answer_commit(call, result);
  co_return kOk;
}

}  // namespace

const Command kRestore{
    .name = "restore",
    .group = Group::contexts,
    .summary = "Bring an old version back as a new one",
    .details =
        "The history stays: a new version gets the content and the fields of the old one. The file on disk is not "
        "touched; 'openmcp get CONTEXT -o FILE' writes it.",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
