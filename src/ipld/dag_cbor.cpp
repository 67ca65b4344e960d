#include "ipld/dag_cbor.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "ipld/utf8.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;

/// RFC 8949, section 3.1.
enum Major : std::uint8_t { kUnsigned, kNegative, kByteString, kTextString, kArray, kMapping, kTag, kSimple };
constexpr std::uint8_t kFalse = 0xf4, kTrue = 0xf5, kNull = 0xf6, kFloat64 = 0xfb;
constexpr std::uint8_t kLinkTag[] = {0xd8, 0x2a};  // tag 42 in its shortest form

/// Room made at once for a list or map: its announced size is a stranger's, and lists nest.
constexpr std::size_t kMaxReserve = 256;

class Reader {
public:
  explicit Reader(base::BytesView in) : begin_(in.data()), at_(in.data()), end_(in.data() + in.size()) {}

  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  bool at_end() const { return at_ == end_; }
  bool wrong(const char* what) {
    what_ = what;
    return false;
  }
  base::Error error() const {
    return {Errc::corrupt, "dag-cbor block, byte " + std::to_string(offset()) + ": " + what_};
  }

  /// Reads one value; into `out`, or only its links into `links`.
  bool value(Node* out, std::vector<Cid>* links, unsigned depth) {
    if (at_ == end_) return wrong("a value is missing");
    switch (*at_ >> 5) {
      case kUnsigned:
      case kNegative: {
        const bool negative = *at_ >> 5 == kNegative;
        std::uint64_t argument = 0;
        if (!head(argument)) return false;
        if (out) *out = Integer::from_cbor(negative, argument);
        return true;
      }
      case kByteString: {
        base::BytesView bytes;
        if (!string(bytes)) return false;
        if (out) *out = Node::bytes(bytes);
        return true;
      }
      case kTextString: {
        std::string_view text;
        if (!utf8(text)) return false;
        if (out) *out = text;
        return true;
      }
      case kArray:
        return list(out, links, depth);
      case kMapping:
        return map(out, links, depth);
      case kTag:
        return link(out, links);
      default:
        return simple(out);
    }
  }

private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  /// A head's argument in its shortest form. Precondition: a byte is left.
  bool head(std::uint64_t& argument) {
    const unsigned info = *at_ & 0x1f;
    if (info < 24) {
      argument = info;
      ++at_;
      return true;
    }
    if (info > 27) return wrong(info == 31 ? "an indefinite length" : "a reserved head");
    const unsigned size = 1u << (info - 24);
    if (left() <= size) return wrong("a head is cut off");
    argument = 0;
    for (unsigned i = 1; i <= size; ++i) argument = argument << 8 | at_[i];
    const std::uint64_t least = size == 1 ? 24 : std::uint64_t{1} << (size * 4);
    if (argument < least) return wrong("a number or length that is not in its shortest form");
    at_ += 1 + size;
    return true;
  }

  bool string(base::BytesView& bytes) {
    const std::uint8_t* start = at_;
    std::uint64_t size = 0;
    if (!head(size)) return false;
    if (size > left()) {
      at_ = start;
      return wrong("a string is longer than what is left");
    }
    bytes = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

  bool utf8(std::string_view& text) {
    const std::uint8_t* start = at_;
    base::BytesView bytes;
    if (!string(bytes)) return false;
    text = base::as_text(bytes);
    if (valid_utf8(text)) return true;
    at_ = start;
    return wrong("a string is not UTF-8");
  }

  bool list(Node* out, std::vector<Cid>* links, unsigned depth) {
    std::uint64_t count = 0;
    if (depth == kMaxDepth) return wrong("lists and maps nest too deep");
    if (!head(count)) return false;
    if (count > left()) return wrong("a list has more items than bytes are left");
    if (!out) {
      for (; count > 0; --count)
        if (!value(nullptr, links, depth + 1)) return false;
      return true;
    }
    List items;
    items.reserve(std::min<std::size_t>(count, kMaxReserve));
    for (; count > 0; --count)
      if (!value(&items.emplace_back(), links, depth + 1)) return false;
    *out = std::move(items);
    return true;
  }

  bool map(Node* out, std::vector<Cid>* links, unsigned depth) {
    std::uint64_t count = 0;
    if (depth == kMaxDepth) return wrong("lists and maps nest too deep");
    if (!head(count)) return false;
    if (count > left() / 2) return wrong("a map has more entries than bytes are left");
    Map entries;
    if (out) entries.reserve(std::min<std::size_t>(count, kMaxReserve));
    std::string_view last;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint8_t* start = at_;
      if (at_ == end_) return wrong("a map key is missing");
      if (*at_ >> 5 != kTextString) return wrong("a map key is not a string");
      std::string_view key;
      if (!utf8(key)) return false;
      if (i > 0 && !key_less(last, key)) {
        at_ = start;
        return wrong(key == last ? "a map key appears twice" : "map keys are out of order");
      }
      last = key;
      Node entry;
      if (!value(out ? &entry : nullptr, links, depth + 1)) return false;
      if (out) entries.append(std::string(key), std::move(entry));
    }
    if (out) *out = std::move(entries);
    return true;
  }

  bool link(Node* out, std::vector<Cid>* links) {
    if (left() < 3 || !std::equal(std::begin(kLinkTag), std::end(kLinkTag), at_)) return wrong("a tag that is not 42");
    if (at_[2] >> 5 != kByteString) return wrong("a link that is not a byte string");
    const std::uint8_t* start = at_;
    at_ += 2;
    base::BytesView bytes;
    if (!string(bytes)) return false;
    auto cid = bytes.empty() || bytes[0] != 0 ? base::fail(Errc::corrupt, {}) : Cid::from_bytes(bytes.subspan(1));
    if (!cid) {
      at_ = start;
      return wrong("a link is not a CID after one zero byte");
    }
    if (links) links->push_back(*cid);
    if (out) *out = *cid;
    return true;
  }

  bool simple(Node* out) {
    switch (*at_) {
      case kFalse:
      case kTrue:
        if (out) *out = *at_ == kTrue;
        break;
      case kNull:
        break;
      case kFloat64: {
        if (left() < 9) return wrong("a float is cut off");
        std::uint64_t bits = 0;
        for (int i = 1; i <= 8; ++i) bits = bits << 8 | at_[i];
        const auto number = std::bit_cast<double>(bits);
        if (!std::isfinite(number)) return wrong("a float that is not a number or not finite");
        if (number == 0 && std::signbit(number)) return wrong("a float that is -0.0");
        if (out) *out = number;
        at_ += 8;
        break;
      }
      case 0xf9:
      case 0xfa:
        return wrong("a float that has not 64 bits");
      default:
        return wrong("a simple value that is not false, true or null");
    }
    ++at_;
    return true;
  }

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const char* what_ = "";
};

std::size_t head_size(std::uint64_t argument) {
  return argument < 24 ? 1 : argument <= 0xff ? 2 : argument <= 0xffff ? 3 : argument <= 0xffffffff ? 5 : 9;
}

std::size_t string_size(std::size_t bytes) { return head_size(bytes) + bytes; }

/// First pass: the size of the encoding, and whether there is one.
class Measure {
public:
  const char* what() const { return what_; }

  std::size_t value(const Node& node, unsigned depth) {
    switch (node.kind()) {
      case Kind::null:
      case Kind::boolean:
        return 1;
      case Kind::integer:
        return head_size(node.if_integer()->cbor_argument());
      case Kind::floating:
        if (!std::isfinite(*node.if_float())) what_ = "a float that is not a number or not finite";
        if (*node.if_float() == 0 && std::signbit(*node.if_float())) what_ = "a float that is -0.0";
        return 9;
      case Kind::string:
        return text(*node.if_string());
      case Kind::bytes:
        return string_size(node.if_bytes()->size());
      case Kind::link:
        return std::size(kLinkTag) + string_size(1 + node.if_link()->wire_size());
      case Kind::list: {
        if (depth == kMaxDepth) break;
        std::size_t size = head_size(node.if_list()->size());
        for (const Node& item : *node.if_list()) size += value(item, depth + 1);
        return size;
      }
      case Kind::map: {
        if (depth == kMaxDepth) break;
        std::size_t size = head_size(node.if_map()->size());
        for (const auto& [key, entry] : *node.if_map()) size += text(key) + value(entry, depth + 1);
        return size;
      }
    }
    what_ = "lists and maps that nest too deep";
    return 0;
  }

private:
  std::size_t text(std::string_view text) {
    if (!valid_utf8(text)) what_ = "a string that is not UTF-8";
    return string_size(text.size());
  }
  const char* what_ = nullptr;
};

/// Second pass: writes into room that the first one measured.
class Writer {
public:
  explicit Writer(std::uint8_t* out) : out_(out) {}

  void value(const Node& node) {
    switch (node.kind()) {
      case Kind::null:
        *out_++ = kNull;
        return;
      case Kind::boolean:
        *out_++ = *node.if_bool() ? kTrue : kFalse;
        return;
      case Kind::integer: {
        const Integer& integer = *node.if_integer();
        head(integer.negative() ? kNegative : kUnsigned, integer.cbor_argument());
        return;
      }
      case Kind::floating:
        *out_++ = kFloat64;
        big_endian(std::bit_cast<std::uint64_t>(*node.if_float()), 8);
        return;
      case Kind::string:
        string(kTextString, base::as_bytes(*node.if_string()));
        return;
      case Kind::bytes:
        string(kByteString, *node.if_bytes());
        return;
      case Kind::link: {
        std::uint8_t cid[1 + kMaxCidBytes] = {0};  // the identity multibase prefix (specification, "Links")
        const std::size_t size = node.if_link()->write_to(cid + 1);
        out_ = std::ranges::copy(kLinkTag, out_).out;
        string(kByteString, {cid, 1 + size});
        return;
      }
      case Kind::list:
        head(kArray, node.if_list()->size());
        for (const Node& item : *node.if_list()) value(item);
        return;
      case Kind::map:
        head(kMapping, node.if_map()->size());
        for (const auto& [key, entry] : *node.if_map()) {
          string(kTextString, base::as_bytes(key));
          value(entry);
        }
        return;
    }
  }

private:
  void big_endian(std::uint64_t word, unsigned size) {
    for (unsigned i = 0; i < size; ++i) *out_++ = static_cast<std::uint8_t>(word >> (8 * (size - 1 - i)));
  }
  void head(Major major, std::uint64_t argument) {
    const std::size_t size = head_size(argument);
    const auto first = static_cast<std::uint8_t>(major << 5);
    if (size == 1) {
      *out_++ = static_cast<std::uint8_t>(first | argument);
    } else {
      *out_++ = static_cast<std::uint8_t>(first | (23 + std::bit_width(size - 1)));
      big_endian(argument, static_cast<unsigned>(size - 1));
    }
  }
  void string(Major major, base::BytesView bytes) {
    head(major, bytes.size());
    out_ = std::ranges::copy(bytes, out_).out;
  }

  std::uint8_t* out_;
};

}  // namespace

base::Result<Node> take_dag_cbor(base::BytesView& in) {
  Reader reader(in);
  Node node;
  if (!reader.value(&node, nullptr, 0)) return std::unexpected(reader.error());
  in = in.subspan(reader.offset());
  return node;
}

base::Result<Node> decode_dag_cbor(base::BytesView block) {
  Reader reader(block);
  Node node;
  if (!reader.value(&node, nullptr, 0) || !(reader.at_end() || reader.wrong("bytes after the value")))
    return std::unexpected(reader.error());
  return node;
}

base::Result<std::vector<Cid>> dag_cbor_links(base::BytesView block) {
  Reader reader(block);
  std::vector<Cid> links;
  if (!reader.value(nullptr, &links, 0) || !(reader.at_end() || reader.wrong("bytes after the value")))
    return std::unexpected(reader.error());
  return links;
}

base::Result<base::Bytes> encode_dag_cbor(const Node& node) {
  Measure measure;
  const std::size_t size = measure.value(node, 0);
  if (measure.what()) return base::fail(Errc::invalid_argument, std::string("dag-cbor cannot hold ") + measure.what());
  base::Bytes block(size);
  Writer(block.data()).value(node);
  return block;
}

}  // namespace openmcp::ipld
