// The way of a request to its route: path, Host, Origin, caller, rate, role; and of errors back.
#include "api/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "api/admission.hpp"
#include "base/log.hpp"
#include "http/server.hpp"

namespace openmcp::api {

using base::Errc;

namespace {

constexpr std::string_view kWritesHelp = "Changes of contexts: made by whatever surface; refused and failed over HTTP";

bool changes(std::string_view method) noexcept {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

bool of_contexts(std::string_view route) noexcept {
  for (std::string_view beginning : {"context", "content", "version", "bulk"})
    if (route.starts_with(beginning)) return true;
  return false;
}

/// Counted while it lives.
class InFlight {
public:
  explicit InFlight(const monitor::Gauge& gauge) : gauge_(gauge) { gauge_.add(1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { gauge_.add(-1); }

private:
  const monitor::Gauge& gauge_;
};

http::Response failure(const base::Error& error, const Route& route, const http::Request& request) {
  auto response = route.errors(error, request);
  if (response.status == 500)
    base::log(base::LogLevel::error, "api", "{} {} ({}): {}", request.method, route.name, request.id, error.message());
  return response;
}

}  // namespace

struct Router::State {
  State(Service& services, RouterOptions options)
      : service(services),
        sessions(services.env),
        admission(services, sessions, std::move(options)),
        in_flight(services.metrics.gauge("http_in_flight", "Requests that are being answered")),
        reads(services.metrics.histogram("context_read_seconds", "Time of requests that read one context",
                                         monitor::http_buckets())),
        writes_refused(services.metrics.counter("context_writes_total", kWritesHelp, {{"result", "refused"}})),
        writes_failed(services.metrics.counter("context_writes_total", kWritesHelp, {{"result", "error"}})) {}

  /// What is counted of one name of routes.
  struct Series {
    explicit Series(std::string label) : name(std::move(label)) {}
    struct Answers {
      std::string method;
      unsigned code;
      monitor::Counter counter;
    };
    std::string name;
    monitor::Histogram seconds;
    std::vector<Answers> answers;
    bool reads = false;   ///< a context, for context_read_seconds
    bool writes = false;  ///< contexts: its failures are those of context_writes_total
  };

  Series& series(std::string_view name) {
    auto found = by_name.find(name);
    if (found != by_name.end()) return *found->second;
    auto made = std::make_unique<Series>(std::string(name));
    made->seconds =
        service.metrics.histogram("http_request_duration_seconds", "Time from a request to its whole answer",
                                  monitor::http_buckets(), {{"route", made->name}});
    const std::string_view key = made->name;
    return *by_name.emplace(key, std::move(made)).first->second;
  }

  monitor::Counter counter(Series& of, std::string_view method, unsigned code) {
    for (const auto& each : of.answers)
      if (each.code == code && each.method == method) return each.counter;
    auto made =
        service.metrics.counter("http_requests_total", "Requests that were answered",
                                {{"route", of.name}, {"method", std::string(method)}, {"code", std::to_string(code)}});
    of.answers.push_back({std::string(method), code, made});
    return made;
  }

  Service& service;
  Sessions sessions;
  Admission admission;
  monitor::Gauge in_flight;
  monitor::Histogram reads;
  monitor::Counter writes_refused, writes_failed;
  std::unordered_map<std::string_view, std::unique_ptr<Series>> by_name;
};

namespace {

/// Methods that become labels: others could be anything.
std::string_view method_label(std::string_view method) noexcept {
  for (std::string_view known : {"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})
    if (method == known) return known;
  return "other";
}

}  // namespace

Router::Router(Service& service, RouterOptions options)
    : state_(std::make_shared<State>(service, std::move(options))) {}
Router::~Router() = default;

void Router::add(Route route) {
  auto& series = state_->series(route.name);
  if (route.name == "context_get" || route.name == "content_get" || route.name == "version_get") series.reads = true;
  if (of_contexts(route.name) && route.needs == Role::writer && changes(route.method)) series.writes = true;
  // From the start at 0: an increase is only seen between two values.
  for (unsigned code : {200u, 500u}) state_->counter(series, route.method == "*" ? "POST" : route.method, code);
  state_->admission.add(std::move(route));
}

void Router::listening(const std::vector<base::Endpoint>& endpoints) { state_->admission.listening(endpoints); }

void Router::set_rates(RateLimiter::Limit per_token, RateLimiter::Limit per_address) {
  state_->admission.set_rates(per_token, per_address);
}

base::Task<void> Router::handle(http::Exchange& exchange) {
  auto state = state_;
  InFlight counted(state->in_flight);
  Call call{.exchange = exchange, .request = exchange.request(), .caller = {}, .path = {}, .query = {}};
  auto admitted = state->admission.admit(call);
  if (admitted.reload) {
    co_await state->admission.reload();
    admitted = state->admission.admit(call);
  }
  if (admitted.answer) {
    co_await exchange.send(*std::move(admitted.answer));
    co_return;
  }
  const auto& route = *admitted.route;
  std::optional<http::Response> failed;
  try {
    co_await route.handler(call);
  } catch (Answer& answer) {
    if (exchange.started()) throw base::Error(Errc::internal, "an answer was thrown behind the beginning of another");
    failed = std::move(answer.response);
  } catch (const base::Error& error) {
    if (exchange.started()) throw;
    failed = failure(error, route, call.request);
  } catch (const std::exception& error) {
    if (exchange.started()) throw;
    const base::Error internal(Errc::internal, error.what());
    failed = failure(internal, route, call.request);
  }
  if (failed) co_await exchange.send(*std::move(failed));
}

http::Handler Router::handler() {
  return [this](http::Exchange& exchange) { return handle(exchange); };
}

void Router::done(const http::Done& done) {
  auto& series = state_->series(done.route.empty() ? "none" : done.route);
  state_->counter(series, method_label(done.request.method), done.status).add();
  const auto seconds = std::chrono::duration<double>(done.took).count();
  series.seconds.observe(seconds);
  if (series.reads && done.status < 400) state_->reads.observe(seconds);
  if (series.writes && changes(done.request.method) && done.status >= 400)
    (done.status >= 500 ? state_->writes_failed : state_->writes_refused).add();
}

base::Task<void> Router::reload_tokens() {
  auto state = state_;
  co_await state->admission.reload();
}

void Router::refuse_login(const Call& call, std::string_view refusal) { state_->admission.refuse_login(call, refusal); }

Sessions& Router::sessions() noexcept { return state_->sessions; }

std::vector<std::pair<std::string, std::string>> Router::routes() const { return state_->admission.routes(); }

base::Task<std::string> json_body(Call& call, std::size_t limit) {
  auto type = call.request.headers.get("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  // Also what keeps forms of other sites out: a browser asks before it sends this type across origins.
  const bool json = http::equal_without_case(type, "application/json") ||
                    (type.size() > 5 && http::equal_without_case(type.substr(type.size() - 5), "+json"));
  if (!json)
    throw HttpError(415, "unsupported_media_type", fmt::format("a body of type '{}' where JSON is wanted", type),
                    "send Content-Type: application/json");
  co_return co_await call.exchange.read_all(limit);
}

base::Task<void> send_json(Call& call, std::string json, unsigned status, http::Headers headers) {
  headers.add("Content-Type", "application/json");
  http::Response response{.status = status, .headers = std::move(headers), .body = std::move(json)};
  co_await call.exchange.send(std::move(response));
}

}  // namespace openmcp::api
