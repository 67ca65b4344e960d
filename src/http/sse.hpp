// Server-sent events (WHATWG HTML, section 9.2) as an answer.
#pragma once

#include <string>
#include <string_view>

#include "base/env.hpp"
#include "http/exchange.hpp"

namespace openmcp::http {

class EventStream {
public:
  /// `exchange` outlives it.
  explicit EventStream(Exchange& exchange) : exchange_(exchange) {}
  /// Sends the head: text/event-stream, no-store, X-Accel-Buffering: no, and `extra`.
  base::Task<void> start(Headers extra = {});
  /// One event; line breaks in `data` become several data lines. Empty `event` and `id` are left out.
  base::Task<void> send(std::string data, std::string event = {}, std::string id = {});
  /// ": text", which clients ignore: keeps proxies from closing.
  base::Task<void> comment(std::string text);
  base::Task<void> retry(base::Duration after);
  base::Task<void> finish();

private:
  Exchange& exchange_;
};

}  // namespace openmcp::http
