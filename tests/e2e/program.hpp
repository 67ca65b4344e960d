// Runs the built program as a user would, in a directory of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_dir.hpp"

namespace openmcp::test {

struct Outcome {
  int code = -1;  ///< exit code; 128 + signal when a signal ended it
  std::string out, err;
};

/// A process that runs, with its output gathered.
class Running {
public:
  Running(Running&& other) noexcept;
  ~Running();  ///< kills it when it still runs
  /// Kills it after this time and fails the test.
  Outcome wait(std::chrono::seconds limit = std::chrono::seconds(120));
  void signal(int number) const;
  void write(std::string_view text);  ///< to its standard input, when it was opened
  void close_input();
  /// Its next line on standard output, without the end; nullopt when none comes.
  std::optional<std::string> line(std::chrono::seconds limit = std::chrono::seconds(30));
  int pid() const { return pid_; }
  /// Waits until it has written this to standard error.
  bool wrote_error(std::string_view text, std::chrono::seconds limit = std::chrono::seconds(30));

private:
  friend class Sandbox;
  Running() = default;
  bool pump(int milliseconds);
  int pid_ = -1, in_ = -1, out_ = -1, err_ = -1;
  std::size_t lines_ = 0;  ///< bytes of the output that line() gave
  Outcome outcome_;
};

/// A directory, a user's home in it, and nothing else of this machine's settings.
class Sandbox {
public:
  Sandbox();
  /// openmcp WORD... in `directory()`; standard input is empty unless `input` is set before.
  Outcome openmcp(std::vector<std::string> words);
  /// The same, and the answer parsed from its one line; fails the test unless the exit code is `code`.
  boost::json::value json(std::vector<std::string> words, int code = 0);
  /// Any program, found by PATH.
  Outcome run(std::vector<std::string> words);
  Outcome shell(const std::string& script);
  Running start(std::vector<std::string> words, bool with_input = false);

  void write(const std::string& name, std::string_view bytes) const;
  std::string read(const std::string& name) const;
  bool exists(const std::string& name) const;
  void make_directory(const std::string& name) const;
  std::string path(const std::string& name = {}) const;

  std::map<std::string, std::string> variables;  ///< added to the environment
  std::optional<std::string> input;              ///< for the next call only
  std::string directory;                         ///< working directory, below path()

private:
  TempDir temp_;
};

/// Runs openmcp on a terminal of 60 columns and returns what the terminal got.
std::string on_terminal(Sandbox& box, std::vector<std::string> words, const std::string& typed = {});

/// The program under test.
std::string openmcp_program();
/// Kubo: $OPENMCP_KUBO, else `ipfs` beside the set-up's cache or on PATH; nullopt: none.
std::optional<std::string> kubo_program();
/// Bytes that do not compress, the same for the same seed.
std::string noise(std::size_t size, std::uint64_t seed);
/// A text of a JSON value at keys; "" when absent.
std::string text_of(const boost::json::value& value);

}  // namespace openmcp::test

#define EXPECT_CODE(outcome, expected) EXPECT_EQ((outcome).code, expected) << (outcome).out << (outcome).err
