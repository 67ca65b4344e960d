#include "base/sim_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>

#include "base/result.hpp"
#include "base/sim_stream.hpp"

namespace openmcp::base {
namespace {

using namespace std::chrono_literals;

/// A node talks to itself faster than to others, and without their faults.
constexpr NetworkFaults kLoopback{.latency = 20us, .jitter = 5us};
/// When a connect that gets no answer asks again and when it gives up, as TCP with a limit of ten seconds does.
constexpr Duration kAskAgain[] = {1s, 2s, 4s};
constexpr Duration kGiveUp = 3s;

std::pair<std::string, std::string> sorted(const std::string& a, const std::string& b) {
  return a < b ? std::pair(a, b) : std::pair(b, a);
}

}  // namespace

class SimListener final : public Listener {
public:
  SimListener(SimNet& net, SimPlace place, Endpoint endpoint, std::shared_ptr<SimAccepting> accepting)
      : net_(net), place_(std::move(place)), endpoint_(std::move(endpoint)), accepting_(std::move(accepting)) {}
  ~SimListener() override { close(); }

  Task<std::unique_ptr<Stream>> accept() override {
    auto accepting = accepting_;
    while (!accepting->closed && accepting->backlog.empty()) co_await accepting->changed.wait();
    if (accepting->closed) throw Error(Errc::cancelled, "accepting: the listener was closed");
    auto stream = std::move(accepting->backlog.front());
    accepting->backlog.pop_front();
    co_return stream;
  }
  Endpoint endpoint() const override { return endpoint_; }
  void close() noexcept override {
    if (std::exchange(accepting_->closed, true)) return;
    net_.listeners_.erase(place_);
    accepting_->backlog.clear();
    accepting_->changed.wake_all();
  }

private:
  SimNet& net_;
  SimPlace place_;
  Endpoint endpoint_;
  std::shared_ptr<SimAccepting> accepting_;
};

std::string SimNet::add_node(const std::string& name) {
  auto address = fmt::format("10.0.0.{}", nodes_.size() + 1);
  nodes_.emplace(address, name);
  return address;
}

void SimNet::set_link(const std::string& from, const std::string& to, NetworkFaults faults) {
  links_.insert_or_assign({from, to}, faults);
}

void SimNet::partition(const std::string& a, const std::string& b) { parted_.insert(sorted(a, b)); }

void SimNet::heal() {
  parted_.clear();
  std::erase_if(wires_, [](const auto& wire) { return wire.expired(); });
  for (auto& each : wires_) {
    if (auto wire = each.lock()) wire->release();
  }
}

void SimNet::disconnect(const std::string& node) {
  for (auto& each : wires_) {
    auto wire = each.lock();
    if (!wire) continue;
    if (wire->from() == node) wire->abort();
    if (wire->to() == node) wire->stop_reading();
  }
  for (auto at = listeners_.begin(); at != listeners_.end();) {
    if (at->first.node != node) {
      ++at;
      continue;
    }
    auto accepting = at->second;
    at = listeners_.erase(at);
    accepting->closed = true;
    accepting->backlog.clear();
    accepting->changed.wake_all();
  }
}

const NetworkFaults& SimNet::link(const std::string& from, const std::string& to) const {
  auto found = links_.find({from, to});
  if (found != links_.end()) return found->second;
  return from == to ? kLoopback : general_;
}

bool SimNet::parted(const std::string& a, const std::string& b) const { return parted_.contains(sorted(a, b)); }

Duration SimNet::delay(const NetworkFaults& faults) {
  auto jitter = static_cast<std::uint64_t>(std::max<std::int64_t>(0, faults.jitter.count()));
  return faults.latency + Duration(static_cast<std::int64_t>(random_.below(jitter + 1)));
}

SimPlace SimNet::place_of(const std::string& node, const Endpoint& endpoint) const {
  if (endpoint.host.starts_with('/')) return {node, endpoint.host, 0};
  static constexpr std::string_view kSelf[] = {"127.0.0.1", "::1", "0.0.0.0", "::"};
  if (std::ranges::find(kSelf, endpoint.host) != std::end(kSelf)) return {node, {}, endpoint.port};
  auto found = nodes_.find(endpoint.host);
  return {found == nodes_.end() ? "" : found->second, {}, endpoint.port};
}

Endpoint SimNet::peer_of(const std::string& client, const SimPlace& place) {
  if (!place.path.empty()) return {};
  auto port = next_client_port_;
  next_client_port_ = static_cast<std::uint16_t>(port < 65535 ? port + 1 : 32768);
  if (client == place.node) return {"127.0.0.1", port};
  auto found = std::ranges::find(nodes_, client, [](const auto& each) { return each.second; });
  return {found == nodes_.end() ? "" : found->first, port};
}

Task<std::unique_ptr<Stream>> SimNet::connect(std::string node, Endpoint remote) {
  auto place = place_of(node, remote);
  auto name = fmt::format("{}:{}", remote.host, remote.port);
  for (auto wait : kAskAgain) {
    if (parted(node, place.node)) co_await context_.pause(wait);
  }
  if (parted(node, place.node)) {
    co_await context_.pause(kGiveUp);
    throw Error(Errc::timeout, fmt::format("connecting to {}: no answer", name));
  }
  co_await context_.pause(delay(link(node, place.node)));
  bool fails = random_.chance(link(node, place.node).connect_failure);
  auto found = listeners_.find(place);
  if (fails || found == listeners_.end()) {
    co_await context_.pause(delay(link(place.node, node)));
    throw Error(Errc::unavailable, fmt::format("connecting to {}: Connection refused", name));
  }
  auto out = std::make_shared<SimWire>(*this, node, place.node);
  auto back = std::make_shared<SimWire>(*this, place.node, node);
  out->back = back;
  back->back = out;
  if (wires_.size() % 256 == 255) std::erase_if(wires_, [](const auto& wire) { return wire.expired(); });
  wires_.push_back(out);
  wires_.push_back(back);
  auto ours = std::make_unique<SimStream>(out, back, remote);
  found->second->backlog.push_back(std::make_unique<SimStream>(back, out, peer_of(node, place)));
  found->second->changed.wake_all();
  co_await context_.pause(delay(link(place.node, node)));
  co_return ours;
}

Task<std::unique_ptr<Listener>> SimNet::listen(std::string node, Endpoint local) {
  auto place = place_of(node, local);
  if (place.node != node) {
    throw Error(Errc::invalid_argument, fmt::format("listening at {}: not an address of this node", local.host));
  }
  if (place.path.empty() && place.port == 0) {
    auto& last = last_port_.try_emplace(node, 49151).first->second;
    do {
      local.port = place.port = static_cast<std::uint16_t>(last < 65535 ? ++last : last = 49152);
    } while (listeners_.contains(place));
  }
  auto accepting = std::make_shared<SimAccepting>(context_.executor());
  if (!listeners_.try_emplace(place, accepting).second) {
    throw Error(Errc::busy, fmt::format("listening at {}:{}: Address already in use", local.host, local.port),
                "another program listens there: stop it or choose another port");
  }
  co_return std::make_unique<SimListener>(*this, std::move(place), std::move(local), std::move(accepting));
}

}  // namespace openmcp::base
