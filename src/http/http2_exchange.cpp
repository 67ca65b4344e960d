#include "http/http2_exchange.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "http/syntax.hpp"

namespace openmcp::http {

using base::Errc;
using base::Error;
using base::Task;

namespace {

Error misuse(std::string_view what) { return {Errc::internal, std::string(what)}; }
Error gone() { return {Errc::unavailable, "the client left or reset the stream"}; }

/// Fields that belong to a connection (RFC 9113 section 8.2.2) and the length, which is added here.
bool is_dropped(std::string_view name) noexcept {
  static constexpr std::string_view kNames[] = {"Connection",        "Keep-Alive", "Proxy-Connection",
                                                "Transfer-Encoding", "Upgrade",    "Content-Length"};
  return std::ranges::any_of(kNames, [name](auto dropped) { return equal_without_case(name, dropped); });
}

ssize_t give_data(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size, std::uint32_t* flags,
                  nghttp2_data_source* source, void*) {
  auto& stream = *static_cast<Http2Stream*>(source->ptr);
  auto rest = stream.piece.view().subspan(stream.piece_sent);
  auto take = std::min(rest.size(), size);
  if (take > 0) std::memcpy(into, rest.data(), take);
  stream.piece_sent += take;
  bool taken = stream.piece_sent == stream.piece.size();
  if (taken && stream.last) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    stream.answered = true;
  }
  if (take == 0 && !stream.last) {
    stream.waits = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (taken) stream.changed.wake_all();
  stream.write_deadline = stream.write_deadline == kNever ? kNever : base::Instant{};  // moved: see check()
  return static_cast<ssize_t>(take);
}

}  // namespace

Http2Exchange::Http2Exchange(Http2Connection& connection, std::shared_ptr<Http2Stream> stream)
    : connection_(connection), stream_(std::move(stream)) {
  auto& head = stream_->head;
  head_only_ = head.method == "HEAD";
  owes_continue_ = equal_without_case(head.headers.get("expect"), "100-continue");
  request_.method = std::move(head.method);
  request_.path = std::move(head.path);
  request_.query = std::move(head.query);
  request_.authority = std::move(head.authority);
  request_.scheme = std::move(stream_->scheme);
  request_.headers = std::move(head.headers);
  request_.version = 20;
  request_.peer = connection_.peer_;
  connection_.core_->identify(request_);
}

std::optional<std::uint64_t> Http2Exchange::body_length() const noexcept {
  if (stream_->has_length) return stream_->head.length;
  if (stream_->body_ended && stream_->body.empty() && received_ == 0) return 0;
  return std::nullopt;
}

Task<std::size_t> Http2Exchange::read(base::MutableBytes into) {
  auto stream = stream_;
  auto& connection = connection_;
  if (into.empty()) co_return 0;
  if (std::exchange(owes_continue_, false) && !stream->body_ended && stream->body.empty() && !started() &&
      !stream->closed) {
    constexpr std::string_view kName = ":status", kValue = "100";
    auto bytes = [](std::string_view text) {
      return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
    };
    nghttp2_nv status{bytes(kName), bytes(kValue), kName.size(), kValue.size(), NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_headers(connection.session_, NGHTTP2_FLAG_NONE, stream->id, nullptr, &status, 1, nullptr);
    connection.wake_writer();
  }
  stream->read_deadline = connection.in(connection.core_->options.stall_time);
  while (stream->body_read == stream->body.size() && !stream->body_ended) {
    if (stream->read_late) throw Error(Errc::timeout, "the body of the request stopped to arrive");
    if (stream->closed || connection.over_) throw gone();
    co_await stream->changed.wait();
  }
  stream->read_deadline = kNever;
  auto rest = base::BytesView(stream->body).subspan(stream->body_read);
  auto take = std::min(rest.size(), into.size());
  if (take == 0) co_return 0;
  std::copy_n(rest.begin(), take, into.begin());
  stream->body_read += take;
  if (stream->body_read == stream->body.size()) {
    stream->body.clear();
    stream->body_read = 0;
  }
  // Only now may the client send more: what is unread is bounded by the windows.
  if (!stream->closed) {
    nghttp2_session_consume(connection.session_, stream->id, take);
    connection.wake_writer();
  }
  received_ += take;
  if (received_ > connection.core_->options.max_body) {
    throw Error(Errc::too_large,
                fmt::format("the body of the request is larger than {} bytes", connection.core_->options.max_body));
  }
  co_return take;
}

void Http2Exchange::submit(unsigned status, const Headers& headers, std::optional<std::uint64_t> length,
                           bool with_body) {
  if (started()) throw misuse("a second answer to one request");
  if (status < 200 || status > 599) throw misuse("an answer with a status that cannot be sent");
  if (stream_->closed || connection_.over_) throw gone();
  std::vector<std::pair<std::string, std::string>> fields;
  fields.emplace_back(":status", fmt::format("{}", status));
  fields.emplace_back("date", connection_.core_->date());
  fields.emplace_back("x-request-id", request_.id);
  auto add = [&fields](const std::string& name, const std::string& value) {
    if (is_dropped(name)) return;
    if (!is_token(name) || !is_value(value)) throw misuse(fmt::format("the header field '{}' cannot be sent", name));
    auto& field = fields.emplace_back(name, value);
    std::ranges::transform(field.first, field.first.begin(), to_lower);
  };
  for (const auto& [name, value] : headers) add(name, value);
  for (const auto& [name, value] : standing_) {
    if (!headers.has(name)) add(name, value);
  }
  if (length && status != 204 && status != 304) fields.emplace_back("content-length", fmt::format("{}", *length));
  std::vector<nghttp2_nv> list;
  list.reserve(fields.size());
  for (auto& [name, value] : fields) {
    list.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
                    name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{};
  provider.source.ptr = stream_.get();
  provider.read_callback = give_data;
  int done = nghttp2_submit_response(connection_.session_, stream_->id, list.data(), list.size(),
                                     with_body ? &provider : nullptr);
  if (done != 0) throw gone();
  status_ = status;
  promised_ = length;
  if (!with_body) stream_->answered = true;
  connection_.wake_writer();
}

/// Until the bytes given to the stream are on their way.
Task<void> Http2Exchange::until_taken() {
  auto stream = stream_;
  auto& connection = connection_;
  if (std::exchange(stream->waits, false)) nghttp2_session_resume_data(connection.session_, stream->id);
  connection.wake_writer();
  stream->write_deadline = connection.in(connection.core_->options.stall_time);
  while (stream->piece_sent < stream->piece.size() || (stream->last && !stream->answered)) {
    if (stream->write_late) throw Error(Errc::timeout, "the client stopped to read its answer");
    if (stream->closed || connection.over_) throw gone();
    co_await stream->changed.wait();
  }
  stream->write_deadline = kNever;
  stream->piece = {};
  stream->piece_sent = 0;
}

Task<void> Http2Exchange::send(Response response) {
  auto size = response.body.size();
  bool with_body = has_body(response.status) && size > 0;
  if (with_body) {
    auto owned = std::make_shared<const std::string>(std::move(response.body));
    auto view = base::as_bytes(*owned);
    stream_->piece = base::SharedBytes(std::move(owned), view);
    stream_->last = true;
  }
  try {
    submit(response.status, response.headers, size, with_body);
  } catch (const Error&) {
    stream_->piece = {};
    stream_->last = false;
    throw;
  }
  if (with_body) {
    co_await until_taken();
    sent_ += size;
  }
  finished_ = true;
}

Task<void> Http2Exchange::start(ResponseHead head) {
  bool with_body = has_body(head.status);
  submit(head.status, head.headers, head.length, with_body);
  co_return;
}

Task<void> Http2Exchange::write(base::SharedBytes bytes) {
  if (!started() || finished_) throw misuse("a part of an answer outside of it");
  if (bytes.empty()) co_return;
  if (promised_ && bytes.size() > *promised_ - written_) throw misuse("an answer that is longer than it said");
  written_ += bytes.size();
  if (!has_body(status_)) co_return;
  auto size = bytes.size();
  stream_->piece = std::move(bytes);
  stream_->piece_sent = 0;
  co_await until_taken();
  sent_ += size;
}

Task<void> Http2Exchange::finish() {
  if (!started() || finished_) throw misuse("the end of an answer outside of it");
  if (has_body(status_)) {
    if (promised_ && written_ != *promised_) throw misuse("an answer that is shorter than it said");
    stream_->last = true;
    co_await until_taken();
  }
  finished_ = true;
}

Task<void> Http2Exchange::until_gone() {
  auto stream = stream_;
  auto& connection = connection_;
  auto& core = *connection.core_;
  while (!stream->closed && !connection.over_ && !core.draining && !core.closed) co_await stream->changed.wait();
}

}  // namespace openmcp::http
