// One JSON-RPC 2.0 message from a stranger: decoded strictly, bounded in size and depth.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::api::mcp {

inline constexpr std::size_t kMaxMessage = 16u << 20;  ///< bytes of one message or batch
inline constexpr std::size_t kMaxDepth = 64;           ///< of its JSON
inline constexpr std::size_t kMaxBatch = 64;           ///< messages
inline constexpr std::size_t kMaxId = 256;             ///< bytes of a textual id

using JsonObject = boost::json::object;
using SharedObject = std::shared_ptr<const JsonObject>;

struct Message {
  enum class Kind : std::uint8_t { request, notification, response };
  Kind kind = Kind::request;
  std::string id;       ///< as JSON: 7 or "seven"; "" for a notification
  std::string method;   ///< "" for a response
  SharedObject params;  ///< never null: absent params are an empty object
  SharedObject result;  ///< of a response; null when it is an error
  int error_code = 0;   ///< of a response that is an error
  std::string error_message;

  bool is_request() const noexcept { return kind == Kind::request; }
};

/// Why it is no message: the answer to send.
struct BadMessage {
  int code;  ///< -32700 or -32600
  std::string why;
  std::string id;  ///< as JSON; "" when it could not be read
};

/// Exactly one message; trailing text, ids that are not strings or whole numbers, null ids, params that are no objects,
/// messages that are two things at once and ill-formed UTF-8 are errors.
std::expected<Message, BadMessage> decode_message(std::string_view text);

struct Batch {
  std::vector<Message> messages;
  bool array = false;  ///< came as an array (only revision 2025-03-26 has that)
};
/// As decode_message, but an array of 1 to kMaxBatch messages too.
std::expected<Batch, BadMessage> decode_batch(std::string_view text);

/// {"jsonrpc":"2.0","id":...,"result":...}; both are JSON.
std::string result_message(std::string_view id, std::string_view result);
/// `params` is a JSON object or "" for none.
std::string notification_message(std::string_view method, std::string_view params);
std::string request_message(std::string_view id, std::string_view method, std::string_view params);

}  // namespace openmcp::api::mcp
