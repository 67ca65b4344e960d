#include <fmt/format.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include "base/result.hpp"
#include "base/sim_context.hpp"
#include "base/sim_disk.hpp"
#include "base/sim_env.hpp"
#include "base/sim_network.hpp"
#include "base/waiters.hpp"

namespace openmcp::base {
namespace asio = boost::asio;
namespace {

constexpr std::int64_t kEpoch = 1'735'689'600'000'000;  ///< 2025-01-01T00:00:00Z: when every world begins

class SimEnv final : public Env {
public:
  SimEnv(SimContext& context, SimNet& net, std::uint64_t seed, const std::string& name)
      : context_(context),
        random_(seed, "random/" + name),
        delays_(seed, "work/" + name),
        medium_(std::make_shared<SimMedium>(context, seed, name)),
        network_(net, name) {}

  SimMedium& medium() { return *medium_; }

  WallTime now() override {
    return WallTime(std::chrono::microseconds(kEpoch) +
                    std::chrono::duration_cast<std::chrono::microseconds>(context_.now()));
  }
  Instant steady() override { return Instant(context_.now()); }
  Task<void> sleep(Duration duration) override { return context_.pause(duration); }
  void random(MutableBytes into) override { random_.fill(into); }
  Executor executor() override { return context_.executor(); }
  Disk& disk() override { return *medium_; }
  Network& network() override { return network_; }
  unsigned workers() const noexcept override { return 1; }
  void spawn(Task<void> task) override {
    asio::co_spawn(context_.executor(), with_our_cancellation(std::move(task)), log_uncaught);
  }

protected:
  Task<void> offload(std::move_only_function<void()> job) override {
    // From a job that a waiting worker takes at once to one that waits behind others.
    auto delay = Duration(static_cast<std::int64_t>(1'000 + delays_.below(200'000)));
    return context_.pause(delay, std::move(job));
  }

private:
  SimContext& context_;
  Seeded random_, delays_;
  std::shared_ptr<SimMedium> medium_;
  SimNodeNetwork network_;
};

}  // namespace

struct SimWorld::Impl {
  explicit Impl(std::uint64_t from) : seed(from), context(from), net(context, from) {}

  SimEnv& node(const std::string& name) {
    auto& env = nodes[name];
    if (!env) {
      net.add_node(name);
      env = std::make_unique<SimEnv>(context, net, seed, name);
    }
    return *env;
  }

  std::uint64_t seed;
  SimContext context;
  SimNet net;
  std::map<std::string, std::unique_ptr<SimEnv>> nodes;
  std::map<std::string, Seeded, std::less<>> choices;
};

SimWorld::SimWorld(std::uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {}

SimWorld::~SimWorld() {
  impl_->context.drop_all();  // while the nodes, disks and links that coroutines refer to are still there
}

Env& SimWorld::node(const std::string& name) { return impl_->node(name); }
SimDisk& SimWorld::disk(const std::string& name) { return impl_->node(name).medium(); }
SimNetwork& SimWorld::network() { return impl_->net; }

void SimWorld::run(Task<void> main, Duration limit) {
  struct Outcome {
    bool done = false;
    std::exception_ptr error;
  };
  auto outcome = std::make_shared<Outcome>();
  auto ended = [outcome](std::exception_ptr error) {
    outcome->done = true;
    outcome->error = std::move(error);
  };
  auto& context = impl_->context;
  asio::co_spawn(context.executor(), with_our_cancellation(std::move(main)), std::move(ended));
  Duration end = context.now() + limit;
  while (!outcome->done) {
    auto step = context.step(end);
    if (step == SimContext::Step::happened) continue;
    std::string when = fmt::format("{:.6f} s, seed {}", static_cast<double>(context.now().count()) * 1e-9, impl_->seed);
    // What still waits refers to objects of the caller, who will leave now.
    context.drop_all();
    if (step == SimContext::Step::later) {
      throw Error(Errc::timeout, fmt::format("the simulation did not end within its limit (at {})", when));
    }
    throw Error(Errc::timeout,
                fmt::format("deadlock: nothing can happen any more, but main still waits (at {})", when));
  }
  if (outcome->error) std::rethrow_exception(outcome->error);
}

void SimWorld::settle(Duration limit) {
  Duration end = impl_->context.now() + limit;
  while (impl_->context.step(end) == SimContext::Step::happened) continue;
}

std::uint64_t SimWorld::trace_hash() const noexcept { return impl_->context.trace_hash(); }
std::uint64_t SimWorld::events() const noexcept { return impl_->context.events(); }
std::uint64_t SimWorld::seed() const noexcept { return impl_->seed; }

std::uint64_t SimWorld::choose(std::string_view label, std::uint64_t below) {
  auto found = impl_->choices.find(label);
  if (found == impl_->choices.end()) {
    found = impl_->choices.emplace(label, Seeded(impl_->seed, fmt::format("choice/{}", label))).first;
  }
  return found->second.below(below);
}

}  // namespace openmcp::base
