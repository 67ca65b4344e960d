#include "api/admission.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/audit.hpp"
#include "base/log.hpp"
#include "crypto/secret.hpp"

namespace openmcp::api {

using base::Errc;

namespace {

constexpr double kFailedLoginCost = 10;          ///< in requests
constexpr RateLimiter::Limit kAudited{20, 200};  ///< refusals a second that are written down; all are counted
constexpr auto kReloadPause = std::chrono::seconds(1);
constexpr std::size_t kMaxAskedHeaders = 2048;  ///< bytes of a preflight's list

constexpr std::string_view kRefusals[] = {"missing", "malformed", "unknown", "expired",
                                          "revoked", "audience",  "role",    "csrf"};
constexpr std::string_view kFailures = "auth_failures_total";
constexpr std::string_view kFailuresHelp = "Requests refused because of who asked";

bool safe(std::string_view method) noexcept { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

bool socket_file(const http::Request& request) noexcept { return request.peer.host.empty(); }

/// Why a token is not accepted, for the client.
std::string_view describe(std::string_view refusal) noexcept {
  if (refusal == "expired") return "the token is expired";
  if (refusal == "revoked") return "the token is revoked";
  if (refusal == "audience") return "the token is for another workspace";
  if (refusal == "malformed") return "the Authorization field has no token of this server";
  return "the token is not known";
}

base::Endpoint endpoint_of(std::string_view origin) {
  auto url = http::Url::parse(origin);
  return url ? base::Endpoint{url->host, url->port} : base::Endpoint{};
}

}  // namespace

Admission::Admission(Service& service, Sessions& sessions, RouterOptions options)
    : service_(service),
      sessions_(sessions),
      options_(std::move(options)),
      gate_(options_.hosts, options_.origins),
      standing_{{"X-Content-Type-Options", "nosniff"},
                {"X-Frame-Options", "DENY"},
                {"Referrer-Policy", "no-referrer"},
                {"Cross-Origin-Resource-Policy", "same-origin"},
                {"Cache-Control", "no-store"}},
      tokens_(service.env, options_.per_token),
      addresses_(service.env, options_.per_address),
      audited_(service.env, kAudited, 1) {
  if (!service.origin.empty()) gate_.listening({endpoint_of(service.origin)});
  auto& metrics = service.metrics;
  for (auto kind : kRefusals) metrics.counter(kFailures, kFailuresHelp, {{"kind", std::string(kind)}});
  origin_rejected_ = metrics.counter("origin_rejected_total", "Requests refused because of their Origin");
  host_rejected_ = metrics.counter("host_rejected_total", "Requests refused because of their Host");
  rate_limited_ = metrics.counter("http_rate_limited_total", "Requests refused because too many came");
}

Admission::~Admission() = default;

void Admission::set_rates(RateLimiter::Limit per_token, RateLimiter::Limit per_address) {
  tokens_.set_limit(per_token);
  addresses_.set_limit(per_address);
}

void Admission::add(Route route) {
  const auto number = tree_.add(route.pattern);
  if (number == places_.size()) places_.push_back({.pattern = route.pattern, .routes = {}, .allow = {}});
  auto& place = places_[number];
  for (const auto& there : place.routes)
    if (there->method == route.method)
      throw base::Error(Errc::invalid_argument, fmt::format("two routes for {} {}", route.method, route.pattern));
  place.routes.push_back(std::make_unique<Route>(std::move(route)));
  std::vector<std::string> methods = {"OPTIONS"};
  for (const auto& there : place.routes) {
    if (there->method == "*") {
      methods.insert(methods.end(), {"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"});
    } else {
      methods.push_back(there->method);
      if (there->method == "GET") methods.push_back("HEAD");
    }
  }
  std::ranges::sort(methods);
  const auto repeated = std::ranges::unique(methods);
  methods.erase(repeated.begin(), repeated.end());
  place.allow = fmt::format("{}", fmt::join(methods, ", "));
}

std::vector<std::pair<std::string, std::string>> Admission::routes() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& place : places_)
    for (const auto& route : place.routes) out.emplace_back(route->method, route->pattern);
  return out;
}

const Route* Admission::choose(const Place& place, std::string_view method) const {
  const Route *any = nullptr, *get = nullptr;
  for (const auto& route : place.routes) {
    if (route->method == method) return route.get();
    if (route->method == "*") any = route.get();
    if (route->method == "GET") get = route.get();
  }
  return method == "HEAD" && get ? get : any;
}

void Admission::check_host(const http::Request& request) {
  if (socket_file(request) || gate_.host_allowed(request.authority)) return;
  host_rejected_.add();
  throw HttpError(421, "misdirected", fmt::format("this server does not answer for the host '{}'", request.authority),
                  "use the address that it listens at, or add the name to serve.hosts");
}

bool Admission::check_origin(Call& call) {
  const auto* origin = call.request.headers.find("Origin");
  if (!origin || socket_file(call.request)) return false;
  if (gate_.listed_origin(*origin)) {
    auto& standing = call.exchange.standing_headers();
    standing.set("Access-Control-Allow-Origin", *origin);
    standing.set("Access-Control-Allow-Credentials", "true");
    standing.set("Access-Control-Expose-Headers",
                 "ETag, Location, Retry-After, WWW-Authenticate, Mcp-Session-Id, X-Request-Id");
    standing.set("Vary", "Origin");
    return true;
  }
  if (gate_.own_origin(*origin)) return false;
  origin_rejected_.add();
  note_refusal(call, "origin", {});
  throw HttpError(403, "origin", fmt::format("pages of the origin '{}' may not use this server", *origin),
                  "add it to serve.origins when they should");
}

http::Response Admission::options(const Place& place, const http::Request& request, bool cors) const {
  http::Response response{.status = 204, .headers = {{"Allow", place.allow}}, .body = {}};
  if (!cors || !request.headers.has("Access-Control-Request-Method")) return response;
  response.headers.add("Access-Control-Allow-Methods", place.allow);
  auto asked = request.headers.get("Access-Control-Request-Headers");
  // The origin is on our list: it may send what it likes, if these are names of fields.
  const bool names = std::ranges::all_of(asked, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ',' || c == ' ';
  });
  if (!asked.empty() && names && asked.size() <= kMaxAskedHeaders)
    response.headers.add("Access-Control-Allow-Headers", std::string(asked));
  response.headers.add("Access-Control-Max-Age", "600");
  if (request.headers.get("Access-Control-Request-Private-Network") == "true")
    response.headers.add("Access-Control-Allow-Private-Network", "true");
  return response;
}

Admission::Credentials Admission::credentials(const http::Request& request, bool listed_origin, bool& unknown) {
  Credentials out;
  if (socket_file(request)) {
    out.caller = Caller{.name = "local", .token_id = {}, .role = Role::admin};
    return out;
  }
  if (const auto* field = request.headers.find("Authorization")) {
    std::string_view value = *field;
    constexpr std::string_view scheme = "bearer ";
    if (value.size() <= scheme.size() || !http::equal_without_case(value.substr(0, scheme.size()), scheme)) {
      out.refused = to_string(Refusal::malformed);
      return out;
    }
    value.remove_prefix(scheme.size());
    while (value.starts_with(' ')) value.remove_prefix(1);
    auto caller = service_.auth.verify(value);
    if (caller) {
      out.caller = *std::move(caller);
    } else {
      out.refused = to_string(caller.error());
      unknown = caller.error() == Refusal::unknown;
    }
    return out;
  }
  const auto* cookies = request.headers.find("Cookie");
  if (!cookies) return out;
  // Pages of other ports of this machine are the same site for SameSite; browsers say that it is not the same origin.
  const auto site = request.headers.get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none" && !listed_origin) return out;
  const auto* session = sessions_.find(*cookies);
  if (!session) return out;
  out.caller = session->caller.token_id.empty() ? session->caller : service_.auth.still(session->caller.token_id);
  if (!out.caller) {
    out.refused = to_string(Refusal::expired);
    sessions_.end(*cookies);
    return out;
  }
  out.by_cookie = true;
  out.csrf = session->csrf;
  return out;
}

std::string Admission::challenge(const http::Request& request, std::string_view error, std::string_view description,
                                 std::string_view scope) const {
  std::string out = "Bearer realm=\"openmcp\"";
  if (!error.empty()) out += fmt::format(", error=\"{}\", error_description=\"{}\"", error, description);
  if (!scope.empty()) out += fmt::format(", scope=\"{}\"", scope);
  const auto origin =
      request.authority.empty() ? service_.origin : fmt::format("{}://{}", request.scheme, request.authority);
  return out += fmt::format(", resource_metadata=\"{}/.well-known/oauth-protected-resource\"", origin);
}

void Admission::note_refusal(const Call& call, std::string_view kind, std::string_view token_id) {
  // A flood of refusals must not fill the disk.
  if (audited_.take("") > 0) return;
  service_.audit.record({.who = call.caller.name.empty() ? "anonymous" : call.caller.name,
                         .token = std::string(token_id),
                         .from = "server",
                         .action = "auth.refused",
                         .target = std::string(call.exchange.route()),
                         .result = "refused",
                         .detail = fmt::format("{}, from {}", kind, call.request.peer.host)});
}

void Admission::check_rate(const Call& call, bool failed) {
  if (socket_file(call.request)) return;
  const unsigned wait = call.caller.token_id.empty()
                            ? addresses_.take(address_key(call.request.peer.host), failed ? kFailedLoginCost : 1)
                            : tokens_.take(call.caller.token_id);
  if (wait == 0) return;
  rate_limited_.add();
  throw HttpError(429, "rate_limited", "too many requests", fmt::format("try again in {} s", wait),
                  {{"Retry-After", std::to_string(wait)}});
}

/// Throws the answer to a caller that may not go on.
void Admission::refuse(const Call& call, const Route& route, const Credentials& credentials) {
  const auto scope = to_string(route.needs);
  auto count = [this](std::string_view kind) {
    service_.metrics.counter(kFailures, kFailuresHelp, {{"kind", std::string(kind)}}).add();
  };
  if (credentials.caller) {
    count("role");
    note_refusal(call, "role", call.caller.token_id);
    throw HttpError(
        403, "insufficient_scope",
        fmt::format("this needs the role {}; the caller '{}' is {}", scope, call.caller.name,
                    to_string(call.caller.role)),
        "use a token of that role: openmcp token create",
        {{"WWW-Authenticate", challenge(call.request, "insufficient_scope", "another role is needed", scope)}});
  }
  if (credentials.refused.empty()) {
    count("missing");
    const bool in_query = call.request.query.find("access_token=") != std::string::npos;
    throw HttpError(401, "unauthorized", "this needs a token",
                    in_query ? "tokens are not taken from the query string, which ends up in logs: send Authorization: "
                               "Bearer <token>"
                             : "send Authorization: Bearer <token>; the first one is in the file 'token' of the store",
                    {{"WWW-Authenticate", challenge(call.request, {}, {}, scope)}});
  }
  throw HttpError(
      401, "invalid_token", std::string(describe(credentials.refused)), "openmcp token create makes another",
      {{"WWW-Authenticate", challenge(call.request, "invalid_token", describe(credentials.refused), scope)}});
}

void Admission::refuse_login(const Call& call, std::string_view refusal) {
  check_rate(call, true);
  service_.metrics.counter(kFailures, kFailuresHelp, {{"kind", std::string(refusal)}}).add();
  note_refusal(call, refusal, {});
  throw HttpError(401, "invalid_token", std::string(describe(refusal)), "openmcp token create makes another");
}

Admission::Admitted Admission::decide(Call& call, ErrorForm& form) {
  const auto& request = call.request;
  call.exchange.standing_headers() = standing_;
  auto match = tree_.match(request.path);
  const Place* place = match && *match ? &places_[(*match)->pattern] : nullptr;
  const auto* route = place ? choose(*place, request.method) : nullptr;
  if (route) {
    form = route->errors;
    call.exchange.set_route(route->name);
  }
  check_host(request);
  const bool listed = check_origin(call);
  if (!match) throw std::move(match).error();
  if (!place) throw base::Error(Errc::not_found, "there is nothing at this path", "/docs lists what there is");
  if (!route || (route->method == "*" && request.is("OPTIONS"))) {
    if (request.is("OPTIONS")) return {.route = nullptr, .answer = options(*place, request, listed), .reload = false};
    throw HttpError(405, "method_not_allowed", fmt::format("{} is not possible here", request.method),
                    "possible are " + place->allow, {{"Allow", place->allow}});
  }

  bool unknown = false;
  auto who = credentials(request, listed, unknown);
  if (unknown && service_.env.steady() >= next_reload_)
    return {.route = nullptr, .answer = std::nullopt, .reload = true};
  if (who.caller)
    call.caller = *who.caller;
  else
    call.caller = {.name = "anonymous", .token_id = {}, .role = who.refused.empty() ? options_.anonymous : Role::none};
  call.exchange.set_caller(call.caller.name);
  check_rate(call, !who.refused.empty());
  if (!who.refused.empty()) {
    service_.metrics.counter(kFailures, kFailuresHelp, {{"kind", std::string(who.refused)}}).add();
    note_refusal(call, who.refused, {});
  }
  call.refused = who.refused;
  if (who.by_cookie && !safe(request.method) &&
      !crypto::constant_time_equal(base::as_bytes(request.headers.get("X-OpenMCP-CSRF")), base::as_bytes(who.csrf))) {
    service_.metrics.counter(kFailures, kFailuresHelp, {{"kind", "csrf"}}).add();
    note_refusal(call, "csrf", call.caller.token_id);
    throw HttpError(403, "csrf", "a request with the session's cookie lacks the session's X-OpenMCP-CSRF",
                    "GET /api/v1/session says its value");
  }
  if (!call.caller.may(route->needs) && !route->own_auth) refuse(call, *route, who);

  call.path = std::move((*match)->values);
  if (!request.query.empty()) call.query = base::unwrap(http::parse_query(request.query));
  return {.route = route, .answer = std::nullopt, .reload = false};
}

Admission::Admitted Admission::admit(Call& call) {
  ErrorForm form = problem;
  try {
    return decide(call, form);
  } catch (const base::Error& error) {
    return {.route = nullptr, .answer = form(error, call.request), .reload = false};
  }
}

base::Task<void> Admission::reload() {
  if (service_.env.steady() < next_reload_) co_return;
  next_reload_ = service_.env.steady() + kReloadPause;
  try {
    co_await service_.auth.reload();
  } catch (const base::Error& error) {
    base::log(base::LogLevel::error, "auth", "the tokens in memory stay: {}", error.message());
  }
}

}  // namespace openmcp::api
