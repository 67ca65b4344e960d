#include "e2e/served.hpp"

#include <signal.h>

#include <fstream>
#include <stdexcept>

#include "support/run.hpp"

namespace openmcp::test {

namespace json = boost::json;

json::value Reply::json() const {
  boost::system::error_code failure;
  auto value = json::parse(body, failure);
  EXPECT_FALSE(failure) << status << " " << body.substr(0, 500);
  return value;
}

HttpClient::HttpClient(std::string token) : client_(env_, {}), token_(std::move(token)) {}

base::Task<Reply> HttpClient::send(std::string method, std::string url, std::string body, http::Headers headers) {
  constexpr std::size_t kMost = 64u << 20;
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = std::move(headers);
  request.body = std::move(body);
  if (!token_.empty() && !request.headers.has("Authorization"))
    request.headers.add("Authorization", "Bearer " + token_);
  if (!request.body.empty() && !request.headers.has("Content-Type")) {
    request.headers.add("Content-Type", "application/json");
  }
  auto response = co_await client_.send(std::move(request));
  Reply reply;
  reply.status = response.status;
  reply.headers = response.headers;
  reply.body = co_await response.read_all(kMost);
  co_return reply;
}

Reply HttpClient::ask(std::string method, std::string url, std::string body, http::Headers headers) {
  return run(env_, send(std::move(method), std::move(url), std::move(body), std::move(headers)));
}

Served::Served(Sandbox& box, std::vector<std::string> more) {
  std::vector<std::string> words = {openmcp_program(), "--json",    "serve",      "--listen",
                                    "127.0.0.1:0",     "--gateway", "127.0.0.1:0"};
  words.insert(words.end(), more.begin(), more.end());
  process_ = std::make_unique<Running>(box.start(std::move(words)));
  auto line = process_->line();
  if (!line) {
    throw std::runtime_error("the server did not start: " + process_->wait(std::chrono::seconds(1)).err);
  }
  auto ready = json::parse(*line);
  url = text_of(ready.at("listen").at(0));
  gateway = text_of(ready.at("gateway").at(0));
  token_file = text_of(ready.at("token_file"));
  std::ifstream(token_file) >> token;
}

Outcome Served::stop() {
  process_->signal(SIGTERM);
  return process_->wait();
}

McpClient::McpClient(Sandbox& box) {
  process_ = std::make_unique<Running>(box.start({openmcp_program(), "mcp"}, true));
  auto hello = ask("initialize",
                   R"({"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}})");
  EXPECT_TRUE(hello.as_object().contains("result")) << json::serialize(hello);
  process_->write("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
}

json::value McpClient::ask(std::string method, std::string params) {
  auto id = next_++;
  process_->write("{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) + ",\"method\":\"" + method +
                  "\",\"params\":" + params + "}\n");
  while (auto line = process_->line()) {
    auto message = json::parse(*line);
    auto* got = message.as_object().if_contains("id");
    if (got && got->is_int64() && got->as_int64() == id) return message;
  }
  ADD_FAILURE() << "no answer to " << method;
  return json::object();
}

json::value McpClient::call(std::string tool, std::string arguments) {
  auto answer = ask("tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
  auto* result = answer.as_object().if_contains("result");
  if (!result) return answer;
  auto* structured = result->as_object().if_contains("structuredContent");
  return structured ? *structured : *result;
}

}  // namespace openmcp::test
