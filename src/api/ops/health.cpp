// Whether the server lives, whether it is ready, and what is not well.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "api/audit.hpp"
#include "api/ops/parts.hpp"
#include "base/log.hpp"

namespace openmcp::api::ops {

namespace {

constexpr std::uint64_t kLittleSpace = 256u << 20;  ///< bytes
/// A view is too far behind at this many times the changes that make writers wait: that much is only reached by an
/// index that is filled anew.
constexpr std::uint64_t kFarBehind = 2;
constexpr auto kStuck = std::chrono::seconds(60);  ///< a batch takes a second or two
constexpr const char* kUnheard = "no answer in time";

base::Task<Check> store_check(std::shared_ptr<Ops> ops) {
  auto stats = co_await ops->service.store.stats();
  co_return Check{.name = {}, .ok = true, .detail = fmt::format("{} blocks", stats.blocks)};
}

base::Task<Check> catalog_check(std::shared_ptr<Ops> ops) {
  auto following = co_await ops->service.workspace.catalog_following();
  co_return follows("catalog", following);
}

base::Task<Check> search_check(std::shared_ptr<Ops> ops) {
  if (!ops->service.workspace.options().search) co_return Check{.name = {}, .ok = true, .detail = "off"};
  auto following = co_await ops->service.workspace.search_following();
  co_return follows("search", following);
}

base::Task<Check> audit_check(std::shared_ptr<Ops> ops) {
  const auto& audit = ops->service.audit;
  Check out{.name = {}, .ok = audit.valid() && audit.failures() == 0, .detail = {}};
  if (!audit.valid())
    out.detail = "the chain of lines is broken: openmcp audit verify says where";
  else if (audit.failures() > 0)
    out.detail = fmt::format("{} lines could not be written", audit.failures());
  else
    out.detail = fmt::format("{} lines since the start", audit.records());
  co_return out;
}

base::Task<Check> space_check(std::shared_ptr<Ops> ops) {
  auto work = [&disk = ops->service.env.disk(), path = store_path(ops->service)] { return disk.free_space(path); };
  const auto free = co_await ops->service.env.run(std::move(work));
  co_return Check{.name = {}, .ok = free >= kLittleSpace, .detail = fmt::format("{} MiB free", free >> 20)};
}

base::Task<Check> serving_check(std::shared_ptr<Ops> ops) {
  co_return Check{.name = {}, .ok = !ops->draining, .detail = ops->draining ? "the server is stopping" : ""};
}

struct Known {
  std::string_view name;
  base::Task<Check> (*look)(std::shared_ptr<Ops>);
  bool decides;  ///< whether the server is ready
};
constexpr Known kChecks[] = {{"serving", serving_check, true}, {"store", store_check, true},
                             {"catalog", catalog_check, true}, {"search", search_check, true},
                             {"audit", audit_check, false},    {"space", space_check, false}};

/// The checks of one request while they run.
struct Round {
  explicit Round(base::Env& env) : changed(env.executor()) {}
  std::vector<std::optional<Check>> found;
  std::size_t open = 0;
  bool late = false;
  base::Signal changed;
};

/// Never throws: what is thrown after the answer has nobody to read it.
base::Task<void> look(std::shared_ptr<Ops> ops, std::shared_ptr<Round> round, std::size_t at, const Known& known) {
  Check out;
  try {
    auto& turn = ops->turns.try_emplace(std::string(known.name), ops->service.env.executor(), 1).first->second;
    co_await turn.acquire();
    struct Turn {
      base::Semaphore& semaphore;
      ~Turn() { semaphore.release(); }
    } held{turn};
    out = co_await known.look(ops);
  } catch (const base::Error& error) {
    out.ok = false;
    out.detail = public_message(error);
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "ops", "the check '{}' ended with {}", known.name, error.what());
    out.ok = false;
    out.detail = "something went wrong inside of the server";
  }
  out.name = known.name;
  round->found[at] = std::move(out);
  --round->open;
  round->changed.wake_all();
}

base::Task<void> clock(std::shared_ptr<Ops> ops, std::shared_ptr<Round> round) {
  if (round->open == 0) co_return;  // before this was started
  try {
    co_await ops->service.env.sleep(ops->sources.patience);
  } catch (const base::Error&) {
    co_return;  // all have spoken
  }
  round->late = true;
  round->changed.wake_all();
}

/// No dependencies: that it is answered at all is the answer.
base::Task<void> livez(std::shared_ptr<Ops>, Call& call) {
  http::Response response{.status = 200, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = "ok\n"};
  co_await call.exchange.send(std::move(response));
}

base::Task<void> tell_ready(Call& call, std::vector<Check> found) {
  const bool ready = all_ok(found);
  std::string body;
  if (call.parameter("verbose") || !ready) {
    // Without details: this page is for everyone.
    for (const auto& check : found)
      body += fmt::format("[{}]{} {}\n", check.ok ? '+' : '-', check.name, check.ok ? "ok" : "failed");
    body += ready ? "readyz check passed\n" : "readyz check failed\n";
  } else {
    body = "ok\n";
  }
  http::Response response{.status = ready ? 200u : 503u,
                          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                          .body = std::move(body)};
  co_await call.exchange.send(std::move(response));
}

base::Task<void> readyz(std::shared_ptr<Ops> ops, Call& call) {
  auto answer = [&call](std::vector<Check> found) { return tell_ready(call, std::move(found)); };
  co_await with_checks(ops, false, std::move(answer));
}

base::Task<void> tell_health(Call& call, std::vector<Check> found) {
  bool ready = true;
  for (std::size_t i = 0; i < found.size(); ++i) ready = ready && (found[i].ok || !kChecks[i].decides);
  JsonWriter json;
  json.begin_object().field("ready", ready).key("checks").begin_array();
  for (const auto& check : found) {
    json.begin_object().field("name", check.name).field("ok", check.ok).field("detail", check.detail).end_object();
  }
  json.end_array().end_object();
  co_await send_json(call, json.take());
}

base::Task<void> health(std::shared_ptr<Ops> ops, Call& call) {
  auto answer = [&call](std::vector<Check> found) { return tell_health(call, std::move(found)); };
  co_await with_checks(ops, true, std::move(answer));
}

}  // namespace

bool all_ok(const std::vector<Check>& of) {
  return std::ranges::all_of(of, [](const Check& check) { return check.ok; });
}

Check follows(std::string name, const context::Following& view) {
  Check out{.name = std::move(name), .ok = true, .detail = {}};
  if (view.waiting == 0) {
    // Others write to the store too: its log may be longer than what concerns contexts.
    out.detail = fmt::format("level, at {} of {}", view.view, view.store);
    return out;
  }
  const auto still = std::chrono::duration_cast<std::chrono::seconds>(view.still).count();
  out.ok = view.waiting <= kFarBehind * view.room && view.still < kStuck;
  out.detail = fmt::format("{} changes behind, at {} of {}", view.waiting, view.view, view.store);
  if (view.still >= kStuck) out.detail += fmt::format(", and nothing was done for {} s", still);
  return out;
}

base::Task<void> with_checks(std::shared_ptr<Ops> ops, bool all, Answering answer) {
  auto round = std::make_shared<Round>(ops->service.env);
  auto body = [&](base::TaskGroup& group) -> base::Task<void> {
    std::vector<const Known*> asked;
    for (const auto& known : kChecks)
      if (all || known.decides) asked.push_back(&known);
    round->found.resize(asked.size());
    round->open = asked.size();
    for (std::size_t i = 0; i < asked.size(); ++i) group.spawn(look(ops, round, i, *asked[i]));
    group.spawn(clock(ops, round));
    while (round->open > 0 && !round->late) co_await round->changed.wait();
    std::vector<Check> found;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      Check unheard{.name = std::string(asked[i]->name), .ok = false, .detail = kUnheard, .heard = false};
      found.push_back(round->found[i].value_or(std::move(unheard)));
    }
    // The clock, and those who wait for something. What a worker has begun ends when it ends: behind the answer.
    group.cancel();
    co_await answer(std::move(found));
  };
  co_await base::with_group(ops->service.env, std::move(body));
}

void add_health(const std::shared_ptr<Ops>& ops) {
  add(ops, "GET", "/livez", "livez", Role::none, livez);
  add(ops, "GET", "/readyz", "readyz", Role::none, readyz);
  add(ops, "GET", "/api/v1/server/health", "server_health", Role::reader, health);
}

}  // namespace openmcp::api::ops
