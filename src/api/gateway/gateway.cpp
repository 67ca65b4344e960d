// Every request to the gateway: who asks, on which host, for what; then the answer of that kind.
#include "api/gateway/gateway.hpp"

#include <fmt/format.h>

#include "api/gateway/call.hpp"
#include "api/gateway/head.hpp"
#include "api/gateway/host.hpp"
#include "api/gateway/ipns_name.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::Error;
using base::Task;

constexpr std::string_view kMethods = "GET, HEAD, OPTIONS";

struct State {
  GatewayParts parts;
  GatewayOptions options;
  std::size_t running = 0;
};

/// Counts a request while it is answered.
class Running {
public:
  explicit Running(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->running; }
  ~Running() { --state_->running; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

private:
  std::shared_ptr<State> state_;
};

Caller caller_of(const State& state, const http::Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  auto given = request.headers.get("Authorization");
  bool bearer = given.size() > kBearer.size() && http::equal_without_case(given.substr(0, kBearer.size()), kBearer);
  if (state.parts.auth && bearer) {
    auto caller = state.parts.auth->check(given.substr(kBearer.size()));
    if (caller && caller->may(Role::reader)) return *std::move(caller);
    if (!state.options.open) {
      auto why = caller ? std::string("it may not read") : caller.error().message();
      refuse(401, fmt::format("the token is refused: {}", why),
             {{"WWW-Authenticate", "Bearer realm=\"openmcp\", error=\"invalid_token\""}});
    }
  }
  if (!state.options.open) {
    refuse(401, "this gateway wants a token: Authorization: Bearer <token>",
           {{"WWW-Authenticate", "Bearer realm=\"openmcp\""}});
  }
  return Caller{.name = "anonymous", .token_id = "", .role = Role::reader};
}

std::string scheme_of(const http::Request& request) {
  auto forwarded = request.headers.get("X-Forwarded-Proto");
  if (forwarded == "https" || forwarded == "http") return std::string(forwarded);
  return request.scheme.empty() ? "http" : request.scheme;
}

[[noreturn]] void redirect(unsigned status, std::string location) {
  auto text = "moved to " + location;
  refuse(status, std::move(text), {{"Location", std::move(location)}});
}

/// "/ipfs/?uri=ipfs://CID/path", for registerProtocolHandler of browsers.
void route_uri(const GatewayCall& call, std::string_view path) {
  auto* uri = call.parameter("uri");
  if (!uri || (path != "/ipfs/" && path != "/ipns/" && path != "/ipfs" && path != "/ipns")) return;
  std::string_view rest = *uri;
  std::string space;
  for (std::string_view scheme : {"ipfs", "ipns"}) {
    if (rest.size() > scheme.size() + 3 && http::equal_without_case(rest.substr(0, scheme.size()), scheme) &&
        rest.substr(scheme.size(), 3) == "://") {
      space = scheme;
      rest = rest.substr(scheme.size() + 3);
      break;
    }
  }
  if (space.empty()) refuse(400, "uri must begin with ipfs:// or ipns://");
  rest = rest.substr(0, rest.find('#'));
  auto mark = rest.find('?');
  auto parts = split_path(rest.substr(0, mark));
  if (!parts || parts->segments.empty()) refuse(400, "uri has no CID or name");
  parts->segments.insert(parts->segments.begin(), space);
  auto location = encode_path(parts->segments, parts->slash);
  if (mark != rest.npos) location += "?" + http::percent_encode(rest.substr(mark + 1), "&=+,:;@/!$*()%");
  redirect(301, std::move(location));
}

bool trustless(Format format) {
  return format == Format::raw || format == Format::car || format == Format::ipns_record;
}

/// Our domain without a root before it: sites get origins of their own.
void move_to_subdomain(const GatewayCall& call, const HostMatch& host) {
  if (trustless(call.wanted.format)) return;  // nothing that a browser would run
  auto label = label_of(call.target.space, call.target.root);
  if (!label) {
    auto& error = label.error();
    refuse(400, fmt::format("invalid path \"{}\": {}", call.target.text(), error.message()));
  }
  auto location = fmt::format("{}://{}.{}.{}{}", scheme_of(call.request()), *label,
                              call.target.space == Space::ipfs ? "ipfs" : "ipns", host.domain,
                              encode_path(call.target.segments, call.target.slash));
  if (!call.request().query.empty()) location += "?" + call.request().query;
  redirect(301, std::move(location));
}

/// A root before our domain: the whole path lies below it.
void enter_subdomain(GatewayCall& call, const HostMatch& host, const PathParts& parts) {
  call.domain = host.domain;
  call.target = {.space = *host.space, .root = host.root, .segments = parts.segments, .slash = parts.slash};
  if (*host.space == Space::ipns && !IpnsName::parse(host.root)) {
    // Not a key: a DNSLink name, perhaps in one label.
    if (host.root.find('.') == host.root.npos) call.target.root = uninline_dnslink(host.root);
    return;
  }
  auto label = label_of(*host.space, host.root);
  if (!label) refuse(400, fmt::format("'{}' before the gateway's domain: {}", host.root, label.error().message()));
  if (*host.space == Space::ipns && *label != host.root) {
    auto location = fmt::format("{}://{}.ipns.{}{}", scheme_of(call.request()), *label, host.domain,
                                encode_path(parts.segments, parts.slash));
    if (!call.request().query.empty()) location += "?" + call.request().query;
    redirect(301, std::move(location));
  }
}

/// In the path form names have one text, so that caches and browsers know them as one.
void use_canonical_name(const GatewayCall& call) {
  if (call.target.space != Space::ipns || trustless(call.wanted.format)) return;
  auto name = IpnsName::parse(call.target.root);
  if (!name || name->text() == call.target.root) return;
  auto target = call.target;
  target.root = name->text();
  auto location = target.text();
  if (!call.request().query.empty()) location += "?" + call.request().query;
  redirect(302, std::move(location));
}

void check_trustless(const GatewayCall& call) {
  if (call.options.deserialised || trustless(call.wanted.format)) {
    bool path = !call.target.segments.empty();
    if (!call.options.deserialised && call.wanted.format == Format::raw && path) {
      refuse(400, "this gateway answers ?format=raw for a CID alone; use ?format=car for paths");
    }
    return;
  }
  refuse(call.wanted.any_accept || call.wanted.format != Format::none ? 406 : 400,
         "this gateway gives verifiable answers only: ask for ?format=raw, ?format=car or ?format=ipns-record");
}

void refuse_service_worker(const GatewayCall& call) {
  // A worker registered at "/ipfs/<cid>" could take "/ipfs/" as its scope, and with it every other site.
  if (call.domain || call.request().headers.get("Service-Worker") != "script") return;
  if (call.target.segments.empty() && !call.target.slash) {
    refuse(400, "a service worker may be registered below /ipfs/<cid>/ only");
  }
}

Task<void> send_found(GatewayCall& call) {
  switch (call.wanted.format) {
    case Format::raw:
      co_await answer_raw(call);
      co_return;
    case Format::car:
      co_await answer_car(call);
      co_return;
    case Format::tar:
      co_await answer_tar(call);
      co_return;
    default:
      break;
  }
  auto codec = call.found.cid.codec();
  bool unixfs = codec == ipld::Codec::raw || codec == ipld::Codec::dag_pb;
  bool dag_format = call.wanted.format == Format::dag_json || call.wanted.format == Format::dag_cbor;
  if (unixfs && !dag_format) {
    co_await answer_unixfs(call);
  } else {
    co_await answer_document(call);
  }
}

/// Throws Answer for everything that is not the content itself.
Task<void> answer(GatewayCall& call) {
  auto& request = call.request();
  auto query = http::parse_query(request.query);
  if (!query) refuse(400, query.error().message());
  call.query = *std::move(query);
  auto wanted = negotiate(call.query, request.headers);
  if (!wanted) refuse(wanted.error().code() == Errc::unsupported ? 406 : 400, wanted.error().message());
  call.wanted = *wanted;

  auto forwarded = request.headers.get("X-Forwarded-Host");
  auto host = match_host(forwarded.empty() ? std::string_view(request.authority) : forwarded, call.options.domains);
  if (host && host->space) {
    auto parts = split_path(request.path);
    if (!parts) refuse(400, parts.error().message());
    enter_subdomain(call, *host, *parts);
  } else {
    route_uri(call, request.path);
    auto target = parse_target(request.path);
    if (!target) refuse(400, target.error().message());
    if (!*target) {
      refuse(404, "this is an IPFS gateway: ask for /ipfs/<cid> or /ipns/<name>");
    }
    call.target = **std::move(target);
    refuse_service_worker(call);
    if (host && call.options.deserialised) move_to_subdomain(call, *host);
    use_canonical_name(call);
  }
  check_trustless(call);
  if (call.wanted.format == Format::ipns_record) {
    co_await answer_record(call);
    co_return;
  }

  std::optional<Answer> missing;
  try {
    co_await find_content(call);
  } catch (const Answer& refusal) {
    missing = refusal;
  }
  if (missing) {
    bool site = missing->response.status == 404 && call.wanted.format == Format::none;
    if (site && co_await answer_redirects(call)) co_return;
    throw *std::move(missing);
  }
  co_await send_found(call);
}

Task<void> handle(std::shared_ptr<State> state, http::Exchange& exchange) {
  exchange.set_route("gateway");
  add_cors(exchange.standing_headers());
  exchange.standing_headers().set("X-Content-Type-Options", "nosniff");
  Running counted(state);
  auto& request = exchange.request();
  std::optional<http::Response> refusal;
  try {
    if (state->running > state->options.max_concurrent) {
      refuse(429, "too many requests at once", {{"Retry-After", "1"}});
    }
    if (request.is("OPTIONS")) {
      http::Response response{.status = 204, .headers = {{"Allow", std::string(kMethods)}}};
      co_await exchange.send(std::move(response));
      co_return;
    }
    auto caller = caller_of(*state, request);
    exchange.set_caller(caller.name);
    if (state->parts.routing && request.path.starts_with("/routing/v1/")) {
      co_await state->parts.routing(exchange, std::move(caller));
      co_return;
    }
    if (!request.is("GET") && !request.is("HEAD")) {
      refuse(405, "a gateway is read with GET and HEAD", {{"Allow", std::string(kMethods)}});
    }
    GatewayCall call{.exchange = exchange,
                     .env = state->parts.env,
                     .blocks = state->parts.blocks,
                     .options = state->options,
                     .names = state->parts.names};
    co_await answer(call);
    co_return;
  } catch (const Answer& answer) {
    refusal = answer.response;
  } catch (const Error& error) {
    if (exchange.started() || error.code() == Errc::cancelled) throw;
    refusal = plain_error(error, request);
  }
  if (exchange.started()) throw Error(Errc::internal, "an answer was refused after it began");
  co_await exchange.send(*std::move(refusal));
}

}  // namespace

http::Handler make_gateway(GatewayParts parts, GatewayOptions options) {
  auto state = std::make_shared<State>(std::move(parts), std::move(options));
  return [state](http::Exchange& exchange) { return handle(state, exchange); };
}

}  // namespace openmcp::api::gateway
