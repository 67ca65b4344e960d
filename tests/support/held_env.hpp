// An Env over another one whose work can be held up: a disk that does not answer, seen from one part of the program.
#pragma once

#include "base/env.hpp"
#include "base/sync.hpp"

namespace openmcp::test {

class HeldEnv final : public base::Env {
public:
  explicit HeldEnv(base::Env& inner) : inner_(inner), released_(inner.executor()) {}

  /// Work that is asked for from now on does not begin; at most `pieces` of it, the rest passes.
  void hold(std::size_t pieces = ~std::size_t{0}) { left_ = pieces; }
  /// Goes on with what was held, and with everything after it.
  void release() {
    left_ = 0;
    ++releases_;
    released_.wake_all();
  }
  std::size_t held() const noexcept { return held_; }
  /// Work that is asked for from now on throws unavailable.
  void fail(bool failing) { failing_ = failing; }

  base::WallTime now() override { return inner_.now(); }
  base::Instant steady() override { return inner_.steady(); }
  base::Task<void> sleep(base::Duration duration) override { return inner_.sleep(duration); }
  void random(base::MutableBytes into) override { inner_.random(into); }
  base::Executor executor() override { return inner_.executor(); }
  base::Disk& disk() override { return inner_.disk(); }
  base::Network& network() override { return inner_.network(); }
  unsigned workers() const noexcept override { return inner_.workers(); }
  void spawn(base::Task<void> task) override { inner_.spawn(std::move(task)); }

protected:
  /// As a worker that hangs: a cancellation does not end it.
  base::Task<void> offload(std::move_only_function<void()> job) override {
    if (failing_) throw base::Error(base::Errc::unavailable, "the test lets nothing be done");
    if (left_ > 0) {
      --left_;
      ++held_;
      for (const auto mine = releases_; releases_ == mine;) {
        try {
          co_await released_.wait();
        } catch (const base::Error&) {
          // What a worker has begun is not cancelled.
        }
      }
      --held_;
    }
    auto work = [&job] { job(); };
    co_await inner_.run(std::move(work));
  }

private:
  base::Env& inner_;
  base::Signal released_;
  std::size_t left_ = 0, held_ = 0, releases_ = 0;
  bool failing_ = false;
};

}  // namespace openmcp::test
