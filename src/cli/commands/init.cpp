#include <fmt/format.h>

#include "api/json_writer.hpp"
#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr PositionalSpec kPositionals[] = {
    {.name = "DIR",
     .help = "where .openmcp is made (default: here)",
     .required = false,
     .completes = Completes::directory},
};
constexpr std::string_view kExamples[] = {"openmcp init", "openmcp init ~/notes"};

base::Task<int> run(Invocation& call) {
  auto directory = call.args().at(0);
  base::Path home;
  if (!directory.empty()) {
    if (call.globals().home) {
      throw base::Error(base::Errc::invalid_argument, "both DIR and --home say where the store is", "give one of them");
    }
    home = base::join(call.absolute(directory), ".openmcp");
  } else if (call.home().from == HomeFrom::option || call.home().from == HomeFrom::environment) {
    home = call.home().path;
  } else {
    home = call.absolute(".openmcp");
  }
  call.use_home(home);
  bool existed = call.store_exists();
  auto* workspace = co_await call.workspace(Access::write);
  auto status = co_await workspace->status();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("home", home).field("created", !existed).field("key", key_text(status.key)).end_object();
    print_json(call, json);
  } else if (!call.globals().quiet) {
    call.out().line(
        fmt::format("{} {}", existed ? "the store is there already:" : "made an empty store in", escape(home)));
  }
  co_return kOk;
}

}  // namespace

const Command kInit{
    .name = "init",
    .group = Group::start,
    .summary = "Make a store in a directory",
    .details =
        "Makes DIR/.openmcp; commands in DIR and below then use it. With --home or $OPENMCP_HOME and no DIR, that "
        "directory itself becomes the store. An existing store is left as it is.",
    .positionals = kPositionals,
    .examples = kExamples,
    .place = Place::either,
    .run = run,
};

}  // namespace openmcp::cli
