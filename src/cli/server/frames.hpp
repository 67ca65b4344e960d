// The messages between a process that uses a store and the server that has it open, over the store's socket file. Four
// bytes of length (most significant first), one byte that says which, then its fields: varints, and bytes behind their
// length. Both sides are this program, mostly of one version; the greeting says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::cli {

inline constexpr std::uint64_t kProtocol = 1;
inline constexpr std::size_t kMaxFrame = 4u << 20;    ///< bytes behind the length: more than a command line can have
inline constexpr std::size_t kMaxPiece = 256u << 10;  ///< bytes of content in one frame

/// The server's first word.
struct Greeting {
  std::uint64_t protocol = kProtocol;
  std::string version;  ///< of the program
  std::string kind;     ///< "serve" or "mcp": what the process was started as
  std::uint64_t pid = 0;
  bool operator==(const Greeting&) const = default;
};

struct OutputFacts {
  bool terminal = false, colours = false;
  std::uint64_t columns = 0;
  bool operator==(const OutputFacts&) const = default;
};

/// One command, as the client was called.
struct RunCommand {
  std::vector<std::string> words;
  std::string directory;    ///< absolute
  std::string home, root;   ///< absolute: the store, and what its sources are relative to
  std::uint64_t found = 0;  ///< HomeFrom
  std::vector<std::pair<std::string, std::string>> variables;
  bool input_terminal = false;
  OutputFacts out, err;
  bool operator==(const RunCommand&) const = default;
};

/// The command reads; answered by one InputPiece.
struct NeedInput {
  std::uint64_t most = 0;
  bool operator==(const NeedInput&) const = default;
};
struct InputPiece {
  std::string bytes;  ///< empty: the end
  bool operator==(const InputPiece&) const = default;
};
struct OutputPiece {
  bool error = false;  ///< to standard error
  std::string bytes;
  bool operator==(const OutputPiece&) const = default;
};
struct CancelCommand {
  bool operator==(const CancelCommand&) const = default;
};
struct ErrorFacts {
  std::uint64_t code = 0;  ///< base::Errc
  std::string message, hint;
  bool operator==(const ErrorFacts&) const = default;
};
/// The last frame of a command.
struct CommandEnded {
  std::uint64_t code = 0;
  std::optional<ErrorFacts> error;
  bool operator==(const CommandEnded&) const = default;
};

/// From here on both sides send lines of the Model Context Protocol.
struct SpeakMcp {
  bool operator==(const SpeakMcp&) const = default;
};
struct LinePiece {
  bool last = true;  ///< the line ends here
  std::string text;
  bool operator==(const LinePiece&) const = default;
};

struct AskFacts {
  bool operator==(const AskFacts&) const = default;
};
struct ServerFacts {
  std::string json;
  bool operator==(const ServerFacts&) const = default;
};

/// `serve` wants the store that an `mcp` process has: it ends its work, closes the store and becomes a client.
struct HandOver {
  bool operator==(const HandOver&) const = default;
};

using Frame = std::variant<Greeting, RunCommand, NeedInput, InputPiece, OutputPiece, CancelCommand, CommandEnded,
                           SpeakMcp, LinePiece, AskFacts, ServerFacts, HandOver>;

/// With its length in front.
base::Bytes encode(const Frame& frame);
/// What is behind the length. Errors: corrupt.
base::Result<Frame> decode_frame(base::BytesView bytes);

}  // namespace openmcp::cli
