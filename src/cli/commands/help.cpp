#include "cli/help.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/settings.hpp"
#include "cli/suggest.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "markdown", .help = "print docs/cli.md"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "TOPIC",
     .help = "a command, 'config' or 'exit-codes'",
     .required = false,
     .repeatable = true,
     .completes = Completes::command},
};

base::Task<int> run(Invocation& call) {
  auto& out = call.out();
  if (call.args().flag("markdown")) {
    out.write(reference_markdown(all_commands(), all_settings()));
    co_return kOk;
  }
  auto topic = fmt::format("{}", fmt::join(call.args().positionals(), " "));
  std::vector<std::string_view> names = {"config", "exit-codes"};
  if (topic.empty()) {
    print_overview(out, all_commands());
    co_return kOk;
  }
  if (topic == "config") {
    print_settings(out, all_settings());
    co_return kOk;
  }
  if (topic == "exit-codes") {
    print_exit_codes(out);
    co_return kOk;
  }
  bool family = false;
  for (auto* command : all_commands()) {
    if (command->name == topic) {
      print_command(out, *command);
      co_return kOk;
    }
    family = family || command->name.starts_with(topic + " ");
    names.push_back(command->name);
  }
  if (!family) {
    auto near = nearest(topic, names);
    throw base::Error(base::Errc::invalid_argument, fmt::format("there is no help on '{}'", topic),
                      near.empty() ? "see 'openmcp help'" : fmt::format("did you mean 'openmcp help {}'?", near));
  }
  print_family(out, topic, all_commands());
  co_return kOk;
}

}  // namespace

const Command kHelp{
    .name = "help",
    .group = Group::care,
    .summary = "Show help on a command, the settings or the exit codes",
    .options = kOptions,
    .positionals = kPositionals,
    .place = Place::here,
    .run = run,
};

}  // namespace openmcp::cli
