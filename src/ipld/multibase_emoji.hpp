// base256emoji: each byte is one emoji (multiformats/multibase, rfcs/Base256Emoji.md).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace openmcp::ipld {

std::string encode_emoji(base::BytesView bytes);
base::Result<base::Bytes> decode_emoji(std::string_view text);

}  // namespace openmcp::ipld
