#include "cli/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace openmcp::cli {

namespace {

using Commands = std::span<const Command* const>;

/// First word of each command, in order, once; with its members ("block": get, put).
struct Top {
  std::string_view name;
  std::string_view summary;
  const Command* command = nullptr;  ///< null: a family
  std::vector<const Command*> members;
};

std::vector<Top> tops_of(Commands commands) {
  std::vector<Top> tops;
  for (auto* command : commands) {
    auto first = command->name.substr(0, command->name.find(' '));
    auto known = std::ranges::find(tops, first, &Top::name);
    if (known == tops.end()) {
      tops.push_back({.name = first, .summary = command->summary, .command = nullptr, .members = {}});
      known = tops.end() - 1;
    }
    if (first == command->name) {
      known->command = command;
    } else {
      known->members.push_back(command);
    }
  }
  return tops;
}

std::string_view member_name(const Command& command) {
  auto space = command.name.find(' ');
  return space == std::string_view::npos ? command.name : command.name.substr(space + 1);
}

std::string spaced(std::string_view choices) {
  std::string out(choices);
  std::ranges::replace(out, '|', ' ');
  return out;
}

std::string option_words(std::span<const OptionSpec> options) {
  std::string out;
  for (auto& option : options) {
    if (option.letter) out += fmt::format("-{} ", option.letter);
    out += fmt::format("--{} ", option.name);
  }
  if (!out.empty()) out.pop_back();
  return out;
}

/// Text inside single quotes of a POSIX shell.
std::string quoted(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out;
}

Completes argument_kind(const Command& command) {
  auto kind = Completes::nothing;
  for (auto& positional : command.positionals) {
    if (positional.completes != Completes::nothing) kind = positional.completes;
  }
  return kind;
}

/// The letter patterns and long names of options that take a value, as a pattern of a shell's case.
std::string pattern(const OptionSpec& option) {
  return option.letter ? fmt::format("-{}|--{}", option.letter, option.name) : fmt::format("--{}", option.name);
}

std::string bash_values(std::span<const OptionSpec> options, std::string_view indent) {
  std::string out;
  for (auto& option : options) {
    if (option.value.empty()) continue;
    std::string action = "COMPREPLY=()";
    if (!option.choices.empty()) {
      action = fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", spaced(option.choices));
    } else if (option.completes == Completes::file) {
      action = "COMPREPLY=($(compgen -f -- \"$cur\"))";
    } else if (option.completes == Completes::directory) {
      action = "COMPREPLY=($(compgen -d -- \"$cur\"))";
    }
    out += fmt::format("{}{}) {}; return ;;\n", indent, pattern(option), action);
  }
  return out;
}

}  // namespace

std::string bash_completion(Commands commands) {
  auto tops = tops_of(commands);
  std::string names, families;
  for (auto& top : tops) {
    names += fmt::format("{} ", top.name);
    if (top.members.empty()) continue;
    std::string members;
    for (auto* member : top.members) members += fmt::format("{} ", member_name(*member));
    families += fmt::format("    {}) family='{}' ;;\n", top.name, members);
  }
  std::string cases;
  for (auto* command : commands) {
    cases += fmt::format("    '{}')\n      words='{}'\n", command->name, option_words(command->options));
    auto kind = argument_kind(*command);
    cases += fmt::format("      files={}\n", kind == Completes::file        ? "-f"
                                             : kind == Completes::directory ? "-d"
                                                                            : "''");
    if (kind == Completes::command) cases += "      arguments=\"$commands\"\n";
    if (auto values = bash_values(command->options, "        "); !values.empty()) {
      cases += fmt::format("      case \"$prev\" in\n{}      esac\n", values);
    }
    cases += "      ;;\n";
  }
  return fmt::format(R"(# Completion of openmcp for bash. Load it with: source <(openmcp completion bash)
_openmcp() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev='' command='' family='' words='' files='' arguments='' i word
  local commands='{}'
  COMPREPLY=()
  [ "$COMP_CWORD" -gt 0 ] && prev="${{COMP_WORDS[COMP_CWORD-1]}}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    case "$word" in
    --home) i=$((i + 1)); continue ;;
    -*) continue ;;
    esac
    if [ -z "$command" ]; then
      command="$word"
      case "$word" in
{}      *) break ;;
      esac
    else
      command="$command $word"
      family=''
      break
    fi
  done
  case "$prev" in
{}  esac
  if [ -z "$command" ]; then
    COMPREPLY=($(compgen -W "$commands {}" -- "$cur"))
    return
  fi
  if [ -n "$family" ]; then
    COMPREPLY=($(compgen -W "$family" -- "$cur"))
    return
  fi
  case "$command" in
{}  esac
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$words {}" -- "$cur"))
  elif [ -n "$arguments" ]; then
    COMPREPLY=($(compgen -W "$arguments" -- "$cur"))
  elif [ -n "$files" ]; then
    COMPREPLY=($(compgen "$files" -- "$cur"))
  fi
}}
complete -o filenames -F _openmcp openmcp
)",
                     names, families, bash_values(global_options(), "  "), option_words(global_options()), cases,
                     option_words(global_options()));
}

namespace {

/// One specification of zsh's _arguments.
std::string zsh_option(const OptionSpec& option) {
  std::string help;
  for (char c : option.help) {
    if (c == '[' || c == ']' || c == ':') help += '\\';
    help += c;
  }
  std::string value;
  if (!option.value.empty()) {
    std::string action = " ";
    if (!option.choices.empty()) action = fmt::format("({})", spaced(option.choices));
    if (option.completes == Completes::file) action = "_files";
    if (option.completes == Completes::directory) action = "_files -/";
    value = fmt::format(":{}:{}", option.value, action);
  }
  auto text = quoted(fmt::format("[{}]{}", help, value));
  std::string star = option.repeatable ? "*" : "";
  std::string out = fmt::format(" '{}--{}{}{}'", star, option.name, option.value.empty() ? "" : "=", text);
  if (option.letter) out += fmt::format(" '{}-{}{}'", star, option.letter, text);
  return out;
}

std::string zsh_arguments(const Command& command, std::string_view indent) {
  std::string out = fmt::format("{}_arguments -s", indent);
  for (auto& option : command.options) out += fmt::format(" \\\n{} {}", indent, zsh_option(option));
  for (auto& option : global_options()) {
    bool shadowed = std::ranges::any_of(command.options, [&](auto& own) {
      return own.name == option.name || (own.letter && own.letter == option.letter);
    });
    if (!shadowed) out += fmt::format(" \\\n{} {}", indent, zsh_option(option));
  }
  auto kind = argument_kind(command);
  if (kind == Completes::file) out += fmt::format(" \\\n{}  '*:file:_files'", indent);
  if (kind == Completes::directory) out += fmt::format(" \\\n{}  '*:directory:_files -/'", indent);
  return out + "\n";
}

}  // namespace

std::string zsh_completion(Commands commands) {
  std::string list, cases;
  for (auto& top : tops_of(commands)) {
    auto summary = top.members.empty() ? std::string(top.summary) : std::string("commands on ") + std::string(top.name);
    list += fmt::format("    '{}:{}'\n", top.name, quoted(summary));
    cases += fmt::format("    {})\n", top.name);
    if (top.members.empty()) {
      cases += zsh_arguments(*top.command, "      ");
    } else {
      std::string members, inner;
      for (auto* member : top.members) {
        members += fmt::format(" '{}:{}'", member_name(*member), quoted(member->summary));
        inner +=
            fmt::format("        {})\n{}          ;;\n", member_name(*member), zsh_arguments(*member, "          "));
      }
      cases += fmt::format(
          "      if (( CURRENT == 2 )); then\n        local -a members=({} )\n        _describe command members\n"
          "        return\n      fi\n      shift words; (( CURRENT-- ))\n      case $words[1] in\n{}      esac\n",
          members, inner);
    }
    cases += "      ;;\n";
  }
  return fmt::format(R"(#compdef openmcp
# Completion of openmcp for zsh. Load it with: source <(openmcp completion zsh)
_openmcp() {{
  local -a commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words; (( CURRENT-- ))
  case $words[1] in
{}  esac
}}
compdef _openmcp openmcp
)",
                     list, cases);
}

namespace {

std::string fish_option(std::string_view condition, const OptionSpec& option) {
  std::string out = fmt::format("complete -c openmcp {}-l {}", condition, option.name);
  if (option.letter) out += fmt::format(" -s {}", option.letter);
  if (!option.value.empty()) {
    if (!option.choices.empty()) {
      out += fmt::format(" -x -a '{}'", spaced(option.choices));
    } else if (option.completes == Completes::file) {
      out += " -r -F";
    } else if (option.completes == Completes::directory) {
      out += " -x -a '(__fish_complete_directories)'";
    } else {
      out += " -x";
    }
  }
  std::string help;
  for (char c : option.help) {
    if (c == '\'' || c == '\\') help += '\\';
    help += c;
  }
  return out + fmt::format(" -d '{}'\n", help);
}

}  // namespace

std::string fish_completion(Commands commands) {
  std::string out =
      "# Completion of openmcp for fish. Load it with: openmcp completion fish | source\n"
      "complete -c openmcp -f\n";
  for (auto& option : global_options()) out += fish_option("", option);
  for (auto& top : tops_of(commands)) {
    out += fmt::format("complete -c openmcp -n __fish_use_subcommand -a {} -d '{}'\n", top.name,
                       quoted(top.members.empty() ? top.summary : std::string_view("more commands")));
    auto seen = fmt::format("__fish_seen_subcommand_from {}", top.name);
    if (top.members.empty()) {
      auto condition = fmt::format("-n '{}' ", seen);
      for (auto& option : top.command->options) out += fish_option(condition, option);
      auto kind = argument_kind(*top.command);
      if (kind == Completes::file) out += fmt::format("complete -c openmcp {}-F\n", condition);
      if (kind == Completes::directory)
        out += fmt::format("complete -c openmcp {}-a '(__fish_complete_directories)'\n", condition);
      continue;
    }
    std::string members;
    for (auto* member : top.members) members += fmt::format(" {}", member_name(*member));
    for (auto* member : top.members) {
      out += fmt::format("complete -c openmcp -n '{}; and not __fish_seen_subcommand_from{}' -a {} -d '{}'\n", seen,
                         members, member_name(*member), quoted(member->summary));
      auto condition = fmt::format("-n '{}; and __fish_seen_subcommand_from {}' ", seen, member_name(*member));
      for (auto& option : member->options) out += fish_option(condition, option);
      if (argument_kind(*member) == Completes::file) out += fmt::format("complete -c openmcp {}-F\n", condition);
    }
  }
  return out;
}

}  // namespace openmcp::cli
