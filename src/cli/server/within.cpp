#include "cli/server/within.hpp"

#include "base/result.hpp"
#include "base/sync.hpp"

namespace openmcp::cli {

namespace {

struct Race {
  bool late = false, done = false, over = false;
};

base::Task<void> alarm(base::Env& env, base::Duration time, base::TaskGroup& group, Race& race) {
  co_await env.sleep(time);
  race.late = true;
  group.cancel();
}

base::Task<void> work(base::Task<void> task, base::TaskGroup& group, Race& race) {
  std::exception_ptr failure;
  try {
    co_await std::move(task);
    race.done = true;
  } catch (...) {
    failure = std::current_exception();
  }
  race.over = true;
  group.cancel();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

base::Task<bool> within(base::Env& env, base::Duration time, base::Task<void> task) {
  Race race;
  auto both = [&](base::TaskGroup& group) -> base::Task<void> {
    group.spawn(work(std::move(task), group, race));
    if (!race.over) group.spawn(alarm(env, time, group, race));
    co_return;
  };
  try {
    co_await base::with_group(env, std::move(both));
  } catch (const base::Error& error) {
    if (error.code() != base::Errc::cancelled || (!race.late && !race.done)) throw;
  }
  co_return race.done;
}

}  // namespace openmcp::cli
