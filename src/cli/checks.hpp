// What doctor found.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/invocation.hpp"

namespace openmcp::cli {

enum class Verdict : std::uint8_t { good, warning, bad };

struct Check {
  std::string name;
  Verdict verdict;
  std::string finding, advice;
};

class Checks {
public:
  void good(std::string name, std::string finding) { add(std::move(name), Verdict::good, std::move(finding), {}); }
  void warning(std::string name, std::string finding, std::string advice) {
    add(std::move(name), Verdict::warning, std::move(finding), std::move(advice));
  }
  void bad(std::string name, std::string finding, std::string advice) {
    add(std::move(name), Verdict::bad, std::move(finding), std::move(advice));
  }
  void bad(std::string name, const base::Error& error) { bad(std::move(name), error.message(), error.hint()); }
  const std::vector<Check>& all() const noexcept { return checks_; }
  bool failed() const noexcept {
    return std::ranges::any_of(checks_, [](auto& check) { return check.verdict == Verdict::bad; });
  }

private:
  void add(std::string name, Verdict verdict, std::string finding, std::string advice) {
    checks_.push_back({std::move(name), verdict, std::move(finding), std::move(advice)});
  }
  std::vector<Check> checks_;
};

/// The server, its files, and what keeps one from starting.
base::Task<void> check_server(Invocation& call, Checks& checks);
/// Variables of the environment and files whose names nearly are something.
void check_names(Invocation& call, Checks& checks);

}  // namespace openmcp::cli
