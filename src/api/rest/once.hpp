// A change that is done once however often it is sent with one Idempotency-Key. Used the same way by every JSON route
// that changes something:
//
//   Once once(call, body);                  // before the body is parsed: its text is what is compared
//   ... parse and check ...
//   if (co_await once.answered(surface, call)) co_return;
//   ... look at If-Match, change, write the answer ...
//   co_await once.answer(call, std::move(answer));
//
// If-Match is looked at behind answered(): a client that sends a change again does so because it does not know that the
// version it names is no longer the newest.
#pragma once

#include <optional>
#include <string_view>

#include "api/rest/surface.hpp"
#include "base/bytes.hpp"

namespace openmcp::api::rest {

class Once {
public:
  /// A request is its body, its query and its If-Match; method, path and caller are the key's scope. Without an
  /// Idempotency-Key nothing is looked at and every request is new.
  Once(const Call& call, std::string_view body);

  /// Gives the first answer again when there is one. Otherwise the key is this request's: free again when this object
  /// goes and nothing was kept. `content`: of the request, for answers that show it. Throws as Idempotency::claim.
  base::Task<bool> answered(SurfacePtr surface, Call& call, base::SharedBytes content = {});
  /// `content`: where the request's own content stands in the JSON; it is not kept.
  struct Answer {
    std::string json;
    std::string etag = {};
    std::size_t content_begin = 0, content_end = 0;
  };
  /// Keeps the answer for the next time, and sends it.
  base::Task<void> answer(Call& call, Answer answer);

private:
  std::optional<crypto::Digest32> request_;
  Idempotency::Claim claim_;
};

}  // namespace openmcp::api::rest
