// The process's own input and output. These three descriptors are not part of Env: they belong to the caller of the
// program and only this room uses them.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace openmcp::cli {

/// The reader of our output went away: end quietly.
class OutputClosed : public std::exception {
public:
  const char* what() const noexcept override { return "the output was closed"; }
};

enum class Style : std::uint8_t { plain, bold, dim, red, green, yellow, blue, cyan };

/// A descriptor for text and bytes. Small writes are gathered; large ones go out at once without a copy. Throws
/// OutputClosed, or Error (no_space, io, cancelled).
class Output {
public:
  /// Colours only when `colours` and the descriptor is a terminal.
  Output(int descriptor, bool colours);

  void write(std::string_view text);
  void line(std::string_view text) { write(text), write("\n"); }
  /// Flushes what was gathered, then writes all parts in order, in as few system calls as possible.
  void write_parts(std::span<const base::BytesView> parts);
  /// The same for one part. Large parts of mapped files reach a pipe without being copied.
  void write_shared(const base::SharedBytes& bytes);
  void flush();

  bool terminal() const noexcept { return terminal_; }
  bool colours() const noexcept { return colours_; }
  /// Columns of the terminal ($COLUMNS, else asked); 0 when it is none: no limit.
  std::size_t columns() const noexcept { return columns_; }
  int descriptor() const noexcept { return descriptor_; }
  std::string styled(Style style, std::string_view text) const;

private:
  void write_all(base::BytesView bytes);
  [[noreturn]] void failed(int error);
  void look_at_pipe();
  int descriptor_;
  bool terminal_ = false, colours_ = false, pipe_known_ = false, pipe_ = false;
  std::size_t columns_ = 0;
  std::string gathered_;
};

/// Standard input. Reads block, but end with Error cancelled when a signal asks the program to stop.
class Input {
public:
  explicit Input(int descriptor) : descriptor_(descriptor) {}
  /// Fills `into`; fewer bytes only at the end of the input.
  std::size_t read(base::MutableBytes into);
  bool terminal() const noexcept;
  int descriptor() const noexcept { return descriptor_; }

private:
  int descriptor_;
};

}  // namespace openmcp::cli
