#include "api/mcp/message.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "api/json_writer.hpp"
#include "api/mcp/rpc_error.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

std::unexpected<BadMessage> bad(int code, std::string why, std::string id = {}) {
  return std::unexpected(BadMessage{code, std::move(why), std::move(id)});
}

std::expected<json::value, BadMessage> parse(std::string_view text) {
  if (text.size() > kMaxMessage)
    return bad(kInvalidRequest, fmt::format("the message is larger than {} bytes", kMaxMessage));
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  auto value = json::parse(text, error, {}, options);
  if (error) return bad(kParseError, "the message is not JSON: " + error.message());
  return value;
}

/// The id as JSON; "" when it is none that may be.
std::string id_text(const json::value& id) {
  if (id.is_int64()) return std::to_string(id.get_int64());
  if (id.is_uint64()) return std::to_string(id.get_uint64());
  if (id.is_string() && id.get_string().size() <= kMaxId) return json::serialize(id);
  return {};
}

SharedObject shared(json::value& value) { return std::make_shared<const json::object>(std::move(value.get_object())); }

std::expected<Message, BadMessage> read_response(json::object& object, Message message) {
  message.kind = Message::Kind::response;
  auto* result = object.if_contains("result");
  auto* error = object.if_contains("error");
  if (result && error) return bad(kInvalidRequest, "a response has a result or an error, not both", message.id);
  message.params = std::make_shared<const json::object>();
  if (result) {
    if (!result->is_object()) return bad(kInvalidRequest, "the result is not an object", message.id);
    message.result = shared(*result);
    return message;
  }
  if (!error->is_object()) return bad(kInvalidRequest, "the error is not an object", message.id);
  auto* code = error->get_object().if_contains("code");
  auto* text = error->get_object().if_contains("message");
  if (!code || !code->is_int64() || code->get_int64() < std::numeric_limits<int>::min() ||
      code->get_int64() > std::numeric_limits<int>::max() || !text || !text->is_string())
    return bad(kInvalidRequest, "the error has no code or no message", message.id);
  message.error_code = static_cast<int>(code->get_int64());
  message.error_message = std::string(text->get_string());
  return message;
}

std::expected<Message, BadMessage> read(json::value& value) {
  if (!value.is_object()) return bad(kInvalidRequest, "the message is not an object");
  auto& object = value.get_object();
  Message message;
  auto* id = object.if_contains("id");
  if (id) message.id = id_text(*id);

  auto* version = object.if_contains("jsonrpc");
  if (!version || !version->is_string() || version->get_string() != "2.0")
    return bad(kInvalidRequest, "\"jsonrpc\" is not \"2.0\"", message.id);
  if (id && message.id.empty())
    return bad(kInvalidRequest, "the id is neither a whole number nor a text of at most 256 bytes");

  auto* method = object.if_contains("method");
  const bool answer = object.contains("result") || object.contains("error");
  if (!method && !answer) return bad(kInvalidRequest, "the message has no method", message.id);
  if (method && answer) return bad(kInvalidRequest, "the message is a request and a response at once", message.id);
  if (answer) {
    if (!id) return bad(kInvalidRequest, "the response has no id");
    return read_response(object, std::move(message));
  }
  if (!method->is_string() || method->get_string().empty() || method->get_string().size() > 128)
    return bad(kInvalidRequest, "the method is not a text of 1 to 128 bytes", message.id);
  message.method = std::string(method->get_string());
  message.kind = id ? Message::Kind::request : Message::Kind::notification;
  auto* params = object.if_contains("params");
  if (!params) {
    message.params = std::make_shared<const json::object>();
  } else if (params->is_object()) {
    message.params = shared(*params);
  } else {
    return bad(kInvalidRequest, "\"params\" is not an object", message.id);
  }
  return message;
}

}  // namespace

std::expected<Message, BadMessage> decode_message(std::string_view text) {
  auto value = parse(text);
  if (!value) return std::unexpected(std::move(value).error());
  return read(*value);
}

std::expected<Batch, BadMessage> decode_batch(std::string_view text) {
  auto value = parse(text);
  if (!value) return std::unexpected(std::move(value).error());
  Batch batch;
  if (!value->is_array()) {
    auto message = read(*value);
    if (!message) return std::unexpected(std::move(message).error());
    batch.messages.push_back(std::move(*message));
    return batch;
  }
  batch.array = true;
  auto& items = value->get_array();
  if (items.empty() || items.size() > kMaxBatch)
    return bad(kInvalidRequest, fmt::format("a batch has 1 to {} messages", kMaxBatch));
  for (auto& item : items) {
    auto message = read(item);
    if (!message) return std::unexpected(std::move(message).error());
    batch.messages.push_back(std::move(*message));
  }
  return batch;
}

std::string result_message(std::string_view id, std::string_view result) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", id, result);
}

std::string notification_message(std::string_view method, std::string_view params) {
  if (params.empty()) return fmt::format(R"({{"jsonrpc":"2.0","method":{}}})", json_quoted(method));
  return fmt::format(R"({{"jsonrpc":"2.0","method":{},"params":{}}})", json_quoted(method), params);
}

std::string request_message(std::string_view id, std::string_view method, std::string_view params) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":{},"params":{}}})", id, json_quoted(method),
                     params.empty() ? std::string_view("{}") : params);
}

}  // namespace openmcp::api::mcp
