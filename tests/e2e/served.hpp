// A server in a sandbox, and clients of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/real_env.hpp"
#include "e2e/program.hpp"
#include "http/client.hpp"

namespace openmcp::test {

struct Reply {
  unsigned status = 0;
  http::Headers headers;
  std::string body;
  boost::json::value json() const;
};

/// An HTTP client; every call ends before it returns.
class HttpClient {
public:
  explicit HttpClient(std::string token = {});
  Reply ask(std::string method, std::string url, std::string body = {}, http::Headers headers = {});
  Reply get(std::string url) { return ask("GET", std::move(url)); }
  Reply post(std::string url, std::string json) { return ask("POST", std::move(url), std::move(json)); }
  base::Task<Reply> send(std::string method, std::string url, std::string body, http::Headers headers);
  base::RealEnv& env() { return env_; }

private:
  base::RealEnv env_;
  http::Client client_;
  std::string token_;
};

/// `openmcp serve` on free ports, ready for requests.
class Served {
public:
  /// `more`: further words of the command.
  explicit Served(Sandbox& box, std::vector<std::string> more = {});
  /// SIGTERM, and its outcome.
  Outcome stop();
  Running& process() { return *process_; }

  std::string url, gateway, token_file;
  std::string token;  ///< of the administrator

private:
  std::unique_ptr<Running> process_;
};

/// `openmcp mcp`, with an initialized session of revision 2025-11-25.
class McpClient {
public:
  explicit McpClient(Sandbox& box);
  /// The answer to a request, other messages are passed over.
  boost::json::value ask(std::string method, std::string params = "{}");
  /// tools/call; its structured content.
  boost::json::value call(std::string tool, std::string arguments);
  Running& process() { return *process_; }

private:
  std::unique_ptr<Running> process_;
  int next_ = 1;
};

}  // namespace openmcp::test
