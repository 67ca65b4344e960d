// Who hears of changes: of the lists of tools, prompts and resources, and of single resources.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/mcp/message.hpp"

namespace openmcp::api::mcp {

struct Notice {
  enum class Kind : std::uint8_t { tools, prompts, resources, updated };
  Kind kind = Kind::tools;
  std::string uri;  ///< of the resource that was updated

  bool operator==(const Notice&) const = default;
};
/// "notifications/tools/list_changed"
std::string_view method_of(const Notice& notice) noexcept;

inline constexpr std::size_t kMaxSubscriptions = 1024;  ///< URIs of one client
inline constexpr std::size_t kMaxUri = 4096;            ///< bytes

/// What a client wants to hear of.
struct Filter {
  bool tools = false, prompts = false, resources = false;
  std::set<std::string, std::less<>> uris;

  bool wants(const Notice& notice) const;
  std::string text() const;  ///< the `notifications` of subscriptions/listen, as JSON
};
/// Throws RpcError -32602.
Filter read_filter(const JsonObject& params);

class Subscriber {
public:
  virtual ~Subscriber() = default;
  /// Called on the executor; keeps what it needs, does not wait.
  virtual void deliver(const Notice& notice) = 0;
  /// The server ends.
  virtual void close() = 0;
};

class Notices {
public:
  void add(std::weak_ptr<Subscriber> subscriber);
  void publish(const Notice& notice);
  void close();
  std::size_t subscribers() const;

private:
  std::vector<std::weak_ptr<Subscriber>> subscribers_;
};

}  // namespace openmcp::api::mcp
