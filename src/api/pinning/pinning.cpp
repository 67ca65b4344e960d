#include "api/pinning/pinning.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/audit.hpp"
#include "api/gateway/ipns_name.hpp"
#include "api/json_writer.hpp"
#include "api/pinning/pin_service.hpp"
#include "api/time.hpp"
#include "base/log.hpp"
#include "monitor/following.hpp"

namespace openmcp::api::pinning {
namespace {

using base::Errc;
using base::Error;
using base::Task;

/// Between two looks at whether the store grew.
constexpr auto kRetry = std::chrono::seconds(5);

/// {"error": {"reason": "NOT_FOUND", "details": "..."}}
http::Response pinning_error(const Error& error, const http::Request&) {
  auto status = http_status(error);
  std::string reason(http::reason(status));
  for (auto& c : reason) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == ' ' ? '_' : c;
  JsonWriter json;
  json.begin_object().key("error").begin_object();
  json.field("reason", reason).field("details", public_message(error));
  json.end_object().end_object();
  http::Response response{.status = status, .headers = {}, .body = json.take()};
  if (auto* exact = dynamic_cast<const HttpError*>(&error)) response.headers = exact->headers();
  response.headers.set("Content-Type", "application/json");
  return response;
}

struct State {
  Service& service;
  std::shared_ptr<PinService> pins;
  std::string delegate;  ///< asked for once

  /// This node as a multiaddr. It has no address for Bitswap yet, so the name alone: nobody is sent to a closed port.
  Task<std::string> delegate_address() {
    if (delegate.empty()) {
      auto status = co_await service.workspace.status();
      delegate = "/p2p/" + gateway::IpnsName::of_ed25519(status.key).peer_id();
    }
    co_return delegate;
  }
};

void write(JsonWriter& json, const PinState& state, const std::string& delegate) {
  auto& request = state.request;
  json.begin_object();
  json.field("requestid", request.id).field("status", to_string(state.status));
  json.field("created", iso_time(wall_time(request.created)));
  json.key("pin").begin_object().field("cid", request.pin.cid_text);
  if (request.pin.name) json.field("name", *request.pin.name);
  json.strings("origins", request.pin.origins);
  json.key("meta").begin_object();
  for (auto& [key, value] : request.pin.meta) json.field(key, value);
  json.end_object().end_object();
  json.key("delegates").begin_array().value(delegate).end_array();
  json.key("info").begin_object();
  if (state.dag_size) json.field("dag_size", std::to_string(state.dag_size));
  if (!state.details.empty()) json.field("status_details", state.details);
  json.end_object().end_object();
}

Task<void> send_state(std::shared_ptr<State> self, Call& call, PinState state, unsigned status) {
  auto delegate = co_await self->delegate_address();
  JsonWriter json;
  write(json, state, delegate);
  co_await send_json(call, json.take(), status);
}

void note(const State& self, const Call& call, std::string action, std::string target, std::string cid) {
  AuditEntry entry{.who = call.caller.name,
                   .token = call.caller.token_id,
                   .from = "pins",
                   .action = std::move(action),
                   .target = std::move(target),
                   .detail = std::move(cid)};
  self.service.audit.record(std::move(entry));
}

Task<Pin> read_pin(Call& call) {
  auto text = co_await json_body(call, kMaxPinBody);
  co_return base::unwrap(parse_pin(text));
}

Task<void> list(std::shared_ptr<State> self, Call& call) {
  auto filter = base::unwrap(parse_filter(call.query, self->service.env.now()));
  auto page = co_await self->pins->list(std::move(filter));
  auto delegate = co_await self->delegate_address();
  JsonWriter json;
  json.begin_object().field("count", page.count).key("results").begin_array();
  for (auto& state : page.results) write(json, state, delegate);
  json.end_array().end_object();
  co_await send_json(call, json.take());
}

Task<void> add(std::shared_ptr<State> self, Call& call) {
  auto pin = co_await read_pin(call);
  auto state = co_await self->pins->add(std::move(pin));
  note(*self, call, "pin.add", state.request.id, state.request.pin.cid_text);
  co_await send_state(self, call, std::move(state), 202);
}

Task<void> get(std::shared_ptr<State> self, Call& call) {
  auto state = co_await self->pins->get(call.at(0));
  co_await send_state(self, call, std::move(state), 200);
}

Task<void> replace(std::shared_ptr<State> self, Call& call) {
  auto pin = co_await read_pin(call);
  auto state = co_await self->pins->replace(call.at(0), std::move(pin));
  note(*self, call, "pin.replace", state.request.id, state.request.pin.cid_text);
  co_await send_state(self, call, std::move(state), 202);
}

Task<void> remove(std::shared_ptr<State> self, Call& call) {
  co_await self->pins->remove(call.at(0));
  note(*self, call, "pin.remove", call.at(0), {});
  http::Response response;
  response.status = 202;
  co_await call.exchange.send(std::move(response));
}

/// Blocks come by other ways (imports): what waits is tried again, until nobody has the service any more.
Task<void> keep_trying(base::Env& env, std::weak_ptr<PinService> weak) {
  while (true) {
    if (auto pins = weak.lock()) {
      try {
        co_await pins->catch_up();
      } catch (const Error& error) {
        if (error.code() == Errc::cancelled || error.code() == Errc::unavailable) co_return;
        base::log(base::LogLevel::warn, "pinning", "pin requests were not tried: {}", error.message());
      }
    } else {
      co_return;
    }
    co_await env.sleep(kRetry);
  }
}

/// Beside the pins that are there, which are counted with the store.
void count_waiting(monitor::Metrics& metrics, std::weak_ptr<PinService> weak) {
  auto gauge = [&metrics](std::string state) {
    return metrics.gauge("pins", "Pins of the store by state", {{"state", std::move(state)}});
  };
  auto counter = [&metrics](std::string result) {
    return monitor::Following(metrics.counter("pin_operations_total", "Pin requests that came to their end",
                                              {{"result", std::move(result)}}));
  };
  // "error" is the name that alerts know.
  auto collect = [weak, queued = gauge("queued"), pinning = gauge("pinning"), failed = gauge("error"),
                  ok = counter("ok"), error = counter("error")]() mutable {
    auto pins = weak.lock();
    if (!pins) return;
    const auto waiting = pins->waiting();
    queued.set(static_cast<double>(waiting.queued));
    pinning.set(static_cast<double>(waiting.pinning));
    failed.set(static_cast<double>(waiting.failed));
    const auto ended = pins->ended();
    ok.to(ended.ok);
    error.to(ended.error);
  };
  metrics.on_collect(std::move(collect));
}

}  // namespace

std::shared_ptr<PinService> add_pinning(Router& router, Service& service) {
  auto folder = base::join(service.workspace.options().home, "pinsvc");
  auto pins = std::make_shared<PinService>(service.env, service.store, std::move(folder));
  auto state = std::make_shared<State>(service, pins);
  auto route = [&](std::string method, std::string pattern, std::string_view name, Role needs, auto function) {
    auto handler = [state, function](Call& call) { return function(state, call); };
    router.add({.method = std::move(method),
                .pattern = std::move(pattern),
                .name = name,
                .needs = needs,
                .handler = handler,
                .errors = pinning_error});
  };
  route("GET", "/pins", "pins_list", Role::reader, list);
  route("POST", "/pins", "pins_add", Role::writer, add);
  route("GET", "/pins/{requestid}", "pins_get", Role::reader, get);
  route("POST", "/pins/{requestid}", "pins_replace", Role::writer, replace);
  route("DELETE", "/pins/{requestid}", "pins_remove", Role::writer, remove);
  count_waiting(service.metrics, pins);
  service.env.spawn(keep_trying(service.env, pins));
  return pins;
}

}  // namespace openmcp::api::pinning
