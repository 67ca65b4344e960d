// The few pages that the gateway makes itself: one look, no script, nothing loaded from elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace openmcp::api::gateway {

/// In the ETag of made pages: raise it when what they look like changes.
inline constexpr std::string_view kPagesVersion = "openmcp1";
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string html_escape(std::string_view text);
std::string page_begin(std::string_view title);
std::string page_end();
/// "1.5 MiB".
std::string readable_size(std::uint64_t bytes);

}  // namespace openmcp::api::gateway
