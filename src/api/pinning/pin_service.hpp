// The requests of the pinning service, kept in a folder, and what became of them. A request is "pinned" when the store
// has a pin "pinsvc/<request id>" on its CID, which it only takes when the whole DAG is here: the state is the store's,
// not a note about it. While blocks are missing a request is "queued"; it is tried again whenever the store grew.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/pinning/pin_request.hpp"
#include "base/env.hpp"
#include "base/sync.hpp"
#include "context/id.hpp"
#include "storage/pins.hpp"

namespace openmcp::api::pinning {

struct PinState {
  PinRequest request;
  Status status = Status::queued;
  std::string details;         ///< why it is not pinned
  std::uint64_t dag_size = 0;  ///< bytes; 0: not known
};

class PinService {
public:
  /// `folder` holds one file a request; made at the first one. `env` and `store` outlive it.
  PinService(base::Env& env, storage::PinningStore& store, base::Path folder);

  base::Task<PinState> add(Pin pin);
  /// Error not_found.
  base::Task<PinState> get(std::string id);
  /// The new request first, then the old one goes: blocks that both need stay.
  base::Task<PinState> replace(std::string id, Pin pin);
  base::Task<void> remove(std::string id);

  struct Page {
    std::vector<PinState> results;  ///< newest first
    std::uint64_t count = 0;        ///< all that match
  };
  base::Task<Page> list(Filter filter);

  /// Requests that have no pin, as far as is known now: waits for nothing.
  struct Waiting {
    std::uint64_t queued = 0, pinning = 0, failed = 0;
  };
  Waiting waiting() const noexcept;
  /// Requests that came to their end here since the service began. One that goes on waiting is neither.
  struct Ended {
    std::uint64_t ok = 0, error = 0;
  };
  Ended ended() const noexcept { return ended_; }

  /// Reads the requests when it was not done, and tries those that wait if the store has changed since.
  base::Task<void> catch_up();
  /// Nothing uses the store any more when it returns, whoever may still ask.
  base::Task<void> stop();

private:
  struct Entry {
    PinState state;
    storage::Position tried = 0;  ///< where the store stood
    base::Instant again{};        ///< not before: trying a large DAG takes long
  };
  using Entries = std::map<std::string, Entry>;

  /// Runs alone.
  template <class T>
  base::Task<T> alone(base::Task<T> work);
  base::Task<void> load();
  base::Task<void> follow_store();
  base::Task<void> read_pins();
  base::Task<void> try_waiting(std::size_t limit);
  base::Task<void> try_pin(std::string id);
  base::Task<std::uint64_t> dag_size(ipld::Cid root);
  base::Task<PinState> add_alone(Pin pin);
  base::Task<PinState> get_alone(std::string id);
  base::Task<PinState> replace_alone(std::string id, Pin pin);
  base::Task<void> remove_alone(std::string id);
  base::Task<Page> list_alone(Filter filter);
  base::Task<void> catch_up_alone(bool& more);
  bool due(const Entry& entry);
  base::Path file_of(const std::string& id) const;
  Entries::iterator find(const std::string& id);

  base::Env& env_;
  storage::PinningStore& store_;
  base::Path folder_;
  context::IdMaker ids_;
  base::Semaphore turn_;
  Entries entries_;  ///< by id: ids grow with time
  bool loaded_ = false, stopped_ = false;
  Ended ended_;
  bool made_ = false;               ///< the folder, in this run
  storage::Position followed_ = 0;  ///< pins of the store are known up to here
  std::int64_t newest_ = 0;         ///< created of the last request
};

}  // namespace openmcp::api::pinning
