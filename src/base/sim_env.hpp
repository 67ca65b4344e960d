// SimEnv: a whole world in one thread: virtual clock, seeded random, a disk that tears and forgets, a network that
// delays and breaks. The same seed gives the same run and the same trace hash.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/env.hpp"

namespace openmcp::base {

/// Probabilities are per operation, 0 to 1.
struct DiskFaults {
  double read_error = 0;                 ///< a read throws Error io
  double write_error = 0;                ///< a write throws Error io, part of it applied
  double sync_error = 0;                 ///< sync throws; unsynced bytes stay unsynced
  double lost_sync = 0;                  ///< sync returns but the bytes are not stable
  double bit_rot = 0;                    ///< a read finds one bit flipped on the medium, for good
  std::uint64_t capacity = 0;            ///< bytes; 0 is unlimited. Writes beyond throw Error no_space
  std::int64_t crash_after_writes = -1;  ///< the n-th mutating operation from now throws PowerLoss; -1 never
};

struct NetworkFaults {
  Duration latency = std::chrono::milliseconds(1);
  Duration jitter = std::chrono::microseconds(200);
  double connect_failure = 0;          ///< a connect throws Error unavailable
  double reset = 0;                    ///< a write resets the stream
  std::uint64_t bytes_per_second = 0;  ///< 0 is unlimited
};

/// Thrown by every disk operation from the moment the power is gone until crash() or kill(), and for ever by files that
/// were open then.
class PowerLoss : public std::exception {
public:
  const char* what() const noexcept override { return "simulated loss of power"; }
};

class SimDisk;
class SimNetwork;

/// The world. Nodes of it are Envs of their own (own disk, own address) on one clock and one event queue.
class SimWorld {
public:
  explicit SimWorld(std::uint64_t seed);
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  /// A node with its own disk and the network address 10.0.0.<n>; owned by the world.
  Env& node(const std::string& name);
  SimDisk& disk(const std::string& name);
  SimNetwork& network();

  /// Runs events until `main` ends; rethrows. Throws Error timeout after `limit` of virtual time or when no event is
  /// left and main still waits (a deadlock); all coroutines of the world are destroyed then.
  void run(Task<void> main, Duration limit = std::chrono::hours(24));
  /// Runs what is queued, at most `limit` of virtual time.
  void settle(Duration limit = std::chrono::minutes(10));

  /// FNV-1a over (time, event) of every step so far.
  std::uint64_t trace_hash() const noexcept;
  std::uint64_t events() const noexcept;
  std::uint64_t seed() const noexcept;
  /// A seeded stream of its own for a test's choices, forked by label.
  std::uint64_t choose(std::string_view label, std::uint64_t below);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The medium of one node; survives the node's crash.
class SimDisk {
public:
  virtual ~SimDisk() = default;
  virtual void set_faults(DiskFaults faults) = 0;
  virtual const DiskFaults& faults() const = 0;
  /// Power off and on: unsynced bytes survive as a seeded subset of 512-byte sectors, unsynced directory changes as a
  /// seeded prefix; open files are dead; locks are released; PowerLoss ends.
  virtual void crash() = 0;
  /// A kill of the process: everything written survives, locks are released, open files are dead.
  virtual void kill() = 0;
  /// Flips one bit of the stored file.
  virtual void flip_bit(const Path& path, std::uint64_t bit) = 0;
  virtual std::uint64_t mutations() const = 0;  ///< mutating operations so far
};

class SimNetwork {
public:
  virtual ~SimNetwork() = default;
  virtual void set_faults(NetworkFaults faults) = 0;
  /// Faults of one directed link, by node name; overrides the general ones.
  virtual void set_link(const std::string& from, const std::string& to, NetworkFaults faults) = 0;
  /// No byte and no connect passes between the two (both ways) until heal().
  virtual void partition(const std::string& a, const std::string& b) = 0;
  virtual void heal() = 0;
  /// Resets all connections of a node and closes its listeners, as the death of its process does.
  virtual void disconnect(const std::string& node) = 0;
};

}  // namespace openmcp::base
