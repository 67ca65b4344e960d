// Rates inside one process: durable commits with one and with 32 writers beside the append + fdatasync rate of the
// same run, and the latency of searches over many contexts.
// Usage: bench_rates [--quick] [--contexts N]
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/real_env.hpp"
#include "base/sync.hpp"
#include "context/search/index.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"
#include "support/limits.hpp"
#include "support/prose.hpp"
#include "support/table.hpp"

namespace {

using namespace openmcp;
using namespace openmcp::bench;
using base::Task;

double seconds(base::Duration d) { return std::chrono::duration<double>(d).count(); }

std::vector<base::SharedBytes> notes(std::uint64_t seed, int count) {
  Prose prose(seed);
  std::vector<base::SharedBytes> out;
  for (int i = 0; i < count; ++i) out.emplace_back(base::to_bytes(prose.text(2048)));
  return out;
}

Task<void> write_many(context::Workspace& workspace, std::uint64_t seed, std::vector<base::SharedBytes> texts) {
  int i = 0;
  for (auto& text : texts) {
    context::CommitRequest request;
    request.content = std::move(text);
    request.title = fmt::format("note {} of {}", i++, seed);
    request.type = "documentation";
    co_await workspace.commit(std::move(request));
  }
}

Task<double> commit_rate(base::Env& env, context::Workspace& workspace, int writers, int each, std::uint64_t seed) {
  // Making the texts takes longer than committing them.
  std::vector<std::vector<base::SharedBytes>> texts;
  for (int w = 0; w < writers; ++w) texts.push_back(notes(seed + static_cast<std::uint64_t>(w), each));
  auto start = env.steady();
  base::TaskGroup group(env);
  for (int w = 0; w < writers; ++w)
    group.spawn(
        write_many(workspace, seed + static_cast<std::uint64_t>(w), std::move(texts[static_cast<std::size_t>(w)])));
  co_await group.join();
  co_return writers* each / seconds(env.steady() - start);
}

Task<void> measure(base::Env& env, std::string folder, int contexts, int single) {
  storage::LocalStoreOptions store_options;
  store_options.path = folder + "/store";
  store_options.holder = "bench";
  auto store = co_await storage::LocalStore::open(env, store_options);
  context::WorkspaceOptions options;
  options.home = folder;
  if (const char* words = std::getenv("OPENMCP_EMBEDDINGS")) options.word_tables = {words};
  auto workspace = co_await context::Workspace::open(env, *store, options);

  print_header();
  double limit = append_sync_rate(folder, 2048);
  double one = co_await commit_rate(env, *workspace, 1, single, 1);
  double limit_after = append_sync_rate(folder, 2048);
  limit = (limit + limit_after) / 2;
  print({.what = "durable commits of 2 KiB, 1 writer",
         .ours = one,
         .unit = "/s",
         .limit = limit,
         .goal = ">= 60 % of fdatasync limit",
         .reached = one >= 0.6 * limit});
  double many = co_await commit_rate(env, *workspace, 32, 16 * single / 32, 1000);
  print({.what = "durable commits of 2 KiB, 32 writers",
         .ours = many,
         .unit = "/s",
         .limit = limit,
         .goal = ">= 5000/s",
         .reached = many >= 5000});

  auto start = env.steady();
  auto status = co_await workspace->status();
  auto missing = contexts - static_cast<int>(status.contexts);
  if (missing > 0) co_await commit_rate(env, *workspace, 32, (missing + 31) / 32, 2000);
  co_await workspace->catch_up();
  print({.what = fmt::format("commit and index up to {} contexts", contexts),
         .ours = missing / seconds(env.steady() - start),
         .unit = "/s"});

  auto index = co_await workspace->search_index();
  Prose prose(77);
  std::vector<double> times;
  for (int i = 0; i < 500; ++i) {
    context::search::Query query;
    query.text = prose.question();
    auto begin = env.steady();
    auto call = [index, &query] { return index->search(query); };
    auto result = co_await env.run(std::move(call));
    if (i >= 20) times.push_back(seconds(env.steady() - begin) * 1e3);
  }
  std::ranges::sort(times);
  auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  print({.what = fmt::format("search over {} contexts, p50", contexts),
         .ours = at(0.5),
         .unit = "ms",
         .more_is_better = false});
  print({.what = fmt::format("search over {} contexts, p95", contexts),
         .ours = at(0.95),
         .unit = "ms",
         .goal = "<= 10 ms",
         .reached = at(0.95) <= 10,
         .more_is_better = false});
  co_await workspace->close();
  co_await store->close();
}

}  // namespace

int main(int argc, char** argv) {
  int contexts = 100000, single = 4000;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--quick") {
      contexts = 5000;
      single = 500;
    } else if (word == "--contexts" && i + 1 < argc) {
      contexts = std::atoi(argv[++i]);
    }
  }
  auto folder = std::filesystem::temp_directory_path() / fmt::format("openmcp-rates-{}", getpid());
  std::filesystem::create_directories(folder);
  int code = 0;
  try {
    base::RealEnv env;
    env.run_until_done(measure(env, folder.string(), contexts, single));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_rates: {}\n", error.what());
    code = 1;
  }
  std::filesystem::remove_all(folder);
  return code;
}
