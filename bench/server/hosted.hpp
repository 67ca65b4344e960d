// Servers as programs of their own, started for a measurement and gone after it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace openmcp::bench {

struct Start {
  std::vector<std::string> command, environment;  ///< "NAME=value"
  std::filesystem::path log;                      ///< takes what it writes
  std::optional<unsigned> core = std::nullopt;    ///< it may use only this one
};

class Program {
public:
  explicit Program(const Start& start);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  /// Asks it to end, and ends it when it does not.
  ~Program();
  int pid() const noexcept { return pid_; }
  /// Waits until `found` is in its log and returns the log. Throws when it ends or takes longer than a minute.
  std::string wait_for(const std::string& found) const;

private:
  std::filesystem::path log_;
  int pid_ = -1;
};

/// `openmcp serve` on free loopback ports, without limits of rate.
struct Openmcp {
  Openmcp(const std::string& program, const std::filesystem::path& home, std::optional<unsigned> core = std::nullopt);
  /// The lines of a request that every one has: Host and token.
  std::string fields() const;
  int pid() const noexcept { return process.pid(); }

  Program process;
  std::uint16_t port = 0, gateway = 0;
  std::string token;
};
/// Makes a store there whose server has no limits of rate: they would be what is measured.
void make_home(const std::string& program, const std::filesystem::path& home);
std::vector<std::string> home_variable(const std::filesystem::path& home);

/// `ipfs daemon --offline` on free loopback ports.
struct Kubo {
  Kubo(const std::string& program, const std::filesystem::path& repo);
  Program process;
  std::uint16_t gateway = 0;
};
void make_repo(const std::string& program, const std::filesystem::path& repo);
std::vector<std::string> repo_variable(const std::filesystem::path& repo);

/// fastapi_peer.py.
struct FastApi {
  FastApi(const std::string& python, const std::string& script, const std::filesystem::path& folder);
  std::uint16_t port;
  Program process;
};

std::uint16_t free_port();

}  // namespace openmcp::bench
