// The HTTP server in a process of its own on one core, and clients on another one: small answers, great bodies, idle
// connections. The limit beside them is a bare Asio echo that moves the same bytes, in the same run.
// Usage: bench_http [--quick]
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <fstream>
#include <string>

#include "base/real_env.hpp"
#include "http/server.hpp"
#include "support/table.hpp"

namespace {

using namespace openmcp;
using namespace openmcp::bench;
using base::Task;
namespace asio = boost::asio;

const std::string kJson = R"({"id":"0198c1f2-7a41-7000-8000-1234567890ab","title":"A note","type":"text","size":2048})";
const std::string kRequest = "GET /small HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n";
constexpr std::size_t kPiece = 1u << 20;

void use_core(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core % static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

// --- the servers -----------------------------------------------------------------------------------------------------

Task<void> answer(http::Exchange& exchange) {
  if (exchange.request().path == "/small") {
    http::Response response;
    response.headers.add("Content-Type", "application/json");
    response.body = kJson;
    co_await exchange.send(std::move(response));
    co_return;
  }
  static const base::SharedBytes piece(base::Bytes(kPiece, 'x'));
  auto size = std::stoull(exchange.request().query);
  http::ResponseHead head;
  head.length = size;
  co_await exchange.start(std::move(head));
  for (std::uint64_t sent = 0; sent < size; sent += kPiece) co_await exchange.write(piece);
  co_await exchange.finish();
}

void tell_port(int to, std::uint16_t port) {
  if (::write(to, &port, sizeof port) != sizeof port) std::_Exit(1);
}

void serve_http(int to) {
  base::RealEnv env(1);
  auto main = [](base::Env& on, int pipe) -> Task<void> {
    http::Server server(on, {}, answer);
    base::Endpoint any{"127.0.0.1", 0};
    auto at = co_await server.listen(any);
    tell_port(pipe, at.port);
    co_await on.sleep(std::chrono::hours(1));
  };
  env.run_until_done(main(env, to));
}

/// Answers whatever it reads with as many bytes as the HTTP answer has; "B<size>" with that many.
asio::awaitable<void> echo(asio::ip::tcp::socket socket, std::string text) {
  std::vector<char> buffer(4096), piece(kPiece, 'x');
  try {
    for (;;) {
      auto got = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);
      if (buffer[0] != 'B') {
        co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
        continue;
      }
      auto size = std::stoull(std::string(buffer.data() + 1, got - 1));
      for (std::uint64_t sent = 0; sent < size; sent += kPiece) {
        co_await asio::async_write(socket, asio::buffer(piece), asio::use_awaitable);
      }
    }
  } catch (const std::exception&) {  // the client left
  }
}

void serve_echo(int to, std::size_t answer_size) {
  asio::io_context context(1);
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  tell_port(to, acceptor.local_endpoint().port());
  auto accept = [&]() -> asio::awaitable<void> {
    for (;;) {
      auto socket = co_await acceptor.async_accept(asio::use_awaitable);
      socket.set_option(asio::ip::tcp::no_delay(true));
      asio::co_spawn(context, echo(std::move(socket), std::string(answer_size, 'x')), asio::detached);
    }
  };
  asio::co_spawn(context, accept(), asio::detached);
  context.run();
}

/// A server in a child process on core 0.
struct Child {
  template <class Serve>
  explicit Child(Serve serve) {
    int ends[2];
    if (::pipe(ends) != 0) std::exit(1);
    pid = ::fork();
    if (pid == 0) {
      use_core(0);
      serve(ends[1]);
      std::_Exit(0);
    }
    if (::read(ends[0], &port, sizeof port) != sizeof port) std::exit(1);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Child() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  double cpu_seconds() const {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string skipped;
    std::getline(file, skipped, ')');
    for (int i = 0; i < 11; ++i) file >> skipped;
    long user = 0, system = 0;
    file >> user >> system;
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  double resident_mib() const {
    std::ifstream file(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
    }
    return 0;
  }
  pid_t pid;
  std::uint16_t port = 0;
};

// --- the clients -----------------------------------------------------------------------------------------------------

int dial(std::uint16_t port) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    std::perror("connect");
    std::exit(1);
  }
  int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

void send_all(int socket, const std::string& text) {
  if (::send(socket, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    std::perror("send");
    std::exit(1);
  }
}

std::size_t size_of_answer(std::uint16_t port) {
  int socket = dial(port);
  send_all(socket, kRequest);
  std::string got(4096, '\0');
  std::size_t size = 0;
  while (!std::string_view(got).substr(0, size).ends_with(kJson)) {
    auto read = ::read(socket, got.data() + size, got.size() - size);
    if (read <= 0) std::exit(1);
    size += static_cast<std::size_t>(read);
  }
  ::close(socket);
  return size;
}

struct Rate {
  double wall = 0, cpu = 0;  ///< answers a second, and a second of the server's time
};

/// `connections` that always have `depth` requests under way.
Rate ask(const Child& child, std::size_t answer, int connections, int depth, double seconds) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += kRequest;
  int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::size_t> left(4096);
  std::vector<int> sockets;
  for (int i = 0; i < connections; ++i) {
    int socket = dial(child.port);
    sockets.push_back(socket);
    if (left.size() <= static_cast<std::size_t>(socket)) left.resize(static_cast<std::size_t>(socket) + 1);
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
  }
  for (int socket : sockets) {
    left[static_cast<std::size_t>(socket)] = answer * static_cast<std::size_t>(depth);
    send_all(socket, text);
  }
  auto now = [] { return std::chrono::steady_clock::now(); };
  auto start = now();
  double cpu = child.cpu_seconds();
  std::uint64_t done = 0;
  std::vector<char> buffer(64 << 10);
  std::array<epoll_event, 256> events;
  double passed = 0;
  while (passed < seconds) {
    int ready = ::epoll_wait(poll, events.data(), events.size(), 1000);
    for (int i = 0; i < ready; ++i) {
      int socket = events[static_cast<std::size_t>(i)].data.fd;
      auto got = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) std::exit(1);
      auto& rest = left[static_cast<std::size_t>(socket)];
      rest -= static_cast<std::size_t>(got);
      if (rest > 0) continue;
      rest = answer * static_cast<std::size_t>(depth);
      done += static_cast<std::uint64_t>(depth);
      send_all(socket, text);
    }
    passed = std::chrono::duration<double>(now() - start).count();
  }
  Rate rate{static_cast<double>(done) / passed, static_cast<double>(done) / (child.cpu_seconds() - cpu)};
  for (int socket : sockets) ::close(socket);
  ::close(poll);
  return rate;
}

/// Bytes a second of one great answer.
double fetch(const Child& child, const std::string& text, std::uint64_t size) {
  int socket = dial(child.port);
  std::vector<char> buffer(1 << 20);
  auto start = std::chrono::steady_clock::now();
  send_all(socket, text);
  for (std::uint64_t got = 0; got < size;) {
    auto read = ::read(socket, buffer.data(), buffer.size());
    if (read <= 0) std::exit(1);
    got += static_cast<std::uint64_t>(read);
  }
  ::close(socket);
  return static_cast<double>(size) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Connections that asked once and are kept; what they cost the server.
void idle(const Child& child, std::size_t answer, int wanted) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  int count = std::min(wanted, static_cast<int>(files.rlim_cur) - 100);
  std::vector<int> sockets;
  std::vector<char> buffer(answer);
  double before = child.resident_mib();
  for (int i = 0; i < count; ++i) {
    sockets.push_back(dial(child.port));
    send_all(sockets.back(), kRequest);
    if (::recv(sockets.back(), buffer.data(), answer, MSG_WAITALL) != static_cast<ssize_t>(answer)) std::exit(1);
  }
  double after = child.resident_mib();
  print({.what = fmt::format("memory of the server with {} idle connections", count),
         .ours = after,
         .unit = "MiB",
         .goal = "<= 200 MiB with 10000",
         .reached = count < wanted ? std::nullopt : std::optional(after <= 200),
         .more_is_better = false});
  print({.what = "  of it for each connection", .ours = (after - before) * 1024 / count, .unit = "KiB"});
  for (int socket : sockets) ::close(socket);
}

}  // namespace

int main(int argc, char** argv) {
  bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  double seconds = quick ? 0.4 : 2;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  Child ours(serve_http);
  auto answer_size = size_of_answer(ours.port);
  Child bare([answer_size](int to) { serve_echo(to, answer_size); });
  use_core(1);
  print_header();
  // In turns, and the median of each: other work on the machine hits both.
  auto median = [](std::vector<Rate> all) {
    std::ranges::sort(all, {}, &Rate::wall);
    return all[all.size() / 2];
  };
  std::vector<Rate> rates, limits;
  for (int round = 0; round < 5; ++round) {
    rates.push_back(ask(ours, answer_size, 64, 1, seconds));
    limits.push_back(ask(bare, answer_size, 64, 1, seconds));
  }
  auto rate = median(rates), limit = median(limits);
  print({.what = "small JSON answers, 64 connections",
         .ours = rate.wall,
         .unit = "/s",
         .limit = limit.wall,
         .goal = ">= 50000/s on one core",
         .reached = rate.wall >= 50'000});
  print({.what = "  a second of the server's processor time", .ours = rate.cpu, .unit = "/s", .limit = limit.cpu});
  auto piped = ask(ours, answer_size, 16, 16, seconds);
  print({.what = "  16 connections, 16 requests under way each", .ours = piped.wall, .unit = "/s"});
  std::uint64_t size = quick ? 1ull << 30 : 4ull << 30;
  double body = fetch(ours, fmt::format("GET /big?{} HTTP/1.1\r\nHost: x\r\n\r\n", size), size);
  double raw = fetch(bare, fmt::format("B{}", size), size);
  print(
      {.what = fmt::format("one body of {} GiB", size >> 30), .ours = body / 1e6, .unit = "MB/s", .limit = raw / 1e6});
  idle(ours, answer_size, 10'000);
}
