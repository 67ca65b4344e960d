#include "api/mcp/in_flight.hpp"

#include "base/result.hpp"

namespace openmcp::api::mcp {

namespace {

struct Outcome {
  bool cancelled = false;
  std::exception_ptr failed;
};

base::Task<void> guarded(base::Task<void> work, base::TaskGroup& group, Outcome& outcome) {
  try {
    co_await std::move(work);
  } catch (const base::Error& error) {
    if (error.code() == base::Errc::cancelled)
      outcome.cancelled = true;
    else
      outcome.failed = std::current_exception();
  } catch (...) {
    outcome.failed = std::current_exception();
  }
  group.cancel();  // what runs beside it
}

base::Task<void> quiet(base::Task<void> work) {
  try {
    co_await std::move(work);
  } catch (const base::Error&) {
    // It only accompanies the work: cancelled at its end, or the client is gone, which the work notices itself.
  }
}

class Entry {
public:
  Entry(InFlight& in_flight, std::string id, base::TaskGroup& group) : in_flight_(in_flight), id_(std::move(id)) {
    in_flight_.add(id_, group);
  }
  ~Entry() { in_flight_.remove(id_); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

private:
  InFlight& in_flight_;
  std::string id_;
};

}  // namespace

base::Task<bool> cancellable(base::Env& env, InFlight& in_flight, std::string id, base::Task<void> work,
                             std::vector<base::Task<void>> beside) {
  Outcome outcome;
  std::optional<Entry> entry;
  auto body = [&](base::TaskGroup& group) -> base::Task<void> {
    entry.emplace(in_flight, id, group);
    // First what the end of the work cancels: the work may end before spawn returns.
    for (auto& each : beside) group.spawn(quiet(std::move(each)));
    group.spawn(guarded(std::move(work), group, outcome));
    co_return;
  };
  co_await base::with_group(env, std::move(body));
  entry.reset();
  if (outcome.failed) std::rethrow_exception(outcome.failed);
  co_return !outcome.cancelled;
}

base::Task<void> beats(base::Env& env, std::function<base::Task<void>()> beat) {
  for (;;) {
    co_await env.sleep(kBeat);
    co_await beat();
  }
}

}  // namespace openmcp::api::mcp
