// Answers to reads of a context, kept while nothing changes: making one takes lookups in two databases and the check
// of a signature. An agent that asks again and again what is there gets it from memory.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "api/service.hpp"
#include "context/id.hpp"
#include "storage/pins.hpp"

namespace openmcp::api::rest {

struct KeptRead {
  std::string json, tag;  ///< the body, and the CID that its ETag names
};

class ReadCache {
public:
  explicit ReadCache(Service& service) : service_(service) {}

  /// What is kept is as of one moment. The store's position says that something durable came, the newest event that
  /// readers see it: between the two an answer may be made from what was before, and must not outlive it.
  struct Moment {
    storage::Position position = 0;
    std::uint64_t event = 0;
    bool operator==(const Moment&) const = default;
  };
  Moment now() const;

  /// Null: not kept, or something changed since.
  std::shared_ptr<const KeptRead> find(const context::ContextId& id, bool with_content);
  /// `moment`: taken before the answer was begun. A long answer is not kept.
  void keep(Moment moment, const context::ContextId& id, bool with_content, std::string_view json,
            std::string_view tag);

private:
  void settle();

  Service& service_;
  Moment moment_;
  std::size_t bytes_ = 0;
  std::unordered_map<context::ContextId, std::shared_ptr<const KeptRead>> with_content_, without_content_;
};

}  // namespace openmcp::api::rest
