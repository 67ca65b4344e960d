#include "http/http1_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace openmcp::http {

using base::Errc;
using base::Error;
using base::Task;

namespace {

constexpr std::size_t kJoined = 16u << 10;          ///< bodies up to this are copied behind their head
constexpr std::uint64_t kMostSkipped = 256u << 10;  ///< of a request's body, to keep the connection

/// Fields that say how the message is framed: the connection's own business.
bool is_framing(std::string_view name) noexcept {
  switch (name.size()) {
    case 10:
      return equal_without_case(name, "Connection") || equal_without_case(name, "Keep-Alive");
    case 14:
      return equal_without_case(name, "Content-Length");
    case 17:
      return equal_without_case(name, "Transfer-Encoding");
    default:
      return false;
  }
}

Error misuse(std::string_view what) { return {Errc::internal, std::string(what)}; }

}  // namespace

Http1Exchange::Http1Exchange(Http1Connection& connection, RequestHead head)
    : connection_(connection),
      framing_(head.framing),
      length_(head.length),
      left_(head.length),
      body_ended_(head.framing == Framing::none || (head.framing == Framing::length && head.length == 0)),
      owes_continue_(head.expects_continue),
      keep_(head.keep_alive),
      head_only_(head.method == "HEAD") {
  request_.method = std::move(head.method);
  request_.path = std::move(head.path);
  request_.query = std::move(head.query);
  request_.authority = std::move(head.authority);
  request_.scheme = connection_.secure_ ? "https" : "http";
  request_.headers = std::move(head.headers);
  request_.version = head.version;
  request_.peer = connection_.peer_;
  connection_.core_->identify(request_);
}

std::optional<std::uint64_t> Http1Exchange::body_length() const noexcept {
  if (framing_ == Framing::chunked) return std::nullopt;
  return length_;
}

Task<std::size_t> Http1Exchange::read(base::MutableBytes into) {
  if (body_ended_ || into.empty()) co_return 0;
  if (owes_continue_) {
    owes_continue_ = false;
    // One that did not wait needs no word.
    if (connection_.input_.empty() && !started()) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      auto bytes = base::as_bytes(kContinue);
      co_await connection_.write({&bytes, 1});
    }
  }
  bool kept = std::exchange(keep_, false);  // when this fails nobody knows where the next request would begin
  std::size_t got = 0;
  if (framing_ == Framing::chunked) {
    got = co_await read_chunked(into);
    if (got == 0) {
      keep_ = kept;
      co_return 0;
    }
  } else {
    auto most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    got = co_await connection_.read_body(into.first(most));
    left_ -= got;
    body_ended_ = left_ == 0;
  }
  if (got == 0) throw Error(Errc::unavailable, "the client left before the end of its request");
  received_ += got;
  if (received_ > connection_.core_->options.max_body) {
    throw Error(Errc::too_large,
                fmt::format("the body of the request is larger than {} bytes", connection_.core_->options.max_body));
  }
  keep_ = kept;
  co_return got;
}

Task<std::size_t> Http1Exchange::read_chunked(base::MutableBytes into) {
  auto& input = connection_.input_;
  for (;;) {
    auto step = chunks_.next(input.view());
    if (!step) throw Error(Errc::invalid_argument, fmt::format("the body of the request: {}", step.error().why));
    input.consume(step->skip);
    if (step->end) {
      body_ended_ = true;
      co_return 0;
    }
    if (step->data > 0) {
      auto most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), step->data));
      auto got = co_await connection_.read_body(into.first(most));
      chunks_.took(got);
      if (got > 0) co_return got;
    } else if (co_await connection_.fill_body()) {
      continue;
    }
    throw Error(Errc::unavailable, "the client left before the end of its request");
  }
}

Task<bool> Http1Exchange::skip_body() {
  if (body_ended_) co_return true;
  bool hopeless = owes_continue_ || !keep_ || (framing_ == Framing::length && left_ > kMostSkipped);
  if (hopeless) co_return false;
  std::array<std::uint8_t, 2048> dropped;
  std::uint64_t skipped = 0;
  try {
    while (skipped <= kMostSkipped) {
      auto got = co_await read(dropped);
      if (got == 0) co_return true;
      skipped += got;
    }
  } catch (const Error&) {
    // then the connection cannot be kept
  }
  co_return false;
}

void Http1Exchange::put_head(unsigned status, const Headers& headers, std::optional<std::uint64_t> length) {
  if (started()) throw misuse("a second answer to one request");
  if (status < 200 || status > 599) throw misuse("an answer with a status that cannot be sent");
  auto& core = *connection_.core_;
  std::string& out = connection_.out_;
  auto before = out.size();
  try {
    if (core.draining || owes_continue_) keep_ = false;
    std::array<char, 4> digits;
    fmt::format_to(digits.data(), "{}", status);
    out.append("HTTP/1.1 ").append(digits.data(), 3).append(" ").append(reason(status)).append("\r\n");
    append_field(out, "Date", core.date());
    append_field(out, "X-Request-Id", request_.id);
    for (const auto& [name, value] : headers) {
      if (!is_framing(name)) {
        append_field(out, name, value);
      } else if (equal_without_case(name, "Connection") && equal_without_case(value, "close")) {
        keep_ = false;
      }
    }
    for (const auto& [name, value] : standing_) {
      if (!headers.has(name)) append_field(out, name, value);
    }
    bool empty = status == 204 || status == 304;
    if (length && !empty) {
      out.append("Content-Length: ");
      fmt::format_to(std::back_inserter(out), "{}\r\n", *length);
    } else if (!empty) {
      chunked_answer_ = request_.version >= 11;
      if (chunked_answer_) {
        out.append("Transfer-Encoding: chunked\r\n");
      } else {
        keep_ = false;  // the end of the connection is the end of the body
      }
    }
    if (!keep_) {
      out.append("Connection: close\r\n");
    } else if (request_.version < 11) {
      out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
  } catch (...) {
    out.resize(before);
    throw;
  }
  status_ = status;
  promised_ = length;
}

Task<void> Http1Exchange::send(Response response) {
  put_head(response.status, response.headers, response.body.size());
  if (!has_body()) response.body.clear();
  if (response.body.size() <= kJoined) {
    connection_.out_ += response.body;
    co_await connection_.flush();
  } else {
    std::array parts{base::as_bytes(connection_.out_), base::as_bytes(response.body)};
    co_await connection_.write(parts);
    connection_.out_.clear();
  }
  sent_ += response.body.size();
  finished_ = true;
}

Task<void> Http1Exchange::start(ResponseHead head) {
  put_head(head.status, head.headers, head.length);
  // A body of known length follows at once: its first bytes go out together with the head.
  if (!head.length) co_await connection_.flush();
}

Task<void> Http1Exchange::write(base::SharedBytes bytes) {
  if (!started() || finished_) throw misuse("a part of an answer outside of it");
  if (bytes.empty()) co_return;
  if (promised_ && bytes.size() > *promised_ - written_) throw misuse("an answer that is longer than it said");
  written_ += bytes.size();
  if (!has_body()) co_return;
  auto& out = connection_.out_;
  constexpr std::string_view kLineEnd = "\r\n";
  if (chunked_answer_) fmt::format_to(std::back_inserter(out), "{:x}\r\n", bytes.size());
  std::array parts{base::as_bytes(out), bytes.view(), base::as_bytes(kLineEnd)};
  co_await connection_.write(std::span<const base::BytesView>(parts).first(chunked_answer_ ? 3 : 2));
  out.clear();
  sent_ += bytes.size();
}

Task<void> Http1Exchange::finish() {
  if (!started() || finished_) throw misuse("the end of an answer outside of it");
  if (has_body() && promised_ && written_ != *promised_) throw misuse("an answer that is shorter than it said");
  if (has_body() && chunked_answer_) connection_.out_ += "0\r\n\r\n";
  co_await connection_.flush();
  finished_ = true;
}

}  // namespace openmcp::http
