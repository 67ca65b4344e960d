#include "storage/memory_index.hpp"

#include <algorithm>

namespace openmcp::storage {

void MemoryIndex::apply(Rows& rows, const IndexBatch& batch) {
  for (const auto& [key, value] : batch) {
    if (value) {
      rows.insert_or_assign(key, *value);
    } else {
      rows.erase(key);
    }
  }
}

std::optional<std::string> MemoryIndex::get(std::string_view key) const {
  std::lock_guard lock(mutex_);
  auto found = rows_.find(key);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::optional<std::string>> MemoryIndex::get_many(const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const auto& key : keys) values.push_back(get(key));
  return values;
}

std::vector<IndexRow> MemoryIndex::scan(std::string_view prefix, std::string_view after, std::size_t limit) const {
  std::lock_guard lock(mutex_);
  std::vector<IndexRow> found;
  auto row = after < prefix ? rows_.lower_bound(prefix) : rows_.upper_bound(after);
  for (; row != rows_.end() && found.size() < limit && row->first.starts_with(prefix); ++row) found.push_back(*row);
  return found;
}

void MemoryIndex::write(const IndexBatch& batch) {
  std::lock_guard lock(mutex_);
  apply(rows_, batch);
  if (journaling_) journal_.push_back(batch);
}

void MemoryIndex::sync() {
  std::lock_guard lock(mutex_);
  if (!journaling_) return;
  for (const auto& batch : journal_) apply(synced_, batch);
  journal_.clear();
}

void MemoryIndex::clear() {
  std::lock_guard lock(mutex_);
  rows_.clear();
  synced_.clear();
  journal_.clear();
}

std::size_t MemoryIndex::unsynced() const {
  std::lock_guard lock(mutex_);
  return journal_.size();
}

void MemoryIndex::crash(std::size_t keep) {
  std::lock_guard lock(mutex_);
  journal_.resize(std::min(keep, journal_.size()));
  rows_ = synced_;
  for (const auto& batch : journal_) apply(rows_, batch);
}

}  // namespace openmcp::storage
