#include "server/hosted.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "support/load.hpp"
#include "support/process.hpp"

extern char** environ;

namespace openmcp::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kEnding = std::chrono::seconds(15);

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The number behind `before`.
std::uint16_t port_behind(const std::string& text, const std::string& before) {
  auto at = text.find(before);
  if (at == std::string::npos) throw std::runtime_error(fmt::format("no '{}' in: {}", before, text));
  return static_cast<std::uint16_t>(std::stoul(text.substr(at + before.size())));
}

void must(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  auto done = run(command, Output::discard, environment);
  if (done.exit_code != 0)
    throw std::runtime_error(fmt::format("'{}' ended with {}", fmt::join(command, " "), done.exit_code));
}

Start serve(const std::string& program, const fs::path& home, std::optional<unsigned> core) {
  return {.command = {program, "--json", "serve", "--listen", "127.0.0.1:0", "--gateway", "127.0.0.1:0"},
          .environment = home_variable(home),
          .log = home.string() + ".log",
          .core = core};
}

}  // namespace

Program::Program(const Start& start) : log_(start.log) {
  std::vector<char*> arguments, variables;
  for (const auto& word : start.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  for (const auto& entry : start.environment) variables.push_back(const_cast<char*>(entry.c_str()));
  for (char** entry = environ; *entry; ++entry) variables.push_back(*entry);
  variables.push_back(nullptr);
  fs::remove(log_);
  auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) _exit(127);
  if (start.core) {
    use_core(*start.core);
  } else {
    use_all_cores();
  }
  int null = ::open("/dev/null", O_RDONLY), log = ::open(log_.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  ::dup2(null, 0);
  ::dup2(log, 1);
  ::dup2(log, 2);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  _exit(127);
}

Program::~Program() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  auto end = Clock::now() + kEnding;
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::now() > end) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string Program::wait_for(const std::string& found) const {
  auto end = Clock::now() + kPatience;
  for (;;) {
    auto text = contents(log_);
    if (auto at = text.find(found); at != std::string::npos && text.find('\n', at) != std::string::npos) return text;
    siginfo_t gone{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &gone, WEXITED | WNOHANG | WNOWAIT);
    if (gone.si_pid != 0 || Clock::now() > end) throw std::runtime_error("a server did not start: " + text);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Openmcp::Openmcp(const std::string& program, const fs::path& home, std::optional<unsigned> core)
    : process(serve(program, home, core)) {
  auto text = process.wait_for("\"token_file\"");
  port = port_behind(text, "\"listen\":[\"http://127.0.0.1:");
  gateway = port_behind(text, "\"gateway\":[\"http://127.0.0.1:");
  token = contents(home / "token");
  token.resize(token.find_first_of("\r\n"));
}

std::string Openmcp::fields() const {
  return fmt::format("Host: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n", port, token);
}

void make_home(const std::string& program, const fs::path& home) {
  must({program, "init"}, home_variable(home));
  std::ofstream(home / "openmcp.toml", std::ios::app) << "\n[serve]\nrate_per_token = 0\nrate_per_address = 0\n";
}

std::vector<std::string> home_variable(const fs::path& home) { return {"OPENMCP_HOME=" + home.string()}; }

Kubo::Kubo(const std::string& program, const fs::path& repo)
    : process({.command = {program, "daemon", "--offline"},
               .environment = repo_variable(repo),
               .log = repo.string() + ".log"}) {
  process.wait_for("Daemon is ready");
  gateway = port_behind(contents(repo / "gateway"), "127.0.0.1:");
}

void make_repo(const std::string& program, const fs::path& repo) {
  must({program, "init", "--profile=test"}, repo_variable(repo));  // loopback, free ports, no peers
  must({program, "config", "profile", "apply", "unixfs-v1-2025"}, repo_variable(repo));
}

std::vector<std::string> repo_variable(const fs::path& repo) { return {"IPFS_PATH=" + repo.string()}; }

FastApi::FastApi(const std::string& python, const std::string& script, const fs::path& folder)
    : port(free_port()),
      process({.command = {python, script, folder.string(), std::to_string(port)},
               .environment = {},
               .log = folder.string() + ".log"}) {
  const std::string ask = "GET /api/v1/contexts/none HTTP/1.1\r\nHost: localhost\r\n\r\n";
  auto end = Clock::now() + kPatience;
  while (try_status(port, ask) != 404) {
    if (Clock::now() > end) throw std::runtime_error("the FastAPI server did not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::uint16_t free_port() {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  bool done = ::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 &&
              ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(socket);
  if (!done) throw std::runtime_error("no free port");
  return ntohs(at.sin_port);
}

}  // namespace openmcp::bench
