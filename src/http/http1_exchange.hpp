// Inside of http: one request of an HTTP/1.1 connection and its answer.
#pragma once

#include "http/chunked.hpp"
#include "http/http1_connection.hpp"

namespace openmcp::http {

class Http1Exchange final : public ServerExchange {
public:
  Http1Exchange(Http1Connection& connection, RequestHead head);

  std::optional<std::uint64_t> body_length() const noexcept override;
  base::Task<std::size_t> read(base::MutableBytes into) override;
  base::Task<void> send(Response response) override;
  base::Task<void> start(ResponseHead head) override;
  base::Task<void> write(base::SharedBytes bytes) override;
  base::Task<void> finish() override;
  base::Task<void> until_gone() override { return connection_.until_gone(); }
  bool finished() const noexcept override { return finished_; }

  /// Reads and drops what the handler left of the body, when that is little; false: it is not at its end.
  base::Task<bool> skip_body();
  /// Whether another request may follow this one.
  bool keeps_open() const noexcept { return keep_; }

private:
  void put_head(unsigned status, const Headers& headers, std::optional<std::uint64_t> length);
  base::Task<std::size_t> read_chunked(base::MutableBytes into);
  bool has_body() const noexcept { return !head_only_ && status_ != 204 && status_ != 304; }

  Http1Connection& connection_;
  Framing framing_;
  std::uint64_t length_ = 0;  ///< of the request's body
  std::uint64_t left_ = 0;    ///< of it
  ChunkedDecoder chunks_;
  bool body_ended_;
  bool owes_continue_;  ///< the client waits for "100 Continue" before it sends the body
  bool keep_;
  bool head_only_;
  bool chunked_answer_ = false;
  bool finished_ = false;
  std::optional<std::uint64_t> promised_;  ///< length of the answer's body
  std::uint64_t written_ = 0;              ///< of it by the handler, also where it is not sent
};

}  // namespace openmcp::http
