// An Exchange without a connection: a request made by the test, and the answer that a handler gave to it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/sync.hpp"
#include "http/exchange.hpp"

namespace openmcp::test {

class FakeExchange final : public http::Exchange {
public:
  /// `target`: path and query. A client on loopback that names the listener 127.0.0.1:7777, unless changed below.
  FakeExchange(base::Env& env, std::string method, std::string_view target, http::Headers headers = {},
               std::string body = {})
      : changed_(env.executor()), body_(std::move(body)) {
    request_.method = std::move(method);
    auto mark = target.find('?');
    request_.path = std::string(target.substr(0, mark));
    if (mark != std::string_view::npos) request_.query = std::string(target.substr(mark + 1));
    request_.authority = "127.0.0.1:7777";
    request_.scheme = "http";
    request_.headers = std::move(headers);
    request_.peer = {"127.0.0.1", 50000};
    request_.id = "request-1";
    request_.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  }

  // --- the test's side ---

  http::Request& asked() { return request_; }
  /// The body comes chunked (no length is declared), at most this many bytes a read.
  void in_pieces(std::size_t bytes) { piece_ = bytes; }
  /// Reading the body throws unavailable after this many bytes.
  void vanish_after(std::size_t bytes) { vanish_ = bytes; }
  /// The client closes the connection.
  void go() {
    gone_ = true;
    changed_.wake_all();
  }

  bool answered() const { return started_; }
  bool finished() const { return finished_; }
  unsigned status() const { return status_; }
  /// As the client gets them: the handler's, and the standing ones that it did not set.
  const http::Headers& headers() const { return headers_; }
  std::string header(std::string_view name) const { return std::string(headers_.get(name)); }
  const std::string& body() const { return sent_; }
  /// Waits until the body of the answer holds `text`.
  base::Task<void> until_sent(std::string text) {
    while (sent_.find(text) == std::string::npos) co_await changed_.wait();
  }

  // --- the handler's side ---

  std::optional<std::uint64_t> body_length() const noexcept override {
    if (piece_ != std::string::npos) return std::nullopt;
    return body_.size();
  }
  base::Task<std::size_t> read(base::MutableBytes into) override {
    if (read_ >= vanish_) throw base::Error(base::Errc::unavailable, "reading the request: the client is gone");
    auto count = std::min({into.size(), body_.size() - read_, piece_, vanish_ - read_});
    std::copy_n(body_.data() + read_, count, into.data());
    read_ += count;
    co_return count;
  }

  base::Task<void> send(http::Response response) override {
    begin(response.status, std::move(response.headers), response.body.size());
    if (!request_.is("HEAD")) sent_ = std::move(response.body);
    finished_ = true;
    changed_.wake_all();
    co_return;
  }
  base::Task<void> start(http::ResponseHead head) override {
    begin(head.status, std::move(head.headers), head.length);
    changed_.wake_all();
    co_return;
  }
  base::Task<void> write(base::SharedBytes bytes) override {
    if (!started_ || finished_) throw base::Error(base::Errc::internal, "a body outside of an answer");
    if (gone_) throw base::Error(base::Errc::unavailable, "writing the answer: the client is gone");
    written_ += bytes.size();
    if (!request_.is("HEAD")) sent_ += base::as_text(bytes);
    changed_.wake_all();
    co_return;
  }
  base::Task<void> finish() override {
    if (length_ && *length_ != written_ && !request_.is("HEAD"))
      throw base::Error(base::Errc::internal, "an answer that is shorter than it said");
    finished_ = true;
    changed_.wake_all();
    co_return;
  }
  bool started() const noexcept override { return started_; }
  base::Task<void> until_gone() override {
    while (!gone_) co_await changed_.wait();
  }

private:
  void begin(unsigned status, http::Headers headers, std::optional<std::uint64_t> length) {
    if (started_) throw base::Error(base::Errc::internal, "a second answer");
    started_ = true;
    status_ = status;
    headers_ = std::move(headers);
    for (const auto& [name, value] : standing_)
      if (!headers_.has(name)) headers_.add(name, value);
    if (length && !headers_.has("Content-Length")) headers_.add("Content-Length", std::to_string(*length));
    length_ = length;
  }

  base::Signal changed_;
  std::string body_, sent_;
  std::size_t read_ = 0, piece_ = std::string::npos, vanish_ = std::string::npos;
  unsigned status_ = 0;
  http::Headers headers_;
  std::optional<std::uint64_t> length_;
  std::uint64_t written_ = 0;
  bool started_ = false, finished_ = false, gone_ = false;
};

}  // namespace openmcp::test
