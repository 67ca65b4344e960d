// The media type of a file: by its name, else by its first bytes. Clients are told not to guess themselves (nosniff),
// so what nothing is known of is application/octet-stream.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace openmcp::api::gateway {

inline constexpr std::size_t kSniffBytes = 3072;

/// By the extension, without case; "" when it says nothing.
std::string_view type_by_name(std::string_view name) noexcept;
/// `start`: the first kSniffBytes bytes of the file, or all of it (`whole`).
std::string_view sniff_type(base::BytesView start, bool whole);
/// A type whose content can run scripts in a browser.
bool is_active(std::string_view type) noexcept;

}  // namespace openmcp::api::gateway
