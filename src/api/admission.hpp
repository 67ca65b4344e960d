// Inside of api: what stands before every route. No waiting in here: one pass over the request decides.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/gate.hpp"
#include "api/route_tree.hpp"
#include "api/router.hpp"
#include "monitor/metrics.hpp"

namespace openmcp::api {

class Admission {
public:
  Admission(Service& service, Sessions& sessions, RouterOptions options);
  ~Admission();

  void add(Route route);
  void listening(const std::vector<base::Endpoint>& endpoints) { gate_.listening(endpoints); }
  void set_rates(RateLimiter::Limit per_token, RateLimiter::Limit per_address);

  /// Exactly one of the three.
  struct Admitted {
    const Route* route = nullptr;          ///< the handler may be called with the call as it is now
    std::optional<http::Response> answer;  ///< refused, or answered
    bool reload = false;                   ///< an unknown token: await reload() and ask again
  };
  Admitted admit(Call& call);
  base::Task<void> reload();
  [[noreturn]] void refuse_login(const Call& call, std::string_view refusal);

  std::vector<std::pair<std::string, std::string>> routes() const;

private:
  /// One pattern.
  struct Place {
    std::string pattern;
    std::vector<std::unique_ptr<Route>> routes;
    std::string allow;  ///< value of the Allow field
  };
  struct Credentials {
    std::optional<Caller> caller;
    std::string_view refused;  ///< a label; "" nothing was given
    bool by_cookie = false;
    std::string csrf;
  };

  Admitted decide(Call& call, ErrorForm& form);
  const Route* choose(const Place& place, std::string_view method) const;
  void check_host(const http::Request& request);
  /// Checks the Origin; adds the CORS fields for a listed one. True: it is listed.
  bool check_origin(Call& call);
  http::Response options(const Place& place, const http::Request& request, bool cors) const;
  Credentials credentials(const http::Request& request, bool listed_origin, bool& unknown);
  void check_rate(const Call& call, bool failed);
  void refuse(const Call& call, const Route& route, const Credentials& credentials);
  void note_refusal(const Call& call, std::string_view kind, std::string_view token_id);
  std::string challenge(const http::Request& request, std::string_view error, std::string_view description,
                        std::string_view scope) const;

  Service& service_;
  Sessions& sessions_;
  RouterOptions options_;
  Gate gate_;
  RouteTree tree_;
  std::vector<Place> places_;
  http::Headers standing_;
  RateLimiter tokens_, addresses_, audited_;
  base::Instant next_reload_{};
  monitor::Counter origin_rejected_, host_rejected_, rate_limited_;
};

}  // namespace openmcp::api
