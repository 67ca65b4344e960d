#include "api/rest/read_cache.hpp"

#include "api/events.hpp"
#include "storage/local_store.hpp"

namespace openmcp::api::rest {

namespace {

constexpr std::size_t kLongest = 8u << 10;
constexpr std::size_t kMost = 8u << 20;  ///< bytes of all of them

}  // namespace

ReadCache::Moment ReadCache::now() const {
  return {.position = service_.store.position(), .event = service_.events.newest()};
}

void ReadCache::settle() {
  const auto present = now();
  if (present == moment_) return;
  moment_ = present;
  if (bytes_ == 0) return;
  bytes_ = 0;
  with_content_.clear();
  without_content_.clear();
}

std::shared_ptr<const KeptRead> ReadCache::find(const context::ContextId& id, bool with_content) {
  settle();
  const auto& reads = with_content ? with_content_ : without_content_;
  auto found = reads.find(id);
  return found == reads.end() ? nullptr : found->second;
}

void ReadCache::keep(Moment moment, const context::ContextId& id, bool with_content, std::string_view json,
                     std::string_view tag) {
  settle();
  const auto size = json.size() + tag.size();
  if (moment != moment_ || size > kLongest) return;
  if (bytes_ + size > kMost) {
    // Rare, and what is read often is soon back.
    bytes_ = 0;
    with_content_.clear();
    without_content_.clear();
  }
  auto read = std::make_shared<const KeptRead>(KeptRead{.json = std::string(json), .tag = std::string(tag)});
  auto& reads = with_content ? with_content_ : without_content_;
  if (reads.emplace(id, std::move(read)).second) bytes_ += size;
}

}  // namespace openmcp::api::rest
