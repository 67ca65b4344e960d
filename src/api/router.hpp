// Routes of the main listener, and what stands before every one of them: Host and Origin, the caller and its role,
// rates, CORS, errors. A surface adds its routes; nothing else of it knows about these.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth.hpp"
#include "api/errors.hpp"
#include "api/service.hpp"
#include "base/network.hpp"
#include "http/exchange.hpp"
#include "http/url.hpp"

namespace openmcp::http {
struct Done;
}

namespace openmcp::api {

/// What a handler gets beside the exchange.
struct Call {
  http::Exchange& exchange;
  const http::Request& request;
  Caller caller;
  std::vector<std::string> path;  ///< values of {names} and of the tail {*}, decoded, in order
  http::Parameters query;
  /// With own_auth or Role::none: what came instead of a good token: "" nothing, "malformed", "expired", ...
  std::string_view refused = {};

  const std::string& at(std::size_t index) const { return path.at(index); }
  const std::string* parameter(std::string_view name) const { return http::find(query, name); }
};

using RouteHandler = std::function<base::Task<void>(Call&)>;
using ErrorForm = http::Response (*)(const base::Error&, const http::Request&);

struct Route {
  std::string method;         ///< "GET" answers HEAD too; "*" any
  std::string pattern;        ///< "/api/v1/contexts/{id}", "/assets/{*}"; a literal segment wins over {name} over {*}
  std::string_view name;      ///< label of metrics and logs: "context_get"
  Role needs = Role::reader;  ///< Role::none: anybody whose Host and Origin are right
  RouteHandler handler;
  ErrorForm errors = problem;
  /// The route decides itself about missing or bad tokens (OAuth resource metadata): the handler is called with
  /// Role::none instead of an answer 401 or 403. Call::refused says what was wrong.
  bool own_auth = false;
};

struct RouterOptions {
  std::vector<std::string> hosts;    ///< allowed Host values besides loopback names with the listener's port
  std::vector<std::string> origins;  ///< allowed Origins besides the server's own
  Role anonymous = Role::none;       ///< role of callers without a token
  /// Of callers with a token, and of addresses without one: failed logins count tenfold. Loopback has the same rates
  /// as others; socket files have none.
  RateLimiter::Limit per_token{1000, 2000}, per_address{100, 200};
};

class Router {
public:
  Router(Service& service, RouterOptions options);
  ~Router();
  /// Throws Error invalid_argument when the method and pattern are there.
  void add(Route route);
  /// Where the server really listens: Hosts of these endpoints are allowed. Until then: service.origin's.
  void listening(const std::vector<base::Endpoint>& endpoints);
  /// Rates may change while the server runs; the rest stays.
  void set_rates(RateLimiter::Limit per_token, RateLimiter::Limit per_address);
  /// 404, 405 with Allow, 401 with WWW-Authenticate, 403, 421 (Host), 429 with Retry-After are answered here.
  base::Task<void> handle(http::Exchange& exchange);
  http::Handler handler();
  /// For ServerOptions::done: counts and times the answers by route.
  void done(const http::Done& done);
  Sessions& sessions() noexcept;
  /// For routes that take a token in another way (the web page's login): counts and audits a refused one, and throws
  /// 401, or 429 when there were many.
  base::Task<void> reload_tokens();  ///< for them too: at most once a second; never throws
  [[noreturn]] void refuse_login(const Call& call, std::string_view refusal);
  /// All routes, for the OpenAPI document's own test.
  std::vector<std::pair<std::string, std::string>> routes() const;

private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The JSON body as text; checks the media type (415) and the size.
base::Task<std::string> json_body(Call& call, std::size_t limit = 64u << 20);
base::Task<void> send_json(Call& call, std::string json, unsigned status = 200, http::Headers headers = {});

}  // namespace openmcp::api
