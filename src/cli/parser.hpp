// From argv to a command and its arguments. Our own and not CLI11: the declarations are constant data that also make
// the help and the completions, an unknown name gets a suggestion, and the start costs microseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "cli/command.hpp"

namespace openmcp::cli {

/// The options and positional arguments of one call. Asking for a name that the command does not declare is a bug
/// (Error internal).
class Args {
public:
  explicit Args(const Command* command = nullptr) : command_(command) {}

  bool given(std::string_view option) const;
  bool flag(std::string_view option, bool fallback = false) const;
  std::optional<std::string> text(std::string_view option) const;
  std::string text_or(std::string_view option, std::string_view fallback) const;
  std::vector<std::string> all(std::string_view option) const;
  /// A whole number in decimal, at most `most`; throws Error invalid_argument naming the option.
  std::optional<std::uint64_t> number(std::string_view option, std::uint64_t most = INT64_MAX) const;

  const std::vector<std::string>& positionals() const noexcept { return positionals_; }
  /// The n-th positional argument; empty when not given.
  std::string at(std::size_t index) const;

  void add_option(std::string_view name, std::string value) { options_.emplace_back(name, std::move(value)); }
  void add_positional(std::string value) { positionals_.push_back(std::move(value)); }

private:
  const std::string* last(std::string_view option) const;
  void check(std::string_view option) const;
  const Command* command_;
  std::vector<std::pair<std::string_view, std::string>> options_;
  std::vector<std::string> positionals_;
};

/// Options that every command takes.
struct Globals {
  std::optional<std::string> home;
  bool json = false, quiet = false, no_color = false, no_progress = false, help = false, version = false;
  int verbose = 0;
};

struct Parsed {
  Globals globals;
  const Command* command = nullptr;  ///< null: no command was named
  std::string family;                ///< "block" when only the first word of a family was given
  Args args{};
};

/// Parses the words after the program's name. Options may stand anywhere; `--` ends them; a lone `-` is an argument.
/// Errors: invalid_argument with a hint (nearest name, the command's usage). `globals` is filled as far as parsed even
/// then, so that the error can be reported in the form that was asked for.
base::Result<Parsed> parse(std::span<const std::string_view> words, std::span<const Command* const> commands,
                           Globals& globals);

}  // namespace openmcp::cli
