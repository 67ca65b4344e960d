#include "cli/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/suggest.hpp"

namespace openmcp::cli {

using base::Errc;
using base::fail;
using base::Result;

namespace {

constexpr OptionSpec kGlobals[] = {
    {.name = "home", .value = "DIR", .help = "use the store in this directory", .completes = Completes::directory},
    {.name = "json", .help = "print one JSON object instead of text"},
    {.name = "quiet", .letter = 'q', .help = "print results only"},
    {.name = "verbose", .letter = 'v', .help = "log what is done to stderr; twice for more"},
    {.name = "no-color", .help = "no colours, as with $NO_COLOR"},
    {.name = "no-progress", .help = "no progress bar"},
    {.name = "help", .letter = 'h', .help = "show the help of the command"},
    {.name = "version", .help = "show the version of the program"},
};

std::string usage_hint(const Command* command) {
  return command ? fmt::format("see 'openmcp help {}'", command->name) : "see 'openmcp help'";
}

/// The choices of "a|b|c".
std::vector<std::string_view> split_choices(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto bar = text.find('|');
    out.push_back(text.substr(0, bar));
    text = bar == std::string_view::npos ? std::string_view{} : text.substr(bar + 1);
  }
  return out;
}

struct Parser {
  std::span<const std::string_view> words;
  std::span<const Command* const> commands;
  Globals& globals;
  Parsed parsed{};
  std::size_t next = 0;

  const OptionSpec* find_long(std::string_view name, bool& global) const {
    global = false;
    if (parsed.command) {
      for (auto& option : parsed.command->options) {
        if (option.name == name) return &option;
      }
    }
    global = true;
    for (auto& option : kGlobals) {
      if (option.name == name) return &option;
    }
    return nullptr;
  }

  const OptionSpec* find_letter(char letter, bool& global) const {
    global = false;
    if (parsed.command) {
      for (auto& option : parsed.command->options) {
        if (option.letter == letter) return &option;
      }
    }
    global = true;
    for (auto& option : kGlobals) {
      if (option.letter == letter) return &option;
    }
    return nullptr;
  }

  Result<void> set(const OptionSpec& option, bool global, std::string value) {
    if (option.value.empty() && value != "true" && value != "false") {
      return fail(Errc::invalid_argument,
                  fmt::format("option --{} takes no value but '{}' was given", option.name, value),
                  fmt::format("--{0}, --{0}=true or --{0}=false", option.name));
    }
    if (!option.choices.empty()) {
      auto choices = split_choices(option.choices);
      if (std::ranges::find(choices, value) == choices.end()) {
        return fail(Errc::invalid_argument, fmt::format("option --{} does not take '{}'", option.name, value),
                    fmt::format("one of: {}", fmt::join(choices, ", ")));
      }
    }
    if (!global) {
      parsed.args.add_option(option.name, std::move(value));
      return {};
    }
    bool on = value == "true";
    if (option.name == "home") globals.home = std::move(value);
    if (option.name == "json") globals.json = on;
    if (option.name == "quiet") globals.quiet = on;
    if (option.name == "verbose") globals.verbose = on ? globals.verbose + 1 : 0;
    if (option.name == "no-color") globals.no_color = on;
    if (option.name == "no-progress") globals.no_progress = on;
    if (option.name == "help") globals.help = on;
    if (option.name == "version") globals.version = on;
    return {};
  }

  Result<void> take_value(const OptionSpec& option, bool global, std::string_view spelled) {
    if (option.value.empty()) return set(option, global, "true");
    if (next == words.size()) {
      return fail(Errc::invalid_argument, fmt::format("option {} needs a value: {}", spelled, option.value),
                  usage_hint(parsed.command));
    }
    return set(option, global, std::string(words[next++]));
  }

  Result<void> long_option(std::string_view word) {
    auto equals = word.find('=');
    auto name = word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    bool global = false;
    auto* option = find_long(name, global);
    if (!option) {
      std::vector<std::string_view> names;
      if (parsed.command) {
        for (auto& known : parsed.command->options) names.push_back(known.name);
      }
      for (auto& known : kGlobals) names.push_back(known.name);
      auto near = nearest(name, names);
      auto hint = near.empty() ? usage_hint(parsed.command) : fmt::format("did you mean --{}?", near);
      auto of = parsed.command ? fmt::format(" of '{}'", parsed.command->name) : std::string();
      return fail(Errc::invalid_argument, fmt::format("unknown option --{}{}", name, of), std::move(hint));
    }
    if (equals != std::string_view::npos) return set(*option, global, std::string(word.substr(equals + 1)));
    return take_value(*option, global, word);
  }

  Result<void> short_options(std::string_view word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      bool global = false;
      auto* option = find_letter(word[i], global);
      if (!option) {
        auto of = parsed.command ? fmt::format(" of '{}'", parsed.command->name) : std::string();
        return fail(Errc::invalid_argument, fmt::format("unknown option -{}{}", word[i], of),
                    usage_hint(parsed.command));
      }
      if (!option->value.empty() && i + 1 < word.size()) {
        auto value = word.substr(i + 1);
        if (value.starts_with('=')) value.remove_prefix(1);
        return set(*option, global, std::string(value));
      }
      if (auto done = take_value(*option, global, fmt::format("-{}", word[i])); !done) return done;
    }
    return {};
  }

  Result<void> command_word(std::string_view word) {
    std::vector<std::string_view> names;
    if (parsed.family.empty()) {
      for (auto* command : commands) {
        if (command->name == word) {
          parsed.command = command;
          parsed.args = Args(command);
          return {};
        }
        auto first = command->name.substr(0, command->name.find(' '));
        if (first == word && first != command->name) parsed.family = word;
        names.push_back(first);
      }
      if (!parsed.family.empty()) return {};
      auto near = nearest(word, names);
      if (auto same = synonym(word); !same.empty()) near = same;
      return fail(Errc::invalid_argument, fmt::format("unknown command '{}'", word),
                  near.empty() ? "see 'openmcp help'" : fmt::format("did you mean 'openmcp {}'?", near));
    }
    for (auto* command : commands) {
      if (!command->name.starts_with(parsed.family + " ")) continue;
      auto member = command->name.substr(parsed.family.size() + 1);
      if (member == word) {
        parsed.command = command;
        parsed.args = Args(command);
        return {};
      }
      names.push_back(member);
    }
    auto near = nearest(word, names);
    return fail(Errc::invalid_argument, fmt::format("unknown command '{} {}'", parsed.family, word),
                near.empty() ? fmt::format("one of: {}", fmt::join(names, ", "))
                             : fmt::format("did you mean 'openmcp {} {}'?", parsed.family, near));
  }

  /// What users of git, Kubo and the shell try first.
  static std::string_view synonym(std::string_view word) {
    static constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {
        {"log", "history"}, {"rm", "forget"},      {"delete", "forget"}, {"remove", "forget"}, {"find", "search"},
        {"grep", "search"}, {"fsck", "verify"},    {"info", "show"},     {"prune", "gc"},      {"repo", "status"},
        {"save", "commit"}, {"revert", "restore"}, {"stats", "status"},  {"id", "status"},
    };
    for (auto& [theirs, ours] : kSynonyms) {
      if (theirs == word) return ours;
    }
    return {};
  }

  Result<void> positional(std::string_view word) {
    if (!parsed.command) return command_word(word);
    auto specs = parsed.command->positionals;
    auto count = parsed.args.positionals().size();
    if (count >= specs.size() && (specs.empty() || !specs.back().repeatable)) {
      return fail(Errc::invalid_argument,
                  fmt::format("'{}' does not take the argument '{}'", parsed.command->name, word),
                  usage_hint(parsed.command));
    }
    parsed.args.add_positional(std::string(word));
    return {};
  }

  Result<Parsed> run() {
    bool options_ended = false;
    while (next < words.size()) {
      auto word = words[next++];
      Result<void> step;
      if (options_ended || word == "-" || !word.starts_with('-')) {
        step = positional(word);
      } else if (word == "--") {
        options_ended = true;
      } else if (word.starts_with("--")) {
        step = long_option(word);
      } else {
        step = short_options(word);
      }
      if (!step) return std::unexpected(std::move(step).error());
    }
    parsed.globals = globals;
    if (globals.help || globals.version) return std::move(parsed);
    if (!parsed.command && !parsed.family.empty()) {
      std::vector<std::string_view> members;
      for (auto* command : commands) {
        if (command->name.starts_with(parsed.family + " "))
          members.push_back(command->name.substr(parsed.family.size() + 1));
      }
      return fail(Errc::invalid_argument, fmt::format("'{}' needs one of: {}", parsed.family, fmt::join(members, ", ")),
                  fmt::format("see 'openmcp help {}'", parsed.family));
    }
    if (parsed.command) {
      auto specs = parsed.command->positionals;
      auto count = parsed.args.positionals().size();
      if (count < specs.size() && specs[count].required) {
        return fail(Errc::invalid_argument, fmt::format("'{}' needs {}", parsed.command->name, specs[count].name),
                    usage_hint(parsed.command));
      }
    }
    return std::move(parsed);
  }
};

}  // namespace

std::span<const OptionSpec> global_options() noexcept { return kGlobals; }

Result<Parsed> parse(std::span<const std::string_view> words, std::span<const Command* const> commands,
                     Globals& globals) {
  Parser parser{.words = words, .commands = commands, .globals = globals};
  return parser.run();
}

void Args::check(std::string_view option) const {
  if (command_) {
    for (auto& known : command_->options) {
      if (known.name == option) return;
    }
  }
  throw base::Error(Errc::internal, fmt::format("option --{} is not declared", option));
}

const std::string* Args::last(std::string_view option) const {
  check(option);
  const std::string* found = nullptr;
  for (auto& [name, value] : options_) {
    if (name == option) found = &value;
  }
  return found;
}

bool Args::given(std::string_view option) const { return last(option) != nullptr; }

bool Args::flag(std::string_view option, bool fallback) const {
  auto* value = last(option);
  return value ? *value == "true" : fallback;
}

std::optional<std::string> Args::text(std::string_view option) const {
  auto* value = last(option);
  return value ? std::optional(*value) : std::nullopt;
}

std::string Args::text_or(std::string_view option, std::string_view fallback) const {
  auto* value = last(option);
  return value ? *value : std::string(fallback);
}

std::vector<std::string> Args::all(std::string_view option) const {
  check(option);
  std::vector<std::string> out;
  for (auto& [name, value] : options_) {
    if (name == option) out.push_back(value);
  }
  return out;
}

std::optional<std::uint64_t> Args::number(std::string_view option, std::uint64_t most) const {
  auto* value = last(option);
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  auto [end, failure] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (value->empty() || failure != std::errc() || end != value->data() + value->size() || number > most) {
    throw base::Error(Errc::invalid_argument, fmt::format("option --{} does not take '{}'", option, *value),
                      fmt::format("a whole number from 0 to {}", most));
  }
  return number;
}

std::string Args::at(std::size_t index) const {
  return index < positionals_.size() ? positionals_[index] : std::string();
}

}  // namespace openmcp::cli
