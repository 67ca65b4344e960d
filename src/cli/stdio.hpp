// The process's own input and output. These three descriptors are not part of Env: they belong to the caller of the
// program and only this room uses them.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/env.hpp"

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
  virtual ~Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view text);
  void line(std::string_view text) { write(text), write("\n"); }
  /// Flushes what was gathered, then writes all parts in order, in as few system calls as possible.
  virtual void write_parts(std::span<const base::BytesView> parts);
  /// The same for one part. Large parts of mapped files reach a pipe without being copied.
  virtual void write_shared(const base::SharedBytes& bytes);
  void flush();
  /// Waits while much is on its way to a reader that is slow. To be awaited between the parts of a long output; a
  /// descriptor of our own makes its writers wait by itself.
  virtual base::Task<void> ready();

  bool terminal() const noexcept { return terminal_; }
  bool colours() const noexcept { return colours_; }
  /// Columns of the terminal ($COLUMNS, else asked); 0 when it is none: no limit.
  std::size_t columns() const noexcept { return columns_; }
  std::string styled(Style style, std::string_view text) const;

protected:
  /// No descriptor of ours: write_parts and write_shared are overridden.
  Output(bool terminal, bool colours, std::size_t columns)
      : terminal_(terminal), colours_(colours), columns_(columns) {}

private:
  void write_all(base::BytesView bytes);
  [[noreturn]] void failed(int error);
  void look_at_pipe();
  int descriptor_ = -1;
  bool terminal_ = false, colours_ = false, pipe_known_ = false, pipe_ = false;
  std::size_t columns_ = 0;
  std::string gathered_;
};

/// What a command reads. Waiting for it holds no thread.
class Input {
public:
  virtual ~Input() = default;
  /// What is there, at least one byte, at most into.size(); 0: the end. Throws Error cancelled, io.
  virtual base::Task<std::size_t> read_some(base::MutableBytes into) = 0;
  /// Fills `into`; fewer bytes only at the end of the input.
  virtual base::Task<std::size_t> read(base::MutableBytes into);
  virtual bool terminal() const noexcept = 0;
  /// Something was asked for: the command cannot begin anew.
  virtual bool begun() const noexcept = 0;
};

/// Standard input of this process.
class StandardInput final : public Input {
public:
  StandardInput(base::Env& env, int descriptor) : env_(env), descriptor_(descriptor) {}
  base::Task<std::size_t> read_some(base::MutableBytes into) override;
  base::Task<std::size_t> read(base::MutableBytes into) override;
  bool terminal() const noexcept override;
  bool begun() const noexcept override { return begun_; }

private:
  std::size_t read_now(base::MutableBytes into, int patience) const;
  base::Env& env_;
  int descriptor_;
  bool begun_ = false;
};

/// Standard output for a process that serves others as well: a reader that takes nothing makes only the writer wait.
class PatientOutput {
public:
  PatientOutput(base::Env& env, int descriptor) : env_(env), descriptor_(descriptor) {}
  /// All of it. Throws OutputClosed, Error (io, cancelled).
  base::Task<void> write(std::string text);

private:
  base::Env& env_;
  int descriptor_;
};

}  // namespace openmcp::cli
