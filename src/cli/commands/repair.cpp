#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/render.hpp"
#include "cli/repairing.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "from",
     .value = "PATH",
     .help = "another copy: a CAR file, a store, or a directory of CAR files",
     .repeatable = true,
     .completes = Completes::file},
    {.name = "rebuild", .help = "also make the index of blocks, the catalog and the search index anew"},
};
constexpr std::string_view kExamples[] = {"openmcp repair --from backup.car", "openmcp repair --rebuild"};

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto& args = call.args();
  bool rebuild = args.flag("rebuild");
  if (rebuild && call.lent()) {
    throw base::Error(base::Errc::busy, "making the indexes anew needs the store for itself, and a server has it",
                      "stop the server first");
  }
  auto* store = co_await call.store(Access::write);
  if (rebuild) {
    auto bar = call.progress("reading segments", Unit::bytes);
    co_await store->rebuild_index(bar->callback());
  }
  auto report = co_await repair_store(call, args.all("from"));
  context::RebuildReport rebuilt;
  if (rebuild) {
    auto* workspace = co_await call.workspace(Access::write, true);
    auto bar = call.progress("reading contexts", Unit::things);
    auto shown = [&](const context::Progress& state) { bar->update(state.done, state.total); };
    context::ProgressFn progress = shown;
    rebuilt = co_await workspace->rebuild(std::move(progress));
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("repaired", report.repaired).key("lost").begin_array();
    for (auto& cid : report.lost) json.value(cid.text());
    json.end_array().key("found").begin_object();
    write_fields(json, report.found);
    json.end_object();
    if (rebuild) {
      json.key("rebuilt").begin_object().field("contexts", rebuilt.contexts).field("versions", rebuilt.versions);
      json.key("findings").begin_array();
      for (auto& finding : rebuilt.findings) write_json(json, finding);
      json.end_array().end_object();
    }
    json.end_object();
    print_json(call, json);
  } else {
    auto& out = call.out();
    for (auto& damage : report.found.damage) out.line(describe(out, damage));
    for (auto& cid : report.lost) out.line(fmt::format("{} {}", out.styled(Style::red, "lost"), cid.text()));
    for (auto& finding : rebuilt.findings) {
      out.line(fmt::format("{} {} {}: {}", out.styled(Style::red, "damaged"), finding.what, escape(finding.where),
                           escape(finding.problem)));
    }
    if (!call.globals().quiet) {
      out.line(fmt::format("{}, {} repaired, {} lost", counted(report.found.damage.size(), "damaged place"),
                           human_count(report.repaired), human_count(report.lost.size())));
      if (rebuild)
        out.line(fmt::format("indexes made anew: {}, {}", counted(rebuilt.contexts, "context"),
                             counted(rebuilt.versions, "version")));
    }
  }
  co_return report.lost.empty() && rebuilt.findings.empty() ? kOk : kCorrupt;
}

}  // namespace

const Command kRepair{
    .name = "repair",
    .group = Group::care,
    .summary = "Heal damaged blocks from another copy, or make the indexes anew",
    .details =
        "Looks for damage as 'openmcp verify' does, fetches each damaged block from the copies given, and writes it "
        "anew. What no copy has stays lost: it is listed, and the exit code is 5.",
    .options = kOptions,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
