// The server that a user runs, from outside: beside Kubo's gateway and beside a FastAPI server like the original's
// (when given), and beside what this machine can do, in one run.
// Usage: bench_server OPENMCP [--kubo IPFS] [--peer PYTHON SCRIPT] [--work FOLDER] [--quick]
//   [--only start,gateway,posts,searches,reads]
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "server/hosted.hpp"
#include "server/requests.hpp"
#include "support/echo.hpp"
#include "support/limits.hpp"
#include "support/load.hpp"
#include "support/process.hpp"
#include "support/random_file.hpp"
#include "support/table.hpp"

namespace {

namespace fs = std::filesystem;
using namespace openmcp::bench;
using Clock = std::chrono::steady_clock;

constexpr int kClients = 32;

struct Setting {
  std::string openmcp, kubo, python, script;
  fs::path work;
  std::uint64_t big = 1ull << 30;  ///< bytes of the one large file
  int contexts = 100'000;
  int searches = 500;
  int rounds = 5;      ///< of small reads
  double seconds = 3;  ///< of each rate
  std::string only = "start,gateway,posts,searches,reads";
  bool quick = false;
};

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

Rate median(std::vector<Rate> all) {
  std::ranges::sort(all, {}, &Rate::wall);
  return all[all.size() / 2];
}

void all_well(const Rate& rate, std::string_view what) {
  if (rate.refused > 0) throw std::runtime_error(fmt::format("{}: {} of {} failed", what, rate.refused, rate.done));
}

std::vector<std::string> ids_in(std::string_view json) {
  constexpr std::string_view kId = "\"id\":\"";
  constexpr std::size_t kLength = 36;
  std::vector<std::string> out;
  for (auto at = json.find(kId); at != std::string_view::npos; at = json.find(kId, at + 1))
    out.emplace_back(json.substr(at + kId.size(), kLength));
  return out;
}

class Bench {
public:
  explicit Bench(Setting setting) : s_(std::move(setting)) {
    fs::remove_all(s_.work);
    fs::create_directories(s_.work);
  }
  ~Bench() { fs::remove_all(s_.work); }

  void run_all() {
    auto appended = append_sync_rate(s_.work, 2048);
    fmt::print("limits here: 2 KiB append + fdatasync {:.0f}/s\n\n", appended);
    print_header("peer");
    auto wanted = [this](std::string_view part) { return s_.only.find(part) != std::string::npos; };
    if (wanted("start")) start_and_memory();
    if (wanted("gateway")) gateway();
    if (wanted("posts")) posts(appended);
    if (wanted("searches")) searches();
    if (wanted("reads")) small_reads();
  }

private:
  void contexts_made() const {
    if (!fs::exists(contexts_home())) make_home(s_.openmcp, contexts_home());
  }
  fs::path small_home() const { return s_.work / "small"; }
  fs::path contexts_home() const { return s_.work / "contexts"; }

  // --- start, memory -------------------------------------------------------------------------------------------------

  void start_and_memory() {
    make_home(s_.openmcp, small_home());
    {
      Openmcp first(s_.openmcp, small_home());
    }  // makes keys and token
    std::vector<double> starts;
    starts.reserve(9);
    for (int i = 0; i < (s_.quick ? 3 : 9); ++i) starts.push_back(first_answer());
    auto start = median(starts) * 1e3;
    print({.what = "start to first answer (/livez)",
           .ours = start,
           .unit = "ms",
           .goal = "<= 50 ms",
           .reached = start <= 50,
           .more_is_better = false});

    Openmcp server(s_.openmcp, small_home());
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // it gives back what only the start needed
    auto ask = get_request(server.fields(), "/api/v1/contexts");
    int socket = dial(server.port);
    auto answer = ask_once(socket, ask);
    ::close(socket);
    if (answer.status != 200) throw std::runtime_error("a list: " + answer.head + answer.body);
    auto idle = resident_mib(server.pid());
    print({.what = "memory after start and one request",
           .ours = idle,
           .unit = "MiB",
           .goal = "<= 25 MiB",
           .reached = idle <= 25,
           .more_is_better = false});
    many_idle(server);
  }

  /// From the start of the program to 200 at /livez.
  double first_answer() {
    auto port = free_port();
    const auto ask = fmt::format("GET /livez HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port);
    auto start = Clock::now();
    Program server(
        {.command = {s_.openmcp, "serve", "--listen", fmt::format("127.0.0.1:{}", port), "--gateway", "127.0.0.1:0"},
         .environment = home_variable(small_home()),
         .log = s_.work / "start.log"});
    while (try_status(port, ask) != 200) {
      if (since(start) > 20) throw std::runtime_error("/livez does not answer");
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return since(start);
  }

  void many_idle(const Openmcp& server) {
    constexpr int kWanted = 10'000;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    int count = std::min(kWanted, static_cast<int>(files.rlim_cur) - 100);
    auto ask = get_request(server.fields(), "/livez");
    std::vector<int> sockets;
    for (int i = 0; i < count; ++i) {
      sockets.push_back(dial(server.port));
      ask_once(sockets.back(), ask);
    }
    auto memory = resident_mib(server.pid());
    print({.what = fmt::format("memory with {} idle connections", count),
           .ours = memory,
           .unit = "MiB",
           .goal = "<= 200 MiB with 10000",
           .reached = count < kWanted ? std::nullopt : std::optional(memory <= 200),
           .more_is_better = false});
    for (int socket : sockets) ::close(socket);
  }

  // --- the gateway ---------------------------------------------------------------------------------------------------

  void gateway() {
    auto file = s_.work / "big.bin", home = s_.work / "gateway", repo = s_.work / "kubo";
    write_random(file, s_.big, 1);
    make_home(s_.openmcp, home);
    auto cid = trimmed(run({s_.openmcp, "add", "-Q", file.string()}, Output::capture, home_variable(home)).output);
    if (!s_.kubo.empty()) {
      make_repo(s_.kubo, repo);
      auto theirs = run({s_.kubo, "add", "-Q", "--offline", file.string()}, Output::capture, repo_variable(repo));
      if (trimmed(theirs.output) != cid) throw std::runtime_error("CIDs differ: " + cid + " " + theirs.output);
    }
    fs::remove(file);
    Openmcp ours(s_.openmcp, home);
    std::unique_ptr<Kubo> kubo;
    if (!s_.kubo.empty()) kubo = std::make_unique<Kubo>(s_.kubo, repo);
    auto ask = [&cid](std::uint16_t port, const std::string& more) {
      return fmt::format("GET /ipfs/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}\r\n", cid, port, more);
    };
    auto our_request = ask(ours.gateway, fmt::format("Authorization: Bearer {}\r\n", ours.token));
    auto kubo_request = kubo ? ask(kubo->gateway, "") : std::string();
    std::vector<double> our_rates, kubo_rates;
    constexpr int kRounds = 3;
    for (int i = 0; i <= kRounds; ++i) {  // the first one warms up
      auto rate = fetch(ours.gateway, our_request);
      if (i > 0) our_rates.push_back(rate / 1e6);
      if (!kubo) continue;
      rate = fetch(kubo->gateway, kubo_request);
      if (i > 0) kubo_rates.push_back(rate / 1e6);
    }
    Child bare(0, [](int pipe) { serve_echo(pipe, ""); });
    auto limit = fetch(bare.port(), fmt::format("GET /bytes/{} HTTP/1.1\r\n\r\n", s_.big)) / 1e6;
    Figure figure{.what = fmt::format("gateway GET of {} MiB (peer: Kubo)", s_.big >> 20),
                  .ours = median(our_rates),
                  .unit = "MB/s",
                  .limit = limit,
                  .goal = ">= 2.5x Kubo"};
    if (kubo) {
      figure.peer = median(kubo_rates);
      figure.reached = figure.ours >= 2.5 * *figure.peer;
    }
    print(figure);
  }

  // --- writes --------------------------------------------------------------------------------------------------------

  void posts(double appended) {
    constexpr std::string_view kTarget = "/api/v1/contexts/";
    contexts_made();
    Rate one, many, peer_one, peer_many;
    {
      Openmcp server(s_.openmcp, contexts_home());
      Posts texts(server.fields(), kTarget, 1);
      auto next = [&texts] { return texts.next(); };
      one = ask(server.port, server.pid(), {.connections = 1, .seconds = s_.seconds}, next);
      many = ask(server.port, server.pid(), {.connections = kClients, .seconds = s_.seconds}, next);
      all_well(one, "POSTs of one client");
      all_well(many, "POSTs");
    }
    appended = (appended + append_sync_rate(s_.work, 2048)) / 2;
    if (!s_.python.empty()) {
      FastApi server(s_.python, s_.script, s_.work / "peer");
      Posts texts(fmt::format("Host: 127.0.0.1:{}\r\n", server.port), kTarget, 1);
      auto next = [&texts] { return texts.next(); };
      peer_one = ask(server.port, server.process.pid(), {.connections = 1, .seconds = s_.seconds}, next);
      peer_many = ask(server.port, server.process.pid(), {.connections = kClients, .seconds = s_.seconds}, next);
      all_well(peer_one, "the peer's POSTs of one client");
      all_well(peer_many, "the peer's POSTs");
    }
    Figure alone{
        .what = "POST of 2 KiB, durable, 1 client (FastAPI)", .ours = one.wall, .unit = "/s", .limit = appended};
    if (peer_one.done > 0) alone.peer = peer_one.wall;
    print(alone);
    Figure together{.what = fmt::format("POST of 2 KiB, durable, {} clients (FastAPI)", kClients),
                    .ours = many.wall,
                    .unit = "/s",
                    .limit = appended,
                    .goal = ">= 5000/s, >= 30x FastAPI",
                    .reached = many.wall >= 5000};
    if (peer_many.done > 0) {
      together.peer = peer_many.wall;
      together.reached = many.wall >= 5000 && many.wall >= 30 * peer_many.wall;
    }
    print(together);
    print({.what = "  p95 of it", .ours = many.at(0.95), .unit = "ms", .more_is_better = false});
    posted_ = static_cast<int>(one.done + many.done);
  }

  // --- searches ------------------------------------------------------------------------------------------------------

  void searches() {
    contexts_made();
    Openmcp server(s_.openmcp, contexts_home());
    auto missing = std::max(0, s_.contexts - posted_);
    auto start = Clock::now();
    auto filled = missing > 0 ? fill(server, missing) : 0;
    auto there = posted_ + filled;
    search_once(server);  // waits until all of them are in the index
    if (filled > 0)
      print({.what = fmt::format("bulk commit and index up to {} contexts", there),
             .ours = filled / since(start),
             .unit = "/s"});
    auto session = begin_session(server);
    Prose modern(77), legacy(77);
    int id = 0;
    std::string text;
    for (bool old : {false, true}) {
      auto next = [&] {
        text = old ? legacy_search(server, session, legacy.question(), ++id)
                   : modern_search(server, modern.question(), ++id);
        return std::string_view(text);
      };
      Load load{.connections = 1, .seconds = 60, .most = static_cast<std::uint64_t>(s_.searches)};
      auto rate = ask(server.port, server.pid(), load, next);
      all_well(rate, "searches");
      auto era = old ? "2025-11-25" : "2026-07-28";
      print({.what = fmt::format("MCP {} context_search, p50", era),
             .ours = rate.at(0.5),
             .unit = "ms",
             .more_is_better = false});
      print({.what = fmt::format("  p95, over {} contexts", there),
             .ours = rate.at(0.95),
             .unit = "ms",
             .goal = "<= 15 ms",
             .reached = rate.at(0.95) <= 15,
             .more_is_better = false});
    }
  }

  /// How many it has committed: on a slow machine less than `count`.
  int fill(const Openmcp& server, int count) {
    constexpr int kEach = 200;
    Prose prose(2000);
    std::string text;
    auto next = [&] {
      text = post_request(server.fields(), "/api/v1/bulk", bulk_body(prose, kEach));
      return std::string_view(text);
    };
    Load load{.connections = 2, .seconds = 120, .most = static_cast<std::uint64_t>((count + kEach - 1) / kEach)};
    auto rate = ask(server.port, server.pid(), load, next);
    all_well(rate, "bulk commits");
    return static_cast<int>(rate.done) * kEach;
  }

  void search_once(const Openmcp& server) {
    int socket = dial(server.port);
    auto answer = ask_once(socket, modern_search(server, "karo", 0));
    ::close(socket);
    if (answer.status != 200 || answer.body.find("\"hits\"") == std::string::npos)
      throw std::runtime_error("a search: " + answer.head + answer.body);
  }

  // --- small reads ---------------------------------------------------------------------------------------------------

  void small_reads() {
    constexpr int kRead = 1000;
    if (posted_ < kRead) {
      contexts_made();
      Openmcp server(s_.openmcp, contexts_home());
      fill(server, kRead);
    }
    Openmcp server(s_.openmcp, contexts_home(), 0);
    use_core(1);
    int socket = dial(server.port);
    auto ids =
        ids_in(ask_once(socket, get_request(server.fields(), fmt::format("/api/v1/contexts?limit={}", kRead))).body);
    std::vector<std::string> requests;
    requests.reserve(ids.size());
    for (const auto& id : ids)
      requests.push_back(get_request(server.fields(), fmt::format("/api/v1/contexts/{}?content=false", id)));
    if (requests.empty()) throw std::runtime_error("the list of contexts is empty");
    auto sample = ask_once(socket, requests.front());
    ::close(socket);
    if (sample.status != 200) throw std::runtime_error("a read: " + sample.head + sample.body);
    Child bare(0, [text = sample.head + sample.body](int pipe) { serve_echo(pipe, text); });
    std::size_t at = 0;
    auto next = [&] { return std::string_view(requests[at++ % requests.size()]); };
    Load load{.connections = kClients, .seconds = s_.quick ? 0.5 : 2};
    // The first reads of each context: what is made for them stays in memory while nothing changes.
    auto fresh =
        ask(server.port, server.pid(), {.connections = kClients, .seconds = 60, .most = requests.size()}, next);
    all_well(fresh, "first reads");
    std::vector<Rate> rates, limits;
    for (int i = 0; i < s_.rounds; ++i) {
      rates.push_back(ask(server.port, server.pid(), load, next));
      all_well(rates.back(), "reads");
      limits.push_back(ask(bare.port(), bare.pid(), load, next));
    }
    auto rate = median(rates), limit = median(limits);
    print({.what = fmt::format("reads of {} contexts, {} connections, 1 core", requests.size(), kClients),
           .ours = rate.wall,
           .unit = "/s",
           .limit = limit.wall,
           .goal = ">= 50000/s",
           .reached = rate.wall >= 50'000});
    print({.what = "  the first read of each", .ours = fresh.wall, .unit = "/s"});
    print({.what = "  a second of the server's processor time", .ours = rate.cpu, .unit = "/s", .limit = limit.cpu});
    use_all_cores();
  }

  Setting s_;
  int posted_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Setting setting;
  setting.work = fs::temp_directory_path();
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--kubo" && i + 1 < argc) {
      setting.kubo = argv[++i];
    } else if (word == "--peer" && i + 2 < argc) {
      setting.python = argv[++i];
      setting.script = argv[++i];
    } else if (word == "--work" && i + 1 < argc) {
      setting.work = argv[++i];
    } else if (word == "--only" && i + 1 < argc) {
      setting.only = argv[++i];
    } else if (word == "--quick") {
      setting.quick = true;
      setting.big = 256u << 20;
      setting.contexts = 5000;
      setting.searches = 200;
      setting.rounds = 3;
      setting.seconds = 1;
    } else if (setting.openmcp.empty()) {
      setting.openmcp = word;
    } else {
      fmt::print(stderr, "bench_server: what is '{}'?\n", word);
      return 2;
    }
  }
  if (setting.openmcp.empty()) {
    fmt::print(stderr,
               "usage: bench_server OPENMCP [--kubo IPFS] [--peer PYTHON SCRIPT] [--work FOLDER] [--quick] "
               "[--only start,gateway,posts,searches,reads]\n");
    return 2;
  }
  setting.work /= "openmcp-bench-server";  // what a run that was killed left is removed by the next
  raise_descriptor_limit();
  try {
    Bench(setting).run_all();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_server: {}\n", error.what());
    return 1;
  }
  return 0;
}
