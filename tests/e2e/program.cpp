#include "e2e/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace openmcp::test {

namespace {

/// The environment of a child: nothing of ours but PATH and what sanitizers need.
std::vector<std::string> environment(const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> all;
  for (auto name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE", "TMPDIR"}) {
    if (auto* value = getenv(name)) all[name] = value;
  }
  all["OPENMCP_EMBEDDINGS"] = "none";
  for (auto& [name, value] : more) all[name] = value;
  std::vector<std::string> out;
  for (auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Running::Running(Running&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)),
      lines_(other.lines_),
      outcome_(std::move(other.outcome_)) {}

Running::~Running() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (int descriptor : {in_, out_, err_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

void Running::signal(int number) const {
  // A process that has ended has no number: kill(-1) would reach every process of the machine.
  if (pid_ > 0) kill(pid_, number);
}

void Running::write(std::string_view text) {
  while (!text.empty()) {
    auto put = ::write(in_, text.data(), text.size());
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void Running::close_input() {
  if (in_ >= 0) close(std::exchange(in_, -1));
}

/// Gathers what there is; false when both outputs ended.
bool Running::pump(int milliseconds) {
  pollfd set[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
  poll(set, 2, milliseconds);
  char buffer[65536];
  for (auto [descriptor, text] : {std::pair(&out_, &outcome_.out), std::pair(&err_, &outcome_.err)}) {
    if (*descriptor < 0) continue;
    auto got = ::read(*descriptor, buffer, sizeof buffer);
    if (got > 0) text->append(buffer, static_cast<std::size_t>(got));
    if (got == 0) close(std::exchange(*descriptor, -1));
  }
  return out_ >= 0 || err_ >= 0;
}

bool Running::wrote_error(std::string_view text, std::chrono::seconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  while (outcome_.err.find(text) == std::string::npos) {
    if (!pump(50) || std::chrono::steady_clock::now() > end) return outcome_.err.find(text) != std::string::npos;
  }
  return true;
}

std::optional<std::string> Running::line(std::chrono::seconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    auto stop = outcome_.out.find('\n', lines_);
    if (stop != std::string::npos) {
      auto text = outcome_.out.substr(lines_, stop - lines_);
      lines_ = stop + 1;
      return text;
    }
    if (!pump(20) || std::chrono::steady_clock::now() > end) {
      if (outcome_.out.find('\n', lines_) == std::string::npos) return std::nullopt;
    }
  }
}

Outcome Running::wait(std::chrono::seconds limit) {
  if (pid_ <= 0) return outcome_;
  auto end = std::chrono::steady_clock::now() + limit;
  while (pump(50)) {
    if (std::chrono::steady_clock::now() < end) continue;
    ADD_FAILURE() << "the program did not end; it wrote: " << outcome_.out << outcome_.err;
    kill(pid_, SIGKILL);
    break;
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  outcome_.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return std::move(outcome_);
}

Sandbox::Sandbox() {
  variables["HOME"] = temp_.path() + "/user";
  std::filesystem::create_directories(temp_.path() + "/user");
  std::filesystem::create_directories(temp_.path() + "/dir");
  directory = "dir";
}

Running Sandbox::start(std::vector<std::string> words, bool with_input) {
  auto taken = std::exchange(input, std::nullopt);
  std::string source = "/dev/null";
  if (taken) {
    source = temp_ / "input";
    std::ofstream(source, std::ios::binary) << *taken;
  }
  auto settings = environment(variables);
  auto arguments = pointers(words), surroundings = pointers(settings);
  auto where = path();
  int in[2] = {-1, -1}, out[2], err[2];
  if (with_input && pipe2(in, O_CLOEXEC) != 0) ADD_FAILURE() << "pipe";
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) ADD_FAILURE() << "pipe";
  auto child = fork();
  if (child == 0) {
    int from = with_input ? in[0] : open(source.c_str(), O_RDONLY | O_CLOEXEC);
    dup2(from, 0), dup2(out[1], 1), dup2(err[1], 2);
    if (chdir(where.c_str()) != 0) _exit(126);
    ::signal(SIGPIPE, SIG_DFL);
    execvpe(arguments[0], arguments.data(), surroundings.data());
    _exit(127);
  }
  Running running;
  running.pid_ = child;
  running.in_ = in[1];
  running.out_ = out[0];
  running.err_ = err[0];
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  fcntl(err[0], F_SETFL, O_NONBLOCK);
  close(out[1]), close(err[1]);
  if (with_input) close(in[0]);
  return running;
}

Outcome Sandbox::run(std::vector<std::string> words) { return start(std::move(words)).wait(); }

Outcome Sandbox::openmcp(std::vector<std::string> words) {
  words.insert(words.begin(), openmcp_program());
  return run(std::move(words));
}

Outcome Sandbox::shell(const std::string& script) {
  return run({"bash", "-c", "set -o pipefail; openmcp() { \"" + openmcp_program() + "\" \"$@\"; }; " + script});
}

boost::json::value Sandbox::json(std::vector<std::string> words, int code) {
  words.insert(words.begin(), "--json");
  auto outcome = openmcp(std::move(words));
  EXPECT_CODE(outcome, code);
  EXPECT_TRUE(outcome.out.ends_with('\n'));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << outcome.out;
  boost::system::error_code failure;
  auto value = boost::json::parse(outcome.out, failure);
  EXPECT_FALSE(failure) << outcome.out << outcome.err;
  EXPECT_TRUE(value.is_object());
  if (!value.is_object()) value = boost::json::object();
  return value;
}

std::string Sandbox::path(const std::string& name) const {
  auto base = temp_.path() + (directory.empty() ? "" : "/" + directory);
  return name.empty() ? base : base + "/" + name;
}

void Sandbox::write(const std::string& name, std::string_view bytes) const {
  std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  std::ofstream(path(name), std::ios::binary) << bytes;
}

std::string Sandbox::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool Sandbox::exists(const std::string& name) const { return std::filesystem::exists(path(name)); }

void Sandbox::make_directory(const std::string& name) const { std::filesystem::create_directories(path(name)); }

std::string on_terminal(Sandbox& box, std::vector<std::string> words, const std::string& typed) {
  words.insert(words.begin(), openmcp_program());
  winsize size{24, 60, 0, 0};
  int master = -1;
  auto home = box.variables["HOME"], directory = box.path();
  auto child = forkpty(&master, nullptr, nullptr, &size);
  if (child == 0) {
    setenv("HOME", home.c_str(), 1);
    setenv("TERM", "xterm", 1);
    setenv("OPENMCP_EMBEDDINGS", "none", 1);
    unsetenv("NO_COLOR"), unsetenv("COLUMNS");
    if (chdir(directory.c_str()) != 0) _exit(126);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  if (!typed.empty()) EXPECT_EQ(write(master, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  std::string out;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(master, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<std::size_t>(got));
  waitpid(child, nullptr, 0);
  close(master);
  return out;
}

std::string openmcp_program() { return OPENMCP_BINARY_DIR "/openmcp"; }

std::optional<std::string> kubo_program() {
  auto* named = getenv("OPENMCP_KUBO");
  if (!named || !*named || access(named, X_OK) != 0) return std::nullopt;
  return named;
}

std::string noise(std::size_t size, std::uint64_t seed) {
  std::string out(size, 0);
  std::uint64_t state = seed * 2654435769u + 1;
  for (std::size_t i = 0; i < size; i += 8) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;  // xorshift64
    for (std::size_t j = 0; j < 8 && i + j < size; ++j) out[i + j] = static_cast<char>(state >> 8 * j);
  }
  return out;
}

std::string text_of(const boost::json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : std::string();
}

}  // namespace openmcp::test
