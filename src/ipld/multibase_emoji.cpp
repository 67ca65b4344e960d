#include "ipld/multibase_emoji.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "ipld/utf8.hpp"

namespace openmcp::ipld {
namespace {

/// The specification's table, byte 0 first.
constexpr std::u32string_view kEmoji =
    U"🚀🪐☄🛰🌌🌑🌒🌓🌔🌕🌖🌗🌘🌍🌏🌎🐉☀💻🖥💾💿😂❤😍🤣😊🙏💕😭😘👍"
    U"😅👏😁🔥🥰💔💖💙😢🤔😆🙄💪😉☺👌🤗💜😔😎😇🌹🤦🎉💞✌✨🤷😱😌🌸🙌"
    U"😋💗💚😏💛🙂💓🤩😄😀🖤😃💯🙈👇🎶😒🤭❣😜💋👀😪😑💥🙋😞😩😡🤪👊🥳"
    U"😥🤤👉💃😳✋😚😝😴🌟😬🙃🍀🌷😻😓⭐✅🥺🌈😈🤘💦✔😣🏃💐☹🎊💘😠☝"
    U"😕🌺🎂🌻😐🖕💝🙊😹🗣💫💀👑🎵🤞😛🔴😤🌼😫⚽🤙☕🏆🤫👈😮🙆🍻🍃🐶💁"
    U"😲🌿🧡🎁⚡🌞🎈❌✊👋😰🤨😶🤝🚶💰🍓💢🤟🙁🚨💨🤬✈🎀🍺🤓😙💟🌱😖👶"
    U"🥴▶➡❓💎💸⬇😨🌚🦋😷🕺⚠🙅😟😵👎🤲🤠🤧📌🔵💅🧐🐾🍒😗🤑🌊🤯🐷☎"
    U"💧😯💆👆🎤🙇🍑❄🌴💣🐸💌📍🥀🤢👅💡💩👐📸👻🤐🤮🎼🥵🚩🍎🍊👼💍📣🥂";
static_assert(kEmoji.size() == 256);

struct Entry {
  char32_t point;
  std::uint8_t byte;
};
constexpr std::array<Entry, 256> kByPoint = [] {
  std::array<Entry, 256> entries{};
  for (std::size_t i = 0; i < 256; ++i) entries[i] = {kEmoji[i], static_cast<std::uint8_t>(i)};
  std::ranges::sort(entries, {}, &Entry::point);
  return entries;
}();

}  // namespace

std::string encode_emoji(base::BytesView bytes) {
  std::string text;
  text.reserve(bytes.size() * 4);
  for (std::uint8_t byte : bytes) append_utf8(text, kEmoji[byte]);
  return text;
}

base::Result<base::Bytes> decode_emoji(std::string_view text) {
  base::Bytes bytes;
  while (!text.empty()) {
    auto point = take_utf8(text);
    auto entry = point ? std::ranges::lower_bound(kByPoint, *point, {}, &Entry::point) : kByPoint.end();
    if (entry == kByPoint.end() || entry->point != *point)
      return base::fail(base::Errc::corrupt, "base text has a character that is not of its base");
    bytes.push_back(entry->byte);
  }
  return bytes;
}

}  // namespace openmcp::ipld
