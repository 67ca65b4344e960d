#include "api/mcp/modern.hpp"

#include <algorithm>

#include "api/json_writer.hpp"
#include "api/mcp/dispatch.hpp"
#include "api/mcp/state.hpp"

namespace openmcp::api::mcp {

ClientFacts check_modern(const Message& message) {
  auto client = read_envelope(message);
  check_modern_version(client.version);
  if (!has_method(message.method, true)) throw RpcError(kMethodNotFound, "there is no such method", {}, 404);
  return client;
}

base::Task<std::string> answer_modern(std::shared_ptr<ServerState> state, Caller caller, ClientFacts client,
                                      Message message, Outlet& outlet, unsigned& status) {
  std::string answer;
  try {
    if (message.method == "server/discover") {
      answer = result_message(message.id, discover_result(state->service));
    } else {
      Turn turn(state->service, state->registry, state->notices, std::move(caller), std::move(client), outlet);
      turn.token = progress_token(*message.params);
      auto outcome = co_await dispatch(turn, state->sealer, message);
      answer = result_message(message.id, modern_result(state->service, outcome));
    }
    state->count(true, message.method, true);
    co_return answer;
  } catch (const RpcError& error) {
    status = error.http_status();
    answer = error_message(message.id, error);
  } catch (const base::Error& error) {
    if (error.code() == base::Errc::cancelled) throw;
    auto shown = from_error(error);
    status = shown.http_status();
    answer = error_message(message.id, shown);
  }
  state->count(true, message.method, false);
  co_return answer;
}

Listening::Listening(base::Env& env, std::string id, Filter filter)
    : id_(std::move(id)), filter_(std::move(filter)), changed_(env.executor()) {}

void Listening::deliver(const Notice& notice) {
  if (closed_ || !filter_.wants(notice)) return;
  if (std::ranges::find(waiting_, notice) != waiting_.end()) return;
  if (waiting_.size() >= kMost) waiting_.pop_front();
  waiting_.push_back(notice);
  changed_.wake_all();
}

void Listening::close() {
  closed_ = true;
  changed_.wake_all();
}

base::Task<void> Listening::run(Send send) {
  auto params = [this](std::string_view extra) {
    JsonWriter json;
    json.begin_object().key("_meta").begin_object().key(kMetaSubscription).raw(id_).end_object();
    auto text = json.take();
    return text.append(extra) += '}';
  };
  co_await send(
      notification_message("notifications/subscriptions/acknowledged", params(",\"notifications\":" + filter_.text())));
  for (;;) {
    while (!waiting_.empty()) {
      auto notice = std::move(waiting_.front());
      waiting_.pop_front();
      const auto uri = notice.uri.empty() ? std::string() : ",\"uri\":" + json_quoted(notice.uri);
      co_await send(notification_message(method_of(notice), params(uri)));
    }
    if (closed_) break;
    co_await changed_.wait();
  }
  co_await send(result_message(id_, params(",\"resultType\":\"complete\"")));
}

std::shared_ptr<Listening> start_listening(ServerState& state, const Message& message) {
  auto filter = read_filter(*message.params);
  // What a CID names never changes, and what is not ours is not heard of.
  std::erase_if(filter.uris, [&state](auto& uri) {
    auto same = [&uri](auto& resource) { return resource.uri == uri; };
    return !uri.starts_with("context://") && std::ranges::none_of(state.registry.resources(), same);
  });
  auto listening = std::make_shared<Listening>(state.service.env, message.id, std::move(filter));
  if (state.closed) listening->close();
  state.notices.add(listening);
  state.count(true, message.method, true);
  return listening;
}

}  // namespace openmcp::api::mcp
