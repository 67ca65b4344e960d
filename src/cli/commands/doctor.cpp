#include <fmt/format.h>

#include <algorithm>

#include "cli/checks.hpp"
#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/process.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "context/search/index.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

void check_surroundings(Invocation& call, Checks& checks) {
  auto& disk = call.env().disk();
  auto& home = call.home();
  checks.good("store", fmt::format("{} ({})", home.path, to_string(home.from)));
  if (auto info = disk.stat(home.path); info && (info->mode & 0077u) != 0) {
    checks.warning("access", fmt::format("other users can enter {} (mode {:o})", home.path, info->mode),
                   fmt::format("chmod 700 '{}'", home.path));
  }
  if (auto key = base::join(home.path, "keys/ed25519"); auto info = disk.stat(key)) {
    if ((info->mode & 0077u) != 0) {
      checks.bad("key", fmt::format("{} can be read by others (mode {:o})", key, info->mode),
                 fmt::format("chmod 600 '{}'", key));
    } else {
      checks.good("key", "private");
    }
  }
  auto free = disk.free_space(home.path);
  auto text = fmt::format("{} free", human_size(free));
  if (free < 64u << 20) {
    checks.bad("disk", text, "free some space: commits will fail");
  } else if (free < 1u << 30) {
    checks.warning("disk", text, "free some space, or run 'openmcp gc'");
  } else {
    checks.good("disk", text);
  }
  if (!owned_by_us(home.path)) {
    checks.warning("owner", fmt::format("{} belongs to another user", home.path),
                   "work as that user, or the store gets files that one of you cannot read");
  }
  auto year = iso_time(call.env().now()).substr(0, 4);
  if (year < "2024" || year > "2100") {
    checks.bad("clock", fmt::format("it is said to be {}", iso_time(call.env().now())),
               "set the clock: versions carry its time");
  } else {
    checks.good("clock", iso_time(call.env().now()));
  }
}

base::Task<void> check_store(Invocation& call, Checks& checks) {
  auto* store = co_await call.store(Access::read);
  auto stats = co_await store->stats();
  auto share =
      stats.disk_bytes == 0 ? 1.0 : static_cast<double>(stats.live_bytes) / static_cast<double>(stats.disk_bytes);
  auto text = fmt::format("{}, {} in {}, {:.0f}% in use", counted(stats.blocks, "block"), human_size(stats.disk_bytes),
                          counted(stats.segments, "segment"), share * 100);
  if (share < 0.5 && stats.disk_bytes > 64u << 20) {
    checks.warning("blocks", std::move(text), "'openmcp gc' gives space back");
  } else {
    checks.good("blocks", std::move(text));
  }
}

base::Task<void> check_workspace(Invocation& call, Checks& checks) {
  auto* workspace = co_await call.workspace(Access::read, true);
  auto status = co_await workspace->status();
  auto text = fmt::format("{}, schema {}", counted(status.contexts, "context"), status.schema);
  if (status.catalog_position < status.store_position) {
    checks.warning(
        "catalog",
        fmt::format("{}; behind the store's log ({} of {})", text, status.catalog_position, status.store_position),
        "the next writing command brings it up to date");
  } else {
    checks.good("catalog", text);
  }
  context::ListRequest newest;
  newest.limit = 1;
  auto page = co_await workspace->list(std::move(newest));
  constexpr auto kSkew = std::chrono::minutes(5);
  if (!page.contexts.empty() && wall_time(page.contexts.front().changed) > call.env().now() + kSkew) {
    checks.warning("clock",
                   fmt::format("the latest version is from {}, which is to come",
                               iso_time(wall_time(page.contexts.front().changed))),
                   "set the clock here, or where that version was made");
  }
  if (status.to_index > 0 || status.search_position < status.store_position) {
    checks.warning("index", "the search index is behind the contexts",
                   "a moment later it is not, while a server runs; otherwise the next command brings it up to date");
  }
  if (status.diverged > 0) {
    checks.warning("versions", fmt::format("{} with concurrent versions", counted(status.diverged, "context")),
                   "'openmcp list --diverged' shows them");
  }
  if (!call.config().flag("search.enabled")) {
    checks.warning("search", "turned off", "search.enabled = true in openmcp.toml");
    co_return;
  }
  auto* index = co_await workspace->search_index();
  auto look = [index] { return std::pair(index->stats(), index->integrity_check()); };
  auto seen = co_await call.env().run(std::move(look));
  auto& stats = seen.first;
  if (!seen.second.empty()) {
    checks.bad("search", fmt::format("{}", fmt::join(seen.second, "; ")), "'openmcp repair --rebuild' makes it anew");
  } else {
    checks.good("search", fmt::format("{}, {}, {}", counted(stats.contexts, "context"),
                                      counted(stats.passages, "passage"), human_size(stats.file_bytes)));
  }
  if (stats.embedding_problem.empty() && !stats.embedder.empty()) {
    checks.good("embeddings", stats.embedder);
  } else {
    auto why = stats.embedding_problem.empty() ? std::string("none are in use") : stats.embedding_problem;
    checks.warning("embeddings", why + "; search uses words alone",
                   "'./dev setup' makes the table; search.embeddings names one");
  }
}

/// Runs one part; what it throws is a finding.
base::Task<void> guarded(std::string name, base::Task<void> part, Checks& checks) {
  try {
    co_await std::move(part);
  } catch (const Error& error) {
    if (error.code() == Errc::cancelled) throw;
    checks.bad(std::move(name), error);
  }
}

void print(Invocation& call, const Checks& checks) {
  static constexpr std::string_view kWords[] = {"ok", "warning", "failed"};
  static constexpr Style kStyles[] = {Style::green, Style::yellow, Style::red};
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("ok", !checks.failed()).key("checks").begin_array();
    for (auto& check : checks.all()) {
      json.begin_object().field("name", check.name).field("verdict", kWords[static_cast<std::size_t>(check.verdict)]);
      json.field("finding", check.finding).field("advice", check.advice).end_object();
    }
    json.end_array().end_object();
    return print_json(call, json);
  }
  auto& out = call.out();
  for (auto& check : checks.all()) {
    auto verdict = static_cast<std::size_t>(check.verdict);
    if (call.globals().quiet && check.verdict == Verdict::good) continue;
    out.line(fmt::format("{}  {:<11} {}", out.styled(kStyles[verdict], fmt::format("{:<7}", kWords[verdict])),
                         check.name, escape(check.finding)));
    if (!check.advice.empty()) out.line(fmt::format("{:21}{}", "", escape(check.advice)));
  }
}

base::Task<int> run(Invocation& call) {
  Checks checks;
  bool settings = true;
  try {
    call.config();
    checks.good("config", call.env().disk().stat(base::join(call.home().path, "openmcp.toml")) ? "openmcp.toml is sound"
                                                                                               : "defaults");
  } catch (const Error& error) {
    checks.bad("config", error);
    settings = false;
  }
  if (!call.store_exists()) {
    checks.warning("store", fmt::format("there is none in {} yet", call.home().path), "the first commit makes it");
  } else {
    check_surroundings(call, checks);
    check_names(call, checks);
    if (settings) {
      co_await guarded("server", check_server(call, checks), checks);
      co_await guarded("blocks", check_store(call, checks), checks);
      co_await guarded("catalog", check_workspace(call, checks), checks);
    }
  }
  print(call, checks);
  co_return checks.failed() ? kFailed : kOk;
}

}  // namespace

const Command kDoctor{
    .name = "doctor",
    .group = Group::care,
    .summary = "Look for what is wrong around the store and say what to do",
    .details =
        "Checks settings and their names, access rights and owner, disk space, clock, lock, the server with its socket "
        "file, ports, tokens and certificate, the index of blocks, the catalog, the search index and the word "
        "embeddings. 'openmcp verify' checks the bytes themselves.",
    .place = Place::here,
    .run = run,
};

}  // namespace openmcp::cli
