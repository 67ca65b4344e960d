// The audit log: <home>/audit.log, one JSON object a line, append-only and hash-chained: each line has the SHA-256 of
// the line before ("prev"), so that a change, a removal or an insertion anywhere is found. Never holds secrets or
// content.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/env.hpp"

namespace openmcp::api {

struct AuditEntry {
  std::string who;     ///< Caller::name
  std::string token;   ///< its id; "" none
  std::string from;    ///< "rest", "mcp", "rpc", "gateway", "pins", "cli", "web", "server"
  std::string action;  ///< "context.commit", "context.forget", "token.create", "auth.refused", ...
  std::string target;  ///< id, CID or route
  std::string result = "ok";
  std::string detail;
};

struct AuditLine {
  std::uint64_t seq = 0;  ///< from 1
  std::int64_t time = 0;  ///< microseconds
  AuditEntry entry;
  std::string hash;  ///< hex, of this line
};

struct AuditPage {
  std::vector<AuditLine> lines;  ///< newest first
  std::uint64_t next = 0;        ///< give as `before` for the next page; 0: the end
};

struct AuditCheck {
  std::uint64_t lines = 0;
  std::string head;            ///< hash of the last line: compare it with one kept elsewhere
  std::uint64_t bad_line = 0;  ///< 0: the chain holds
  std::string problem;
  bool ok() const noexcept { return bad_line == 0; }
};

class AuditLog {
public:
  /// Cuts what a crash left behind the last whole line and goes on there; the cut bytes are put aside in a file
  /// ("audit.log.cut-<line>"), and the cut is itself recorded. Error busy when another process writes the log.
  static base::Task<std::unique_ptr<AuditLog>> open(base::Env& env, base::Path home);
  ~AuditLog();
  /// Returns when the line is chained and handed to the system; made durable in the background, about once a second,
  /// and by flush(). Never throws: what cannot be written is counted and logged.
  void record(AuditEntry entry) noexcept;
  base::Task<void> flush();
  base::Task<AuditPage> read(std::uint64_t before, std::size_t limit);  ///< before 0: from the newest
  base::Task<AuditCheck> check();
  std::uint64_t records() const noexcept;  ///< since it was opened
  std::uint64_t failures() const noexcept;
  /// Whether the chain held when it was last looked at: all of it by check(), its end by open().
  bool valid() const noexcept;
  base::Task<void> close();

  /// The whole file, without opening it for writing.
  static base::Task<AuditCheck> verify(base::Env& env, base::Path home);

  struct State;

private:
  explicit AuditLog(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::api
