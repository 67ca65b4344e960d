// One line an exchange. Neither query strings nor header fields are in it: both may hold secrets.
#pragma once

#include <memory>
#include <string>

#include "base/env.hpp"
#include "http/server.hpp"

namespace openmcp::api::serve {

/// {"time","id","peer","method","path","route","status","received","sent","ms","caller","trace","listener"}
std::string access_line(const http::Done& done, std::string_view listener, base::WallTime now);

/// Lines are gathered and written by a worker; when the disk is too slow for them they are dropped and counted.
class AccessLog {
public:
  /// `where`: "" none, "log" the program's own log, else a file, opened here. Throws Error when that is impossible.
  AccessLog(base::Env& env, std::string where);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  void record(const http::Done& done, std::string_view listener);
  /// The file by its name again: after it was moved away.
  void reopen();
  base::Task<void> flush();

private:
  struct State;
  static base::Task<void> write_out(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace openmcp::api::serve
