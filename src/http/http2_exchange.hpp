// Inside of http: one stream of an HTTP/2 connection as an exchange.
#pragma once

#include "http/http2_connection.hpp"

namespace openmcp::http {

class Http2Exchange final : public ServerExchange {
public:
  Http2Exchange(Http2Connection& connection, std::shared_ptr<Http2Stream> stream);

  std::optional<std::uint64_t> body_length() const noexcept override;
  base::Task<std::size_t> read(base::MutableBytes into) override;
  base::Task<void> send(Response response) override;
  base::Task<void> start(ResponseHead head) override;
  base::Task<void> write(base::SharedBytes bytes) override;
  base::Task<void> finish() override;
  base::Task<void> until_gone() override;
  bool finished() const noexcept override { return finished_; }

private:
  void submit(unsigned status, const Headers& headers, std::optional<std::uint64_t> length, bool with_body);
  base::Task<void> until_taken();
  bool has_body(unsigned status) const noexcept { return !head_only_ && status != 204 && status != 304; }

  Http2Connection& connection_;
  std::shared_ptr<Http2Stream> stream_;
  bool head_only_;
  bool owes_continue_;
  bool finished_ = false;
  std::optional<std::uint64_t> promised_;
  std::uint64_t written_ = 0;
};

}  // namespace openmcp::http
