// What changed in a workspace, for those who watch it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "context/id.hpp"
#include "ipld/cid.hpp"

namespace openmcp::context {

struct Change {
  enum class Kind : std::uint8_t {
    committed,  ///< a new version by commit, edit, restore or merge
    forgotten,
    imported,  ///< new heads out of a CAR
  };
  Kind kind = Kind::committed;
  ContextId id;
  ipld::Cid version;  ///< the manifest of the latest head; of a forgotten context: the tombstone
  std::string type, title;
  bool created = false;  ///< the context was not here before
};

using ChangeFn = std::function<void(const Change&)>;

/// Those who watch. A watcher may end itself or others, and begin new ones, while it is called.
class ChangeFeed {
public:
  std::uint64_t watch(ChangeFn watcher);
  void unwatch(std::uint64_t number);
  bool watched() const noexcept { return !watchers_.empty(); }
  /// What a watcher throws is logged: the change is there, whoever could not be told of it.
  void tell(const Change& change) noexcept;

private:
  std::map<std::uint64_t, std::shared_ptr<const ChangeFn>> watchers_;
  std::uint64_t last_ = 0;
};

}  // namespace openmcp::context
