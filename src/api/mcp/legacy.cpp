#include "api/mcp/legacy.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "api/mcp/dispatch.hpp"
#include "api/mcp/state.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

std::string text_at(const JsonObject& params, std::string_view key) {
  const auto* value = params.if_contains(key);
  if (!value || !value->is_string()) throw RpcError(kInvalidParams, std::string(key) + " is missing or not a text");
  return std::string(value->get_string());
}

/// The methods that only this era has; nullopt: not one of them.
std::optional<std::string> own_method(LegacyPeer& peer, const Message& message) {
  if (message.method == "ping") return "{}";
  if (message.method == "logging/setLevel") {
    auto level = log_level_named(text_at(*message.params, "level"));
    if (!level) throw RpcError(kInvalidParams, "there is no such level");
    peer.client.log = level;
    return "{}";
  }
  if (message.method == "resources/subscribe") {
    auto uri = text_at(*message.params, "uri");
    if (uri.size() > kMaxUri || peer.filter.uris.size() >= kMaxSubscriptions)
      throw RpcError(kInvalidParams, "too many subscriptions, or too long a URI");
    peer.filter.uris.insert(std::move(uri));
    return "{}";
  }
  if (message.method == "resources/unsubscribe") {
    peer.filter.uris.erase(text_at(*message.params, "uri"));
    return "{}";
  }
  if (message.method == "initialize") throw RpcError(kInvalidRequest, "this session was initialized before");
  return std::nullopt;
}

}  // namespace

base::Task<std::string> answer_legacy(std::shared_ptr<ServerState> state, std::shared_ptr<LegacyPeer> peer,
                                      Caller caller, Message message, Outlet& outlet, unsigned& status) {
  std::string answer;
  try {
    if (auto own = own_method(*peer, message)) {
      answer = result_message(message.id, *own);
    } else {
      Turn turn(state->service, state->registry, state->notices, std::move(caller), peer->client, outlet);
      turn.token = progress_token(*message.params);
      auto outcome = co_await dispatch(turn, state->sealer, message);
      answer = result_message(message.id, outcome.result);
    }
    state->count(false, message.method, true);
    co_return answer;
  } catch (const RpcError& error) {
    status = error.code() == kForbidden ? 403 : 200;
    answer = error_message(message.id, error);
  } catch (const base::Error& error) {
    if (error.code() == base::Errc::cancelled) throw;
    answer = error_message(message.id, from_error(error));
  }
  state->count(false, message.method, false);
  co_return answer;
}

void take_legacy(LegacyPeer& peer, const Message& message) {
  if (message.kind == Message::Kind::response) {
    peer.replies.take(message);
    return;
  }
  if (message.method != "notifications/cancelled") return;
  const auto* id = message.params->if_contains("requestId");
  if (id && (id->is_string() || id->is_int64() || id->is_uint64())) peer.in_flight.cancel(json::serialize(*id));
}

}  // namespace openmcp::api::mcp
