// The HTTP server in a process of its own on one core, and clients on another one: small answers, great bodies, idle
// connections. The limit beside them is a bare Asio echo that moves the same bytes, in the same run.
// Usage: bench_http [--quick]
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/real_env.hpp"
#include "http/server.hpp"
#include "support/echo.hpp"
#include "support/load.hpp"
#include "support/table.hpp"

namespace {

using namespace openmcp;
using namespace openmcp::bench;
using base::Task;

const std::string kJson = R"({"id":"0198c1f2-7a41-7000-8000-1234567890ab","title":"A note","type":"text","size":2048})";
const std::string kRequest = "GET /small HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n";
constexpr std::size_t kPiece = 1u << 20;

// --- the server ------------------------------------------------------------------------------------------------------

Task<void> answer(http::Exchange& exchange) {
  if (exchange.request().path == "/small") {
    http::Response response;
    response.headers.add("Content-Type", "application/json");
    response.body = kJson;
    co_await exchange.send(std::move(response));
    co_return;
  }
  static const base::SharedBytes piece(base::Bytes(kPiece, 'x'));
  constexpr std::string_view kBytes = "/bytes/";
  auto size = std::stoull(exchange.request().path.substr(kBytes.size()));
  http::ResponseHead head;
  head.length = size;
  co_await exchange.start(std::move(head));
  for (std::uint64_t sent = 0; sent < size; sent += kPiece) co_await exchange.write(piece);
  co_await exchange.finish();
}

void serve_http(int to) {
  base::RealEnv env(1);
  auto main = [](base::Env& on, int pipe) -> Task<void> {
    http::Server server(on, {}, answer);
    base::Endpoint any{"127.0.0.1", 0};
    auto at = co_await server.listen(any);
    write_port(pipe, at.port);
    co_await on.sleep(std::chrono::hours(1));
  };
  env.run_until_done(main(env, to));
}

// --- the clients -----------------------------------------------------------------------------------------------------

std::string one_answer(std::uint16_t port) {
  int socket = dial(port);
  auto got = ask_once(socket, kRequest);
  ::close(socket);
  return got.head + got.body;
}

/// Connections that asked once and are kept; what they cost the server.
void idle(const Child& child, int wanted) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  int count = std::min(wanted, static_cast<int>(files.rlim_cur) - 100);
  std::vector<int> sockets;
  double before = resident_mib(child.pid());
  for (int i = 0; i < count; ++i) {
    sockets.push_back(dial(child.port()));
    ask_once(sockets.back(), kRequest);
  }
  double after = resident_mib(child.pid());
  print({.what = fmt::format("memory of the server with {} idle connections", count),
         .ours = after,
         .unit = "MiB",
         .goal = "<= 200 MiB with 10000",
         .reached = count < wanted ? std::nullopt : std::optional(after <= 200),
         .more_is_better = false});
  print({.what = "  of it for each connection", .ours = (after - before) * 1024 / count, .unit = "KiB"});
  for (int socket : sockets) ::close(socket);
}

void measure(bool quick) {
  double seconds = quick ? 0.4 : 2;
  Child ours(0, serve_http);
  auto text = one_answer(ours.port());
  Child bare(0, [&text](int to) { serve_echo(to, text); });
  use_core(1);
  print_header();
  auto small = [] { return std::string_view(kRequest); };
  // In turns, and the median of each: other work on the machine hits both.
  auto median = [](std::vector<Rate> all) {
    std::ranges::sort(all, {}, &Rate::wall);
    return all[all.size() / 2];
  };
  std::vector<Rate> rates, limits;
  Load load{.connections = 64, .seconds = seconds};
  for (int round = 0; round < 5; ++round) {
    rates.push_back(ask(ours.port(), ours.pid(), load, small));
    limits.push_back(ask(bare.port(), bare.pid(), load, small));
  }
  auto rate = median(rates), limit = median(limits);
  print({.what = "small JSON answers, 64 connections",
         .ours = rate.wall,
         .unit = "/s",
         .limit = limit.wall,
         .goal = ">= 50000/s on one core",
         .reached = rate.wall >= 50'000});
  print({.what = "  a second of the server's processor time", .ours = rate.cpu, .unit = "/s", .limit = limit.cpu});
  auto piped = ask(ours.port(), ours.pid(), {.connections = 16, .depth = 16, .seconds = seconds}, small);
  print({.what = "  16 connections, 16 requests under way each", .ours = piped.wall, .unit = "/s"});
  std::uint64_t size = quick ? 1ull << 30 : 4ull << 30;
  auto great = fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: x\r\n\r\n", size);
  double body = fetch(ours.port(), great), raw = fetch(bare.port(), great);
  print(
      {.what = fmt::format("one body of {} GiB", size >> 30), .ours = body / 1e6, .unit = "MB/s", .limit = raw / 1e6});
  idle(ours, 10'000);
}

}  // namespace

int main(int argc, char** argv) {
  raise_descriptor_limit();
  try {
    measure(argc > 1 && std::string_view(argv[1]) == "--quick");
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_http: {}\n", error.what());
    return 1;
  }
  return 0;
}
