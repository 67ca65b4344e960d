#include "api/routing/routing.hpp"

#include <fmt/format.h>

#include <ctime>

#include "api/gateway/name_store.hpp"
#include "api/gateway/target.hpp"
#include "api/routing/peer.hpp"
#include "crypto/hash.hpp"

namespace openmcp::api::routing {
namespace {

using base::Errc;
using base::Error;
using base::Task;
using gateway::IpnsName;
using gateway::NameStore;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kLines = "application/x-ndjson";
constexpr std::string_view kRecord = "application/vnd.ipfs.ipns-record";
constexpr std::string_view kGatewayProtocol = "transport-ipfs-gateway-http";
constexpr int kFoundSeconds = 300, kNothingSeconds = 15;

/// IMF-fixdate (RFC 9110, section 5.6.7).
std::string http_date(base::WallTime time) {
  auto seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

[[noreturn]] void refuse(unsigned status, std::string text) {
  Answer answer;
  answer.response.status = status;
  answer.response.headers.add("Content-Type", "text/plain; charset=utf-8");
  answer.response.body = std::move(text) + "\n";
  throw answer;
}

bool accepts(const http::Request& request, std::string_view type) {
  for (auto value : request.headers.all("Accept"))
    if (value.find(type) != value.npos) return true;
  return false;
}

class Routing {
public:
  Routing(Service& service, NameStore* names) : service_(service), names_(names) {}

  bool open() const { return !service_.gateway_origin.empty() && service_.settings.flag("serve.gateway_open"); }

  /// Throws Answer and Error.
  Task<void> answer(http::Exchange& exchange, Caller caller) {
    auto& request = exchange.request();
    exchange.standing_headers().set("Access-Control-Allow-Origin", "*");
    exchange.standing_headers().set("Access-Control-Allow-Methods", "GET, PUT, OPTIONS");
    auto parts = gateway::split_path(request.path);
    if (!parts) refuse(400, parts.error().message());
    auto& path = parts->segments;
    auto is = [&path](std::initializer_list<std::string_view> names) {
      return path.size() == names.size() + 3 && std::equal(names.begin(), names.end(), path.begin() + 2);
    };
    bool get = request.is("GET") || request.is("HEAD"), put = request.is("PUT");
    auto& argument = path.empty() ? request.path : path.back();
    if (request.is("OPTIONS")) {
      http::Response response;
      response.status = 204;
      co_await exchange.send(std::move(response));
    } else if (is({"providers"}) && get) {
      exchange.set_route("routing_providers");
      co_await providers(exchange, argument);
    } else if (is({"peers"}) && get) {
      exchange.set_route("routing_peers");
      co_await peers(exchange, argument);
    } else if (is({"ipns"}) && get) {
      exchange.set_route("routing_ipns_get");
      co_await get_record(exchange, argument);
    } else if (is({"ipns"}) && put) {
      exchange.set_route("routing_ipns_put");
      co_await put_record(exchange, std::move(caller), argument);
    } else if (is({"dht", "closest", "peers"}) && get) {
      refuse(501, "this node is in no DHT: it knows no peers that are close to a key");
    } else if (is({"providers"}) || is({"peers"}) || is({"ipns"}) || is({"dht", "closest", "peers"})) {
      refuse(501, "this method is not supported here");
    } else {
      refuse(400, "no such path in /routing/v1");
    }
  }

private:
  Task<void> providers(http::Exchange& exchange, std::string text) {
    auto cid = ipld::Cid::parse(text);
    if (!cid) refuse(422, cid.error().message());
    std::optional<Peer> peer;
    // Identity CIDs are everywhere; nobody has to be asked for them.
    if (open() && !cid->identity() && co_await service_.store.has(*cid)) peer = co_await self();
    co_await send_peers(exchange, "Providers", std::move(peer));
  }

  Task<void> peers(http::Exchange& exchange, std::string text) {
    auto name = IpnsName::parse(text);
    if (!name) refuse(422, name.error().message());
    std::optional<Peer> peer;
    if (open()) peer = co_await self();
    if (peer && peer->id != name->peer_id()) peer.reset();
    co_await send_peers(exchange, "Peers", std::move(peer));
  }

  Task<std::optional<Peer>> self() {
    if (id_.empty()) {
      auto status = co_await service_.workspace.status();
      id_ = IpnsName::of_ed25519(status.key).peer_id();
    }
    auto address = multiaddr_of(service_.gateway_origin);
    if (address.empty()) co_return std::nullopt;
    co_return Peer{.id = id_, .addresses = {std::move(address)}, .protocols = {std::string(kGatewayProtocol)}};
  }

  Task<void> send_peers(http::Exchange& exchange, std::string_view list, std::optional<Peer> peer) {
    auto query = http::parse_query(exchange.request().query);
    if (!query) refuse(422, query.error().message());
    if (peer && !filter_peer(*peer, *query)) peer.reset();
    bool lines = accepts(exchange.request(), kLines);
    std::string record = peer ? to_json(*peer) : std::string();
    std::string body;
    if (lines) {
      body = peer ? record + "\n" : std::string();
    } else {
      body = fmt::format("{{\"{}\":[{}]}}", list, record);
    }
    http::Response response{.status = 200, .headers = {}, .body = std::move(body)};
    response.headers.add("Content-Type", std::string(lines ? kLines : kJson));
    response.headers.add("Vary", "Accept");
    auto age = peer ? kFoundSeconds : kNothingSeconds;
    response.headers.add("Cache-Control", fmt::format("public, max-age={0}, stale-while-revalidate={0}, "
                                                      "stale-if-error={0}",
                                                      age));
    response.headers.add("Last-Modified", http_date(service_.env.now()));
    co_await exchange.send(std::move(response));
  }

  Task<void> get_record(http::Exchange& exchange, std::string text) {
    auto name = IpnsName::parse(text);
    if (!name) refuse(422, name.error().message());
    if (!accepts(exchange.request(), kRecord) && !accepts(exchange.request(), "*/*")) {
      refuse(406, fmt::format("ask again with Accept: {}", kRecord));
    }
    std::optional<base::Bytes> bytes;
    if (names_) bytes = co_await names_->record(name->text());
    auto now = service_.env.now();
    auto record = bytes ? gateway::verify_record(*name, *bytes, now) : base::fail(Errc::not_found, "none");
    http::Response response;
    response.headers.add("Vary", "Accept");
    if (!record) {
      // 200 with another type is how the specification says "no record".
      response.headers.add("Content-Type", "text/plain; charset=utf-8");
      response.headers.add("Cache-Control", fmt::format("public, max-age={}", kNothingSeconds));
      response.body = "no record of this name is here\n";
      co_await exchange.send(std::move(response));
      co_return;
    }
    auto left = std::chrono::duration_cast<std::chrono::seconds>(record->expires - now).count();
    auto ttl = record->ttl.count() > 0 ? record->ttl.count() : 60;
    response.headers.add("Content-Type", std::string(kRecord));
    response.headers.add("ETag", fmt::format("\"{}\"", base::to_hex(crypto::sha256(*bytes))));
    response.headers.add("Cache-Control",
                         fmt::format("public, max-age={}, stale-while-revalidate={}, stale-if-error={}",
                                     std::min<std::int64_t>(ttl, left), left, left));
    response.headers.add("Expires", http_date(record->expires));
    response.headers.add("Last-Modified", http_date(now));
    response.body = base::as_text(*bytes);
    co_await exchange.send(std::move(response));
  }

  Task<void> put_record(http::Exchange& exchange, Caller caller, std::string text) {
    if (!caller.may(Role::writer)) refuse(403, "records are put by callers who may write");
    auto type = exchange.request().headers.get("Content-Type");
    if (type.substr(0, type.find(';')) != kRecord) refuse(406, fmt::format("send it with Content-Type: {}", kRecord));
    auto name = IpnsName::parse(text);
    if (!name) refuse(400, name.error().message());
    if (!names_) refuse(501, "this node keeps no IPNS records");
    std::string refusal;
    auto outcome = NameStore::Put::stored;
    try {
      auto body = co_await exchange.read_all(gateway::kMaxRecordBytes);
      outcome = co_await names_->put(*name, base::to_bytes(body));
    } catch (const Error& error) {
      auto code = error.code();
      bool ours = code == Errc::io || code == Errc::no_space || code == Errc::internal || code == Errc::cancelled;
      if (ours || code == Errc::timeout) throw;
      refusal = error.message();
    }
    if (!refusal.empty()) refuse(400, std::move(refusal));
    if (outcome == NameStore::Put::older) refuse(400, "a newer record of this name is here");
    http::Response response;
    response.status = 200;
    co_await exchange.send(std::move(response));
  }

  Service& service_;
  NameStore* names_;
  std::string id_;  ///< asked for once
};

}  // namespace

void add_routing(Router& router, Service& service, NameStore* names) {
  auto routing = std::make_shared<Routing>(service, names);
  auto handler = [routing](Call& call) { return routing->answer(call.exchange, call.caller); };
  router.add({.method = "*",
              .pattern = "/routing/v1/{*}",
              .name = "routing",
              .needs = service.settings.flag("serve.gateway_open") ? Role::none : Role::reader,
              .handler = handler,
              .errors = plain_error});
}

std::function<Task<void>(http::Exchange&, Caller)> routing_on_gateway(Service& service, NameStore* names) {
  auto routing = std::make_shared<Routing>(service, names);
  return [routing](http::Exchange& exchange, Caller caller) { return routing->answer(exchange, std::move(caller)); };
}

}  // namespace openmcp::api::routing
