// Inside of base: the simulated network of a world.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "base/network.hpp"
#include "base/seeded.hpp"
#include "base/sim_context.hpp"
#include "base/sim_env.hpp"
#include "base/sync.hpp"

namespace openmcp::base {

class SimWire;

/// Where somebody listens: a node and a port, or a node and the path of a socket.
struct SimPlace {
  std::string node, path;
  std::uint16_t port = 0;
  auto operator<=>(const SimPlace&) const = default;
};

struct SimAccepting {
  explicit SimAccepting(Executor executor) : changed(std::move(executor)) {}
  std::deque<std::unique_ptr<Stream>> backlog;
  bool closed = false;
  Signal changed;
};

class SimNet final : public SimNetwork {
public:
  SimNet(SimContext& context, std::uint64_t seed) : context_(context), random_(seed, "network") {}

  void set_faults(NetworkFaults faults) override { general_ = faults; }
  void set_link(const std::string& from, const std::string& to, NetworkFaults faults) override;
  void partition(const std::string& a, const std::string& b) override;
  void heal() override;
  void disconnect(const std::string& node) override;

  /// The next free address: 10.0.0.1, 10.0.0.2, ...
  std::string add_node(const std::string& name);
  Task<std::unique_ptr<Stream>> connect(std::string node, Endpoint remote);
  Task<std::unique_ptr<Listener>> listen(std::string node, Endpoint local);

private:
  friend class SimWire;
  friend class SimStream;
  friend class SimListener;

  SimPlace place_of(const std::string& node, const Endpoint& endpoint) const;
  const NetworkFaults& link(const std::string& from, const std::string& to) const;
  /// What a listener sees of a client's node.
  Endpoint peer_of(const std::string& client, const SimPlace& place);
  bool parted(const std::string& a, const std::string& b) const;
  Duration delay(const NetworkFaults& faults);

  SimContext& context_;
  Seeded random_;
  NetworkFaults general_;
  std::map<std::pair<std::string, std::string>, NetworkFaults> links_;
  std::map<std::pair<std::string, std::string>, Duration> busy_until_;  ///< of links with a bandwidth
  std::set<std::pair<std::string, std::string>> parted_;
  std::map<std::string, std::string> nodes_;  ///< address to name
  std::map<SimPlace, std::shared_ptr<SimAccepting>> listeners_;
  std::vector<std::weak_ptr<SimWire>> wires_;
  std::map<std::string, std::uint16_t> last_port_;
  std::uint16_t next_client_port_ = 32768;
};

/// What one node sees of it.
class SimNodeNetwork final : public Network {
public:
  SimNodeNetwork(SimNet& net, std::string node) : net_(net), node_(std::move(node)) {}
  Task<std::unique_ptr<Stream>> connect(Endpoint remote) override { return net_.connect(node_, std::move(remote)); }
  Task<std::unique_ptr<Listener>> listen(Endpoint local) override { return net_.listen(node_, std::move(local)); }

private:
  SimNet& net_;
  std::string node_;
};

}  // namespace openmcp::base
