#include "cli/signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.hpp"

namespace openmcp::cli {

namespace {

std::atomic<int> g_signal{0};
std::atomic<int> g_pipe_read{-1}, g_pipe_write{-1};
std::atomic<void (*)(void*) noexcept> g_stop{nullptr};
std::atomic<void*> g_context{nullptr};

void handle(int number) {
  int none = 0;
  if (!g_signal.compare_exchange_strong(none, number)) _exit(128 + number);
  char byte = 1;
  [[maybe_unused]] auto written = write(g_pipe_write.load(), &byte, 1);
  if (auto* stop = g_stop.load()) stop(g_context.load());
}

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void block_stop_signals() noexcept {
  auto set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void receive_stop_signals(void (*stop)(void*) noexcept, void* context) noexcept {
  int ends[2];
  if (g_pipe_read.load() < 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
    g_pipe_read = ends[0];
    g_pipe_write = ends[1];
  }
  g_context = context;
  g_stop = stop;
  struct sigaction action{};
  action.sa_handler = handle;  // without SA_RESTART: a blocked write returns and sees the signal
  sigemptyset(&action.sa_mask);
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);  // as nohup and shells expect
  }
  auto set = stop_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void forget_stop_handler() noexcept { g_stop = nullptr; }

int stop_signal() noexcept { return g_signal.load(); }
int stop_descriptor() noexcept { return g_pipe_read.load(); }

struct ReloadSignals::State {
  explicit State(base::Env& environment) : env(environment), set(env.executor(), SIGHUP) {}
  base::Env& env;
  boost::asio::signal_set set;
};

ReloadSignals::ReloadSignals(base::Env& env) : state_(std::make_unique<State>(env)) {}
ReloadSignals::~ReloadSignals() = default;

base::Task<void> ReloadSignals::next() {
  boost::system::error_code error;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, error);
  co_await state_->set.async_wait(token);
  if (!error) co_return;
  co_await state_->env.sleep({});  // throws, because we were cancelled
  throw base::Error(base::Errc::cancelled, "waiting for a signal was cancelled");
}

}  // namespace openmcp::cli
