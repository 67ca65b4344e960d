// What a command declares: its name, its options and arguments, and the coroutine that does it. The parser, the help,
// the completions and docs/cli.md are all made from these declarations. They are constant data: no work at start.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/task.hpp"

namespace openmcp::cli {

class Invocation;

/// What a shell may offer in a place.
enum class Completes : std::uint8_t { nothing, file, directory, command };

// The order of reading, not of the least padding: a few dozen constants.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct OptionSpec {
  std::string_view name;        ///< long form without dashes
  char letter = 0;              ///< short form, 0: none
  std::string_view value = {};  ///< name of its value; empty: a switch, which also takes =true and =false
  std::string_view help;
  bool repeatable = false;
  std::string_view choices = {};  ///< "a|b|c": the only values allowed
  Completes completes = Completes::nothing;
};

struct PositionalSpec {
  std::string_view name;
  std::string_view help;
  bool required = true;
  bool repeatable = false;  ///< only the last one
  Completes completes = Completes::nothing;
};

/// Groups in the order in which help shows them.
enum class Group : std::uint8_t { start, contexts, sharing, server, care, blocks };
std::string_view title(Group group) noexcept;

/// Where a command runs while a server has the store open.
enum class Place : std::uint8_t {
  server,  ///< there: it sees and changes what the server has
  either,  ///< here as long as reading is enough (it moves much, or needs the store only sometimes), otherwise there
  here,    ///< always in its own process
};

struct Command {
  std::string_view name;  ///< "commit", or "block get": a family and its member
  Group group;
  std::string_view summary;       ///< one line, no full stop
  std::string_view details = {};  ///< paragraphs shown by `help COMMAND`
  std::span<const OptionSpec> options = {};
  std::span<const PositionalSpec> positionals = {};
  std::span<const std::string_view> examples = {};
  Place place = Place::server;
  base::Task<int> (*run)(Invocation&);
};

/// Options that every command takes.
std::span<const OptionSpec> global_options() noexcept;

}  // namespace openmcp::cli
