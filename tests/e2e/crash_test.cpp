// A process that commits is killed at random moments; what it acknowledged through a pipe is compared with what is
// there afterwards.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "base/log.hpp"
#include "base/sync.hpp"
#include "context/search/index.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::test {
namespace {

using base::Task;
using context::CommitRequest;
using context::ContextId;
using context::Workspace;

constexpr int kWriters = 8;
constexpr int kCommits = 150;  ///< of one writer in one life: bounds the test

storage::LocalStoreOptions store_options(const std::string& home) {
  storage::LocalStoreOptions options;
  options.path = home + "/store";
  options.segment_bytes = 1u << 20;
  options.holder = "crash test";
  return options;
}

context::WorkspaceOptions workspace_options(const std::string& home) {
  context::WorkspaceOptions options;
  options.home = home;
  options.author = "crash test";
  return options;
}

/// One line through the pipe; short enough to be written whole.
void tell(int pipe, const std::string& line) {
  auto text = line + "\n";
  if (::write(pipe, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(3);
}

/// Lines are "<id> <manifest> <text>"; the text says whose it is. Some are larger than a block.
Task<void> writer(Workspace& workspace, int pipe, int number, std::string life) {
  std::optional<ContextId> mine;
  for (int i = 0; i < kCommits; ++i) {
    auto text = "writer-" + std::to_string(number) + "-" + life + "-" + std::to_string(i);
    CommitRequest request;
    auto content =
        text + (i % 50 == 49 ? std::string(1'200'000, '.') : std::string(static_cast<std::size_t>(i) * 17, '.'));
    request.content = base::SharedBytes(base::to_bytes(content));
    request.title = text;
    request.tags = {"w" + std::to_string(number), "i" + std::to_string(i % 7)};
    if (i % 4 == 3)
      request.source = "shared";  // all writers' own versions of one context
    else if (mine && i % 4 != 0)
      request.id = mine;
    auto result = co_await workspace.commit(std::move(request));
    if (i % 4 == 0) mine = result.id;
    tell(pipe, result.id.text() + " " + result.version.text() + " " + text);
  }
}

Task<void> live(base::Env& env, std::string home, int pipe, std::string name) {
  auto store = co_await storage::LocalStore::open(env, store_options(home));
  auto workspace = co_await Workspace::open(env, *store, workspace_options(home));
  base::TaskGroup group(env);
  for (int i = 0; i < kWriters; ++i) group.spawn(writer(*workspace, pipe, i, name));
  co_await group.join();
  co_await workspace->close();
  co_await store->close();
}

[[noreturn]] void child(const std::string& home, int pipe, const std::string& name) {
  try {
    base::RealEnv env;
    env.run_until_done(live(env, home, pipe, name));
    ::_exit(0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the child: %s\n", error.what());
    ::_exit(2);
  }
}

struct Acknowledged {
  ContextId id;
  ipld::Cid version;
  std::string text;
};

class Victim {
public:
  Victim(const std::string& home, const std::string& name) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      child(home, ends[1], name);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Victim() { ::close(pipe_); }

  /// Reads what it says until the moment comes or it ends; then kills it and reads the rest. Its exit code, -1: killed.
  int kill_after(std::chrono::microseconds delay) {
    const auto end = std::chrono::steady_clock::now() + delay;
    bool open = true;
    while (open) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0) break;
      open = read_some(static_cast<int>(left.count()));
    }
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    while (open) open = read_some(-1);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Whole lines only: a line that was not written to its end was not acknowledged.
  std::vector<Acknowledged> acknowledged() const {
    std::vector<Acknowledged> out;
    for (std::size_t at = 0, end; (end = heard_.find('\n', at)) != std::string::npos; at = end + 1) {
      auto line = heard_.substr(at, end - at);
      auto first = line.find(' '), second = line.find(' ', first + 1);
      out.push_back({.id = base::unwrap(ContextId::parse(line.substr(0, first))),
                     .version = base::unwrap(ipld::Cid::parse(line.substr(first + 1, second - first - 1))),
                     .text = line.substr(second + 1)});
    }
    return out;
  }

private:
  bool read_some(int milliseconds) {
    pollfd wait{.fd = pipe_, .events = POLLIN, .revents = 0};
    int ready = ::poll(&wait, 1, milliseconds);
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) return true;
    char buffer[65536];
    auto got = ::read(pipe_, buffer, sizeof buffer);
    if (got <= 0) return false;
    heard_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string heard_;
};

/// What was ever acknowledged, and what is there.
class Judge {
public:
  explicit Judge(std::string home) : home_(std::move(home)) {}

  void check(const std::vector<Acknowledged>& fresh, bool everything) {
    for (const auto& each : fresh) promised_[each.id][each.version] = each.text;
    base::RealEnv env;
    env.run_until_done(look(env, fresh, everything));
  }

private:
  Task<void> look(base::Env& env, std::vector<Acknowledged> fresh, bool everything) {
    auto store = co_await storage::LocalStore::open(env, store_options(home_));
    auto workspace = co_await Workspace::open(env, *store, workspace_options(home_));
    std::set<ContextId> ids;
    for (const auto& each : fresh) ids.insert(each.id);
    if (everything)
      for (const auto& [id, versions] : promised_) ids.insert(id);
    for (const auto& id : ids) co_await check_context(*workspace, id);
    if (everything) {
      auto report = co_await workspace->verify({});
      for (const auto& finding : report.findings)
        ADD_FAILURE() << finding.what << " " << finding.where << ": " << finding.problem;
      storage::VerifyOptions bytes;
      auto stored = co_await store->verify(std::move(bytes));
      EXPECT_TRUE(stored.clean());
      co_await workspace->catch_up();
      auto status = co_await workspace->status();
      EXPECT_EQ(status.indexed, status.contexts);
    }
    co_await workspace->close();
    co_await store->close();
  }

  Task<void> check_context(Workspace& workspace, ContextId id) {
    auto history = co_await workspace.history(id);
    std::map<ipld::Cid, std::string> found;
    std::size_t heads = 0;
    for (const auto& version : history) {
      EXPECT_EQ(version.proof, context::Proof::valid);
      heads += version.head;
      auto bytes = co_await workspace.content(version.cid);
      auto text = std::string(base::as_text(bytes));
      // Acknowledged or not: what is there is a commit that somebody made, whole.
      EXPECT_TRUE(text.starts_with(version.manifest.title)) << version.cid.text();
      EXPECT_TRUE(version.manifest.title.starts_with("writer-"));
      EXPECT_EQ(text.find_first_not_of('.', version.manifest.title.size()), std::string::npos);
      found[version.cid] = version.manifest.title;
    }
    EXPECT_EQ(heads, 1u);
    for (const auto& [version, text] : promised_[id]) {
      auto there = found.find(version);
      EXPECT_TRUE(there != found.end()) << "lost: " << text;
      if (there != found.end()) EXPECT_EQ(there->second, text);
    }
  }

  std::string home_;
  std::map<ContextId, std::map<ipld::Cid, std::string>> promised_;
};

TEST(Crash, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
  const char* wanted = std::getenv("OPENMCP_LONG");
  const int cycles = wanted && *wanted ? 200 : 20;
  const char* given = std::getenv("OPENMCP_SEED");
  const auto seed = given && *given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  SCOPED_TRACE("OPENMCP_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  base::set_log_level(base::LogLevel::error);

  TempDir directory;
  const auto home = directory / "home";
  Judge judge(home);
  std::size_t acknowledged = 0, killed = 0;
  for (int cycle = 0; cycle < cycles && !testing::Test::HasFailure(); ++cycle) {
    Victim victim(home, "life" + std::to_string(cycle));
    // From before its store is open to after its last commit.
    auto code = victim.kill_after(std::chrono::microseconds(random() % 400'000));
    EXPECT_NE(code, 2) << "the child failed";
    killed += code == -1;
    auto fresh = victim.acknowledged();
    acknowledged += fresh.size();
    judge.check(fresh, cycle % 10 == 9 || cycle + 1 == cycles);
  }
  EXPECT_GT(killed, 0u);
  EXPECT_GT(acknowledged, 0u);
  std::printf("%d lives, %zu killed, %zu commits acknowledged\n", cycles, killed, acknowledged);
}

}  // namespace
}  // namespace openmcp::test
