#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

std::string_view title(Group group) noexcept {
  switch (group) {
    case Group::start:
      return "Start";
    case Group::contexts:
      return "Contexts";
    case Group::sharing:
      return "Exchange";
    case Group::server:
      return "Server";
    case Group::care:
      return "Care";
    case Group::blocks:
      return "Blocks and files (plumbing)";
  }
  return "";
}

namespace {

constexpr Group kGroups[] = {Group::start, Group::contexts, Group::sharing, Group::server, Group::care, Group::blocks};

constexpr std::string_view kIntroduction =
    "openmcp keeps contexts (documents, code, conversations, decisions) with their whole history, addressed by their\n"
    "content and verified on every read.";

constexpr std::string_view kStoreText =
    "The store is the directory of --home, else $OPENMCP_HOME, else the nearest .openmcp here or above, else\n"
    "$XDG_DATA_HOME/openmcp (~/.local/share/openmcp). It is made at the first use.";

std::string option_heading(const OptionSpec& option) {
  std::string heading = option.letter ? fmt::format("-{}, ", option.letter) : "    ";
  heading += fmt::format("--{}", option.name);
  if (!option.value.empty()) heading += fmt::format(" {}", option.choices.empty() ? option.value : option.choices);
  return heading;
}

/// Breaks a text at spaces; every line but the first starts with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  std::string out;
  std::size_t used = indent;
  while (!text.empty()) {
    auto space = text.find(' ');
    auto word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (used > indent && used + 1 + width(word) > columns) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (used > indent) {
      out += ' ';
      ++used;
    }
    out += word;
    used += width(word);
  }
  return out;
}

std::size_t page_width(const Output& out) {
  return out.columns() == 0 ? 100 : std::clamp<std::size_t>(out.columns(), 50, 120);
}

struct Entry {
  std::string heading;
  std::string text;
};

void print_entries(Output& out, const std::vector<Entry>& entries) {
  std::size_t widest = 0;
  for (auto& entry : entries) widest = std::max(widest, width(entry.heading));
  widest = std::min<std::size_t>(widest, 30);
  for (auto& entry : entries) {
    auto line = "  " + out.styled(Style::bold, entry.heading);
    auto used = width(entry.heading);
    if (used > widest) {
      out.line(line);
      line = std::string(2 + widest, ' ');
    } else {
      line.append(widest - used, ' ');
    }
    out.line(line + "  " + wrapped(entry.text, widest + 4, page_width(out)));
  }
}

std::vector<Entry> option_entries(std::span<const OptionSpec> options) {
  std::vector<Entry> entries;
  for (auto& option : options) {
    auto text = std::string(option.help);
    if (option.repeatable) text += " (repeatable)";
    entries.push_back({option_heading(option), std::move(text)});
  }
  return entries;
}

void heading(Output& out, std::string_view text) { out.line("\n" + out.styled(Style::cyan, text)); }

std::string setting_text(const base::Setting& value) {
  struct Visitor {
    std::string operator()(bool on) const { return on ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return fmt::format("\"{}\"", text); }
    std::string operator()(const std::vector<std::string>& list) const {
      return list.empty() ? "[]" : fmt::format("[\"{}\"]", fmt::join(list, "\", \""));
    }
  };
  return std::visit(Visitor{}, value);
}

}  // namespace

std::string environment_name(std::string_view key) {
  std::string name = "OPENMCP_";
  for (char c : key) name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
}

std::string usage(const Command& command) {
  auto text = fmt::format("openmcp {}", command.name);
  if (!command.options.empty()) text += " [OPTION]...";
  for (auto& positional : command.positionals) {
    auto name = fmt::format("{}{}", positional.name, positional.repeatable ? "..." : "");
    text += positional.required ? fmt::format(" {}", name) : fmt::format(" [{}]", name);
  }
  return text;
}

void print_overview(Output& out, std::span<const Command* const> commands) {
  out.line(kIntroduction);
  out.line(fmt::format("\n{} openmcp [OPTION]... COMMAND [ARGUMENT]...", out.styled(Style::cyan, "Usage:")));
  for (auto group : kGroups) {
    std::vector<Entry> entries;
    for (auto* command : commands) {
      if (command->group == group) entries.push_back({std::string(command->name), std::string(command->summary)});
    }
    if (entries.empty()) continue;
    heading(out, title(group));
    print_entries(out, entries);
  }
  heading(out, "Options of every command");
  print_entries(out, option_entries(global_options()));
  out.line("");
  out.line(kStoreText);
  out.line("\n'openmcp help COMMAND' says more; also: 'openmcp help config', 'openmcp help exit-codes'.");
}

void print_command(Output& out, const Command& command) {
  out.line(fmt::format("openmcp {} - {}", command.name, command.summary));
  out.line(fmt::format("\n{} {}", out.styled(Style::cyan, "Usage:"), usage(command)));
  if (!command.details.empty()) {
    std::string_view rest = command.details;
    while (!rest.empty()) {
      auto end = rest.find('\n');
      out.line("\n" + wrapped(rest.substr(0, end), 0, page_width(out)));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
  }
  if (!command.positionals.empty()) {
    heading(out, "Arguments");
    std::vector<Entry> entries;
    for (auto& positional : command.positionals) {
      entries.push_back({std::string(positional.name), std::string(positional.help)});
    }
    print_entries(out, entries);
  }
  if (!command.options.empty()) {
    heading(out, "Options");
    print_entries(out, option_entries(command.options));
  }
  heading(out, "Options of every command");
  print_entries(out, option_entries(global_options()));
  if (!command.examples.empty()) {
    heading(out, "Examples");
    for (auto example : command.examples) out.line(fmt::format("  {}", example));
  }
}

void print_family(Output& out, std::string_view family, std::span<const Command* const> commands) {
  std::vector<Entry> entries;
  for (auto* command : commands) {
    if (command->name.starts_with(fmt::format("{} ", family))) {
      entries.push_back({std::string(command->name), std::string(command->summary)});
    }
  }
  out.line(fmt::format("{} openmcp {} COMMAND [ARGUMENT]...", out.styled(Style::cyan, "Usage:"), family));
  out.line("");
  print_entries(out, entries);
}

void print_exit_codes(Output& out) {
  std::vector<Entry> entries;
  for (auto& info : exit_codes()) {
    entries.push_back({fmt::format("{:3}  {}", info.code, info.name), std::string(info.meaning)});
  }
  out.line(out.styled(Style::cyan, "Exit codes"));
  print_entries(out, entries);
}

void print_settings(Output& out, std::span<const base::SettingSpec> settings) {
  out.line("Settings stand in openmcp.toml in the store's directory; a variable of the environment overrides one.");
  for (auto& setting : settings) {
    out.line(fmt::format("\n  {} = {}", out.styled(Style::bold, setting.key), setting_text(setting.fallback)));
    out.line("      " + wrapped(setting.help, 6, page_width(out)));
    out.line(fmt::format("      ${}", environment_name(setting.key)));
  }
}

namespace {

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void append_options(std::string& out, std::span<const OptionSpec> options) {
  out += "\n| option | meaning |\n|---|---|\n";
  for (auto& option : options) {
    std::string name = option.letter ? fmt::format("`-{}`, ", option.letter) : "";
    auto value = option.value.empty() ? std::string()
                                      : fmt::format(" {}", option.choices.empty() ? option.value : option.choices);
    out += fmt::format("| {}`--{}{}` | {}{} |\n", name, option.name, cell(value), cell(option.help),
                       option.repeatable ? " (repeatable)" : "");
  }
}

}  // namespace

std::string reference_markdown(std::span<const Command* const> commands, std::span<const base::SettingSpec> settings) {
  std::string out = "# The command line\n\n";
  out += "<!-- Made by `openmcp help --markdown`; a test keeps it equal to the program. -->\n\n";
  out += fmt::format("{}\n\n{}\n\n", kIntroduction, kStoreText);
  out +=
      "`openmcp help COMMAND` shows the same text. With `--json` a command prints one JSON object; errors are then\n"
      "`{\"error\":{\"code\",\"message\",\"hint\"}}` on standard error. Text from contexts is escaped before it\n"
      "reaches a terminal.\n\n";
  for (auto group : kGroups) {
    out += fmt::format("## {}\n", title(group));
    for (auto* command : commands) {
      if (command->group != group) continue;
      out += fmt::format("\n### {}\n\n{}.\n\n```\n{}\n```\n", command->name, command->summary, usage(*command));
      std::string_view rest = command->details;
      while (!rest.empty()) {
        auto end = rest.find('\n');
        out += fmt::format("\n{}\n", rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      }
      if (!command->positionals.empty()) {
        out += "\n| argument | meaning |\n|---|---|\n";
        for (auto& positional : command->positionals) {
          out += fmt::format("| `{}` | {} |\n", positional.name, cell(positional.help));
        }
      }
      if (!command->options.empty()) append_options(out, command->options);
      if (!command->examples.empty()) {
        out += fmt::format("\n```sh\n{}\n```\n", fmt::join(command->examples, "\n"));
      }
    }
    out += '\n';
  }
  out += "## Options of every command\n";
  append_options(out, global_options());
  out += "\n## Exit codes\n\n| code | name | meaning |\n|---|---|---|\n";
  for (auto& info : exit_codes()) out += fmt::format("| {} | {} | {} |\n", info.code, info.name, cell(info.meaning));
  out +=
      "\n## Settings\n\nIn `openmcp.toml` in the store's directory; unknown keys are refused by name and line. A\n"
      "variable of the environment overrides the file.\n\n| key | default | variable | meaning |\n|---|---|---|---|\n";
  for (auto& setting : settings) {
    out += fmt::format("| `{}` | `{}` | `{}` | {} |\n", setting.key, cell(setting_text(setting.fallback)),
                       environment_name(setting.key), cell(setting.help));
  }
  return out;
}

}  // namespace openmcp::cli
