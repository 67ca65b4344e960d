// REST on a service of its own, asked without a socket.
#pragma once

#include <boost/json.hpp>

#include "api/rest/rest.hpp"
#include "crypto/hash.hpp"
#include "support/service_fixture.hpp"

namespace openmcp::api::rest::test {

using openmcp::test::FakeExchange;
namespace json = boost::json;

struct Reply {
  unsigned status = 0;
  http::Headers headers;
  std::string text;
  json::value body;

  const json::value& operator[](std::string_view name) const {
    return body.at(json::string_view(name.data(), name.size()));
  }
  std::string str(std::string_view name) const { return std::string((*this)[name].as_string()); }
  bool has(std::string_view name) const {
    return body.as_object().contains(json::string_view(name.data(), name.size()));
  }
};

class RestTest : public ::testing::Test {
protected:
  RestTest() { add_rest(*server.router, *server.service); }

  static Reply reply_of(const FakeExchange& exchange) {
    Reply out{.status = exchange.status(), .headers = exchange.headers(), .text = exchange.body(), .body = {}};
    EXPECT_TRUE(exchange.finished());
    if (exchange.header("Content-Type").find("json") != std::string::npos && !out.text.empty())
      out.body = json::parse(out.text);
    return out;
  }
  Reply ask(std::string method, std::string_view target, std::string body = {}, http::Headers more = {},
            Role role = Role::writer) {
    auto headers = server.bearer(role);
    if (!body.empty() && !more.has("Content-Type")) headers.add("Content-Type", "application/json");
    for (const auto& [name, value] : more) headers.add(name, value);
    return reply_of(*server.ask(std::move(method), target, std::move(headers), std::move(body)));
  }
  Reply get(std::string_view target, http::Headers more = {}) { return ask("GET", target, {}, std::move(more)); }
  Reply post(std::string_view target, std::string body, http::Headers more = {}) {
    return ask("POST", target, std::move(body), std::move(more));
  }
  /// A new context of this text; its id.
  std::string put(std::string_view text, std::string_view more = "") {
    auto made = post("/api/v1/contexts/", R"({"type":"documentation","content":)" + json::serialize(json::value(text)) +
                                              std::string(more) + "}");
    EXPECT_EQ(made.status, 200u) << made.text;
    return made.str("id");
  }
  static std::string hash_of(std::string_view text) { return base::to_hex(crypto::sha256(base::as_bytes(text))); }
  static std::string at(const std::string& id, std::string_view rest = "") {
    return "/api/v1/contexts/" + id + std::string(rest);
  }

  openmcp::test::ServiceFixture server;
};

}  // namespace openmcp::api::rest::test
