// The words of the pinning service API (v1.0.0): a pin that somebody asked for, and what lists are filtered by. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.hpp"
#include "base/result.hpp"
#include "http/url.hpp"
#include "ipld/cid.hpp"

namespace openmcp::api::pinning {

inline constexpr std::size_t kMaxPinBody = 64u << 10;  ///< bytes of a request

using Meta = std::vector<std::pair<std::string, std::string>>;

/// What a client sends.
struct Pin {
  std::string cid_text;  ///< as it was sent, and is given back
  ipld::Cid cid;
  std::optional<std::string> name;
  std::vector<std::string> origins;
  Meta meta;
};
/// Unknown fields are passed over. Errors: invalid_argument naming the field.
base::Result<Pin> parse_pin(std::string_view json);

enum class Status : unsigned char { queued, pinning, pinned, failed };
std::string_view to_string(Status status) noexcept;

/// A request as it is kept: one file of JSON.
struct PinRequest {
  std::string id;
  std::int64_t created = 0;  ///< microseconds; whole milliseconds, no two alike
  Pin pin;
};
std::string encode(const PinRequest& request);
base::Result<PinRequest> decode_request(std::string_view json);

struct Filter {
  std::vector<ipld::Cid> cids;  ///< empty: any
  std::optional<std::string> name;
  bool partial = false, without_case = false;
  std::vector<Status> statuses = {Status::pinned};  ///< empty: any
  std::optional<std::int64_t> before, after;        ///< microseconds
  std::size_t limit = 10;
  Meta meta;
};
/// Without ?status= only pinned ones, unless something else is filtered by: who asks for a name or a CID wants to know
/// what became of it (so the operation's text and the compliance suite; the parameter's text differs). Errors:
/// invalid_argument.
base::Result<Filter> parse_filter(const http::Parameters& query, base::WallTime now);
/// Everything but before, after and limit, too.
bool matches(const Filter& filter, const PinRequest& request, Status status);

}  // namespace openmcp::api::pinning
