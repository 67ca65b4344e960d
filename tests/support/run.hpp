// Runs a coroutine to its end on a RealEnv and returns its value.
#pragma once

#include <optional>

#include "base/real_env.hpp"

namespace openmcp::test {

template <class T>
T run(base::RealEnv& env, base::Task<T> task) {
  if constexpr (std::is_void_v<T>) {
    env.run_until_done(std::move(task));
  } else {
    std::optional<T> value;
    auto wrapper = [](base::Task<T> inner, std::optional<T>& out) -> base::Task<void> {
      out.emplace(co_await std::move(inner));
    };
    env.run_until_done(wrapper(std::move(task), value));
    return std::move(*value);
  }
}

}  // namespace openmcp::test
