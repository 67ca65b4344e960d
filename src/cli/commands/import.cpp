#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/render.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "resurrect", .help = "take contexts back that were forgotten here"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "FILE", .help = "a CAR file, or - for standard input", .completes = Completes::file},
};

void print_report(Invocation& call, const context::ImportReport& report) {
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("roots").begin_array();
    for (auto& root : report.roots) json.value(root.text());
    json.end_array().field("plain", report.plain).field("blocks", report.blocks).field("bytes", report.bytes);
    json.field("created", report.created).field("forwarded", report.forwarded).field("diverged", report.diverged);
    json.field("unchanged", report.unchanged).field("forgotten", report.forgotten).key("refused").begin_array();
    for (auto& id : report.refused) json.value(id.text());
    json.end_array().end_object();
    return print_json(call, json);
  }
  auto& out = call.out();
  if (call.globals().quiet) {
    for (auto& root : report.roots) out.line(root.text());
    return;
  }
  out.line(fmt::format("verified {} in {}", human_size(report.bytes), counted(report.blocks, "block")));
  if (report.plain) {
    for (auto& root : report.roots) out.line(fmt::format("no contexts in it; pinned {}", root.text()));
    return;
  }
  out.line(fmt::format("{} new, {} brought forward, {} unchanged, {} forgotten", human_count(report.created),
                       human_count(report.forwarded), human_count(report.unchanged), human_count(report.forgotten)));
  if (report.diverged > 0) {
    call.warn(fmt::format(
        "{} changed here and there: 'openmcp list --diverged' shows, 'openmcp commit --merge --id ID' joins",
        counted(report.diverged, "context")));
  }
  for (auto& id : report.refused)
    call.warn(fmt::format("{} was forgotten here and not taken (--resurrect takes it)", id.text()));
}

base::Task<int> run(Invocation& call) {
  auto name = call.args().at(0);
  auto source = input_source(call, name);  // before a store is made for a file that does not exist
  std::uint64_t size = 0;
  if (name != "-") size = call.env().disk().stat(call.absolute(name)).value_or(base::FileInfo{}).size;
  auto* workspace = co_await call.workspace(Access::write, true);
  context::ImportRequest request;
  request.resurrect = call.args().flag("resurrect");
  auto bar = call.progress("importing", Unit::bytes);
  request.progress = [&](const context::Progress& state) { bar->update(state.bytes, size); };
  auto report = co_await workspace->import_car(std::move(request), std::move(source));
  bar->finish();
  print_report(call, report);
  co_return kOk;
}

}  // namespace

const Command kImport{
    .name = "import",
    .group = Group::sharing,
    .summary = "Take contexts from a CAR file, verified offline",
    .details =
        "Every block, manifest and signature is checked before anything is taken; a file with a wrong byte is refused "
        "whole. A CAR of something else is stored and its roots are pinned.",
    .options = kOptions,
    .positionals = kPositionals,
    .run = run,
};

}  // namespace openmcp::cli
