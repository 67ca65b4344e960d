// One holder at a time for each key: writers of the same context follow one another, others do not meet.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/sync.hpp"

namespace openmcp::context {

/// Belongs to one executor.
class KeyedLock {
  struct Entry {
    explicit Entry(base::Executor executor) : freed(std::move(executor)) {}
    bool held = false;
    std::size_t waiting = 0;
    base::Signal freed;
  };
  using Entries = std::map<std::string, std::unique_ptr<Entry>, std::less<>>;

public:
  explicit KeyedLock(base::Env& env) : env_(env), entries_(std::make_shared<Entries>()) {}

  /// Held until destroyed; may outlive the KeyedLock.
  class Guard {
  public:
    Guard() = default;
    Guard(Guard&& other) noexcept : entries_(std::move(other.entries_)), at_(other.at_) { other.entries_ = nullptr; }
    Guard& operator=(Guard&& other) noexcept {
      std::swap(entries_, other.entries_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~Guard();

  private:
    friend class KeyedLock;
    Guard(std::shared_ptr<Entries> entries, Entries::iterator at) : entries_(std::move(entries)), at_(at) {}
    std::shared_ptr<Entries> entries_;
    Entries::iterator at_;
  };

  base::Task<Guard> lock(std::string key);

private:
  base::Env& env_;
  std::shared_ptr<Entries> entries_;
};

}  // namespace openmcp::context
