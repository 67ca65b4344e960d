#include <algorithm>
#include <charconv>
#include <vector>

#include "ipld/dag_json.hpp"
#include "ipld/multibase.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;

/// Bytes at the deepest level are two maps more in the text than in the data model.
constexpr unsigned kMaxTextDepth = kMaxDepth + 2;

/// Reads JSON (RFC 8259) as people write it; whether it is the canonical form is decided by writing it again.
class Reader {
public:
  explicit Reader(std::string_view text) : text_(text), rest_(text) {}

  std::size_t offset() const { return text_.size() - rest_.size(); }
  bool wrong(std::string what) {
    what_ = std::move(what);
    return false;
  }
  base::Error error() const { return {Errc::corrupt, "dag-json, byte " + std::to_string(offset()) + ": " + what_}; }

  bool document(Node& out) {
    space();
    if (!value(out, 0)) return false;
    space();
    if (!rest_.empty()) return wrong("text after the value");
    return depth_of(out) <= kMaxDepth || wrong("lists and maps nest too deep");
  }

private:
  void space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r"), rest_.size())); }
  bool next(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool next(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool value(Node& out, unsigned depth) {
    if (rest_.empty()) return wrong("a value is missing");
    switch (rest_[0]) {
      case '{':
        return depth == kMaxTextDepth ? wrong("lists and maps nest too deep") : object(out, depth);
      case '[':
        return depth == kMaxTextDepth ? wrong("lists and maps nest too deep") : array(out, depth);
      case '"': {
        std::string text;
        if (!string(text)) return false;
        out = std::move(text);
        return true;
      }
      case 'n':
        return next("null") || wrong("not a JSON value");
      case 't':
        out = true;
        return next("true") || wrong("not a JSON value");
      case 'f':
        out = false;
        return next("false") || wrong("not a JSON value");
      default:
        return number(out);
    }
  }

  bool array(Node& out, unsigned depth) {
    List items;
    next('[');
    space();
    if (!next(']')) {
      do {
        space();
        if (!value(items.emplace_back(), depth + 1)) return false;
        space();
      } while (next(','));
      if (!next(']')) return wrong("expected , or ] in a list");
    }
    out = std::move(items);
    return true;
  }

  bool object(Node& out, unsigned depth) {
    std::vector<MapEntry> entries;
    bool slash_like_bytes = false;
    next('{');
    space();
    if (!next('}')) {
      do {
        space();
        MapEntry& entry = entries.emplace_back();
        if (!rest_.starts_with('"')) return wrong("expected a key in double quotes");
        if (!string(entry.key)) return false;
        space();
        if (!next(':')) return wrong("expected : after a key");
        space();
        like_bytes_ = false;
        if (!value(entry.value, depth + 1)) return false;
        if (entry.key == "/") slash_like_bytes = like_bytes_;
        space();
      } while (next(','));
      if (!next('}')) return wrong("expected , or } in a map");
    }
    const std::string first = entries.empty() ? std::string() : entries.front().key;
    auto map = Map::from_entries(std::move(entries));
    if (!map) return wrong(map.error().message());
    const Node* bytes = map->find("bytes");
    like_bytes_ = bytes && bytes->if_string() && leads("bytes", first, *map);
    if (map->contains("/") && leads("/", first, *map)) {
      const Node& slash = *map->find("/");
      if (slash.if_string()) return link(*map, slash, out);
      if (slash_like_bytes) return bytes_of(*map, slash, out);
    }
    out = *std::move(map);
    return true;
  }

  // The reserved namespace (specification, "The Reserved Namespace"): maps that begin with "/" are links or bytes when
  // what follows looks like it, and errors when it does so but has more. A map begins with the key that is first in the
  // text, where readers of tokens look, or first in order, where the canonical text has it.
  static bool leads(std::string_view key, std::string_view first, const Map& map) {
    return first == key || std::ranges::min_element(map, {}, &MapEntry::key)->key == key;
  }

  bool link(const Map& map, const Node& slash, Node& out) {
    if (map.size() > 1) return wrong("a link has other keys beside \"/\"");
    auto cid = Cid::parse(*slash.if_string());
    if (!cid) return wrong(cid.error().message());
    out = *cid;
    return true;
  }

  bool bytes_of(const Map& map, const Node& slash, Node& out) {
    if (map.size() > 1 || slash.if_map()->size() > 1) return wrong("bytes have other keys beside \"/\" and \"bytes\"");
    const std::string& text = *slash.find("bytes")->if_string();
    auto bytes = base_decode(text.ends_with('=') ? Base::base64pad : Base::base64, text);
    if (!bytes) return wrong(bytes.error().message());
    out = *std::move(bytes);
    return true;
  }

  bool string(std::string& out) {
    next('"');
    for (;;) {
      const std::size_t plain = static_cast<std::size_t>(
          std::ranges::find_if(rest_,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }) -
          rest_.begin());
      if (!valid_utf8(rest_.substr(0, plain))) return wrong("a string is not UTF-8");
      out.append(rest_, 0, plain);
      rest_.remove_prefix(plain);
      if (next('"')) return true;
      if (!next('\\')) return wrong(rest_.empty() ? "a string has no end" : "a control character in a string");
      if (!escape(out)) return false;
    }
  }

  bool escape(std::string& out) {
    constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
    if (next('u')) return unicode(out);
    const auto at = rest_.empty() ? std::string_view::npos : kFrom.find(rest_[0]);
    if (at == std::string_view::npos) return wrong("an escape that JSON does not know");
    out += kTo[at];
    rest_.remove_prefix(1);
    return true;
  }

  bool unicode(std::string& out) {
    char32_t point = 0, low = 0;
    if (!hex4(point)) return false;
    if (point >= 0xd800 && point < 0xdc00) {
      if (!next("\\u")) return wrong("half of a surrogate pair");
      if (!hex4(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return wrong("half of a surrogate pair");
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point <= 0xdfff) {
      return wrong("half of a surrogate pair");
    }
    append_utf8(out, point);
    return true;
  }

  bool hex4(char32_t& out) {
    std::uint16_t unit = 0;
    const auto digits = rest_.substr(0, 4);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (digits.size() < 4 || error != std::errc() || end != digits.data() + 4)
      return wrong("\\u without four hex digits");
    out = unit;
    rest_.remove_prefix(4);
    return true;
  }

  bool number(Node& out) {
    std::size_t at = 0;
    auto digits = [&] {
      const std::size_t start = at;
      while (at < rest_.size() && rest_[at] >= '0' && rest_[at] <= '9') ++at;
      return at - start;
    };
    auto one_of = [&](std::string_view set) {
      const bool found = at < rest_.size() && set.contains(rest_[at]);
      if (found) ++at;
      return found;
    };
    one_of("-");
    const std::size_t start = at, whole = digits();
    if (whole == 0 || (whole > 1 && rest_[start] == '0')) return wrong("not a JSON value");
    bool floating = false;
    if (one_of(".")) {
      floating = true;
      if (digits() == 0) return wrong("a number ends in a point");
    }
    if (one_of("eE")) {
      floating = true;
      one_of("+-");
      if (digits() == 0) return wrong("a number ends in its exponent's sign");
    }
    const std::string_view text = rest_.substr(0, at);
    if (floating) {
      double value = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
        return wrong("a number out of range");
      out = value + 0.0;  // -0.0 becomes 0.0, whose canonical text is another one
    } else {
      auto value = text == "-0" ? base::Result<Integer>(0) : Integer::parse(text);
      if (!value) return wrong(value.error().message());
      out = *value;
    }
    rest_.remove_prefix(at);
    return true;
  }

  std::string_view text_, rest_;
  std::string what_;
  bool like_bytes_ = false;  ///< the value read last is a map that begins with "bytes" and a string
};

}  // namespace

base::Result<Node> decode_dag_json(std::string_view text, JsonForm form) {
  Reader reader(text);
  Node node;
  if (!reader.document(node)) return std::unexpected(reader.error());
  if (form == JsonForm::relaxed) return node;
  auto canonical = encode_dag_json(node);
  if (!canonical) return std::unexpected(std::move(canonical).error());
  if (*canonical == text) return node;
  const auto at = std::ranges::mismatch(*canonical, text).in2 - text.begin();
  return base::fail(Errc::corrupt, "dag-json, byte " + std::to_string(at) + ": not in canonical form",
                    "keys sorted bytewise, no white space, shortest numbers and escapes");
}

}  // namespace openmcp::ipld
