// The requests that are measured, as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/hosted.hpp"
#include "support/prose.hpp"

namespace openmcp::bench {

std::string get_request(const std::string& fields, std::string_view target);
std::string post_request(const std::string& fields, std::string_view target, std::string_view json);

/// POSTs of contexts of 2 KiB, each another one: making their texts takes longer than committing them, so a few are
/// made before, and a number in front of each makes it new.
class Posts {
public:
  Posts(std::string fields, std::string_view target, std::uint64_t seed);
  std::string_view next();

private:
  static constexpr std::size_t kDigits = 12;
  struct Made {
    std::string text;
    std::size_t number;  ///< where it stands
  };
  std::vector<Made> made_;
  std::uint64_t count_ = 0;
};

/// The body of a bulk request that commits `count` contexts of 2 KiB.
std::string bulk_body(Prose& prose, int count);

/// tools/call of context_search: 2026-07-28, where each request stands for itself.
std::string modern_search(const Openmcp& server, const std::string& words, int id);
/// The same in a session of 2025-11-25, which begin_session started.
std::string legacy_search(const Openmcp& server, const std::string& session, const std::string& words, int id);
std::string begin_session(const Openmcp& server);

}  // namespace openmcp::bench
