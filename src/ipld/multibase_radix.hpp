// The multibase encodings that write the bytes as one large number: 10, 36, 58. Leading zero bytes are leading zero
// digits, one for one. Cost grows with the square of the length, so both sides are bounded (kMaxRadixBytes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::ipld {

/// `digits` are the base's 10, 36 or 58 symbols; with `any_case`, letters of the other case are read too.
base::Result<std::string> encode_radix(std::string_view digits, base::BytesView bytes);
base::Result<base::Bytes> decode_radix(std::string_view digits, bool any_case, std::string_view text);

}  // namespace openmcp::ipld
