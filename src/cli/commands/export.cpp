#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
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
    {.name = "latest", .help = "only the latest versions' content, not that of older ones"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "FILE", .help = "the CAR file to write, or - for standard output", .completes = Completes::file},
    {.name = "CONTEXT",
     .help = "only these (default: all)",
     .required = false,
     .repeatable = true,
     .completes = Completes::file},
};
constexpr std::string_view kExamples[] = {"openmcp export backup.car",
                                          "openmcp export - notes.md | ssh host openmcp import -"};

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto& args = call.args();
  auto target = args.at(0);
  if (target == "-" && call.out().terminal()) {
    throw base::Error(base::Errc::invalid_argument, "a CAR file cannot be shown on a terminal",
                      "name a file, or pipe it somewhere");
  }
  if (target == "-" && call.json()) {
    throw base::Error(base::Errc::invalid_argument, "--json and the CAR cannot both go to standard output",
                      "name a file");
  }
  auto* workspace = co_await call.workspace(Access::read);
  context::ExportRequest request;
  request.latest = args.flag("latest");
  auto words = args.positionals();
  for (std::size_t i = 1; i < words.size(); ++i) {
    auto ref = co_await resolve_context(call, *workspace, words[i]);
    request.ids.push_back(ref.id);
  }
  auto bar = call.progress("exporting", Unit::bytes);
  request.progress = [&](const context::Progress& state) { bar->update(state.bytes, 0); };
  OutputFile file(call, target);
  auto report = co_await workspace->export_car(std::move(request), file.sink());
  co_await file.commit();
  bar->finish();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("file", target).field("root", report.root.text()).field("contexts", report.contexts);
    json.field("versions", report.versions).field("blocks", report.blocks).field("bytes", report.bytes).end_object();
    print_json(call, json);
  } else if (target != "-" && call.globals().quiet) {
    call.out().line(report.root.text());
  } else if (target != "-") {
    call.out().line(fmt::format("wrote {}: {}, {}, {}; root {}", escape(target), counted(report.contexts, "context"),
                                counted(report.versions, "version"), human_size(report.bytes), report.root.text()));
  }
  co_return kOk;
}

}  // namespace

const Command kExport{
    .name = "export",
    .group = Group::sharing,
    .summary = "Write contexts into one CAR file that proves itself",
    .details =
        "The file holds content, history and signatures. 'openmcp import' elsewhere verifies all of it offline. The "
        "same contexts give the same bytes.",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .place = Place::either,
    .run = run,
};

}  // namespace openmcp::cli
