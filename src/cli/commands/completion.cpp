#include "cli/completion.hpp"

#include "cli/commands.hpp"
#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"

namespace openmcp::cli {

namespace {

constexpr PositionalSpec kPositionals[] = {
    {.name = "SHELL", .help = "bash, zsh or fish"},
};
constexpr std::string_view kExamples[] = {
    "source <(openmcp completion bash)",
    "openmcp completion zsh > ~/.zfunc/_openmcp",
    "openmcp completion fish > ~/.config/fish/completions/openmcp.fish",
};

base::Task<int> run(Invocation& call) {
  auto shell = call.args().at(0);
  if (shell == "bash") {
    call.out().write(bash_completion(all_commands()));
  } else if (shell == "zsh") {
    call.out().write(zsh_completion(all_commands()));
  } else if (shell == "fish") {
    call.out().write(fish_completion(all_commands()));
  } else {
    throw base::Error(base::Errc::invalid_argument, "no completion for shell '" + shell + "'",
                      "one of: bash, zsh, fish");
  }
  co_return kOk;
}

}  // namespace

const Command kCompletion{
    .name = "completion",
    .group = Group::care,
    .summary = "Print a completion script for a shell",
    .positionals = kPositionals,
    .examples = kExamples,
    .place = Place::here,
    .run = run,
};

}  // namespace openmcp::cli
