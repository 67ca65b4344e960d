#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/copies.hpp"
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
    {.name = "quick", .help = "checksums only: do not hash the blocks again"},
    {.name = "repair-from",
     .value = "PATH",
     .help = "heal damaged blocks from this CAR file, store or directory of CAR files",
     .repeatable = true,
     .completes = Completes::file},
};
constexpr std::string_view kExamples[] = {"openmcp verify", "openmcp verify --repair-from backup.car"};

void print_report(Invocation& call, const storage::VerifyReport& blocks, const context::VerifyReport& contexts) {
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("ok", blocks.clean() && contexts.ok());
    json.key("store").begin_object();
    write_fields(json, blocks);
    json.end_object().key("contexts").begin_object().field("contexts", contexts.contexts);
    json.field("versions", contexts.versions).field("attestations", contexts.attestations);
    json.field("blocks", contexts.blocks).field("bytes", contexts.bytes).key("findings").begin_array();
    for (auto& finding : contexts.findings) write_json(json, finding);
    json.end_array().end_object().end_object();
    return print_json(call, json);
  }
  auto& out = call.out();
  for (auto& damage : blocks.damage) out.line(describe(out, damage));
  for (auto& finding : contexts.findings) {
    out.line(fmt::format("{} {} {}: {}", out.styled(Style::red, "damaged"), finding.what, escape(finding.where),
                         escape(finding.problem)));
  }
  if (call.globals().quiet) return;
  auto seen = fmt::format("{} ({}), {}, {}, {}", counted(blocks.blocks, "block"), human_size(blocks.bytes),
                          counted(contexts.contexts, "context"), counted(contexts.versions, "version"),
                          counted(contexts.attestations, "signature"));
  auto wrong = blocks.damage.size() + contexts.findings.size();
  if (wrong == 0) {
    out.line(fmt::format("{}: {}", out.styled(Style::green, "all is well"), seen));
  } else {
    out.line(fmt::format("{}: {} in {}", out.styled(Style::red, "damaged"), counted(wrong, "finding"), seen));
    call.note("'openmcp repair --from PATH' heals what another copy still has (a CAR file or another store)");
  }
}

base::Task<int> run(Invocation& call) {
  auto& args = call.args();
  auto copies = args.all("repair-from");
  storage::VerifyReport blocks;
  context::VerifyReport contexts;
  if (call.store_exists()) {
    if (!copies.empty()) {
      auto repaired = co_await repair_store(call, copies);
      print_repair(call, repaired);
    }
    auto* workspace = co_await call.workspace(Access::read);
    auto* store = co_await call.store(Access::read);
    auto bar = call.progress("checking blocks", Unit::bytes);
    storage::VerifyOptions options;
    options.hashes = !args.flag("quick");
    options.progress = bar->callback();
    blocks = co_await store->verify(std::move(options));
    bar->finish();
    auto contexts_bar = call.progress("checking contexts", Unit::things);
    auto shown = [&](const context::Progress& state) { contexts_bar->update(state.done, state.total); };
    context::ProgressFn progress = shown;
    contexts = co_await workspace->verify(std::move(progress));
    contexts_bar->finish();
  }
  print_report(call, blocks, contexts);
  co_return blocks.clean() && contexts.ok() ? kOk : kCorrupt;
}

}  // namespace

const Command kVerify{
    .name = "verify",
    .group = Group::start,
    .summary = "Check every byte, every link and every signature",
    .details =
        "Reads all segments and compares checksums and hashes, then checks every manifest, signature and link of "
        "every context. Changes nothing. Exits with 5 when something is damaged.",
    .options = kOptions,
    .examples = kExamples,
    .place = Place::either,
    .run = run,
};

}  // namespace openmcp::cli
