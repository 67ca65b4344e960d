// Shared by the tests of the codecs: hex, files, random Nodes.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "ipld/multibase.hpp"
#include "ipld/node.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::test {

inline base::Bytes from_hex(std::string_view text) {
  auto bytes = ipld::base_decode(ipld::Base::base16, text);
  if (!bytes) throw std::invalid_argument("not hexadecimal: " + std::string(text));
  return *std::move(bytes);
}

/// The value, or a failure of the test that says why there is none.
template <class T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

inline rc::Gen<base::Bytes> random_bytes(std::size_t most) {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(0, most + 1), [](std::size_t size) {
    return rc::gen::container<base::Bytes>(size, rc::gen::arbitrary<std::uint8_t>());
  });
}

inline rc::Gen<std::string> random_text() {
  auto point = rc::gen::weightedOneOf<char32_t>({
      {8, rc::gen::inRange<char32_t>(0x20, 0x7f)},
      {1, rc::gen::inRange<char32_t>(0, 0x20)},
      {1,
       rc::gen::elementOf(std::u32string(U"\"\\/\x7f\u0080\u07ff\u0800\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff"))},
      {1, rc::gen::inRange<char32_t>(0xa0, 0xd800)},
      {1, rc::gen::inRange<char32_t>(0x10000, 0x110000)},
  });
  return rc::gen::map(rc::gen::container<std::u32string>(point), [](const std::u32string& points) {
    std::string text;
    for (char32_t point : points) ipld::append_utf8(text, point);
    return text;
  });
}

inline rc::Gen<ipld::Cid> random_cid() {
  return rc::gen::exec([] {
    using namespace ipld;
    switch (*rc::gen::inRange(0, 4)) {
      case 0: {
        auto digest = *rc::gen::container<base::Bytes>(32, rc::gen::arbitrary<std::uint8_t>());
        return must(Cid::v0(Multihash(HashCode::sha2_256, digest)));
      }
      case 1:
        return Cid::v1(Codec::raw, Multihash(HashCode::identity, *random_bytes(kMaxDigest)));
      case 2: {
        auto size = *rc::gen::inRange<std::size_t>(kMinDigest, kMaxDigest + 1);
        auto digest = *rc::gen::container<base::Bytes>(size, rc::gen::arbitrary<std::uint8_t>());
        const auto code = *rc::gen::inRange<std::uint64_t>(1, UINT64_MAX / 2),
                   codec = *rc::gen::inRange<std::uint64_t>(0, UINT64_MAX / 2);
        return Cid::v1(static_cast<Codec>(codec), Multihash(static_cast<HashCode>(code), digest));
      }
      default: {
        auto digest = *rc::gen::container<base::Bytes>(32, rc::gen::arbitrary<std::uint8_t>());
        return Cid::v1(*rc::gen::element(Codec::raw, Codec::dag_pb, Codec::dag_cbor),
                       Multihash(HashCode::sha2_256, digest));
      }
    }
  });
}

inline rc::Gen<ipld::Integer> random_integer() {
  return rc::gen::exec([] {
    const unsigned bits = *rc::gen::inRange(0u, 65u);
    const auto edge = bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1;
    auto argument = *rc::gen::weightedOneOf<std::uint64_t>(
        {{1, rc::gen::just(edge)},
         {1, rc::gen::just(edge + 1)},
         {3, rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [=](auto value) { return value & edge; })}});
    return ipld::Integer::from_cbor(*rc::gen::arbitrary<bool>(), argument);
  });
}

inline rc::Gen<double> random_float() {
  auto bits = rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t word) {
    // Mixed, because rapidcheck's small numbers are all tiny fractions.
    return std::bit_cast<double>(word * 0x9e3779b97f4a7c15u);
  });
  auto decimal = rc::gen::map(rc::gen::inRange(-1'000'000, 1'000'000), [](int value) { return value / 64.0; });
  return rc::gen::suchThat(rc::gen::oneOf(bits, decimal),
                           [](double value) { return std::isfinite(value) && !(value == 0 && std::signbit(value)); });
}

/// A value of the data model that every strict codec with all kinds can hold; at most `levels` deep.
inline rc::Gen<ipld::Node> random_node(int levels = 4) {
  return rc::gen::exec([levels]() -> ipld::Node {
    switch (*rc::gen::inRange(0, levels > 0 ? 13 : 8)) {
      case 0:
        return nullptr;
      case 1:
        return *rc::gen::arbitrary<bool>();
      case 2:
      case 3:
        return *random_integer();
      case 4:
        return *random_float();
      case 5:
        return *random_text();
      case 6:
        return *random_bytes(40);
      case 7:
        return *random_cid();
      case 8:
      case 9: {
        ipld::List list;
        for (int size = *rc::gen::inRange(0, 6); size > 0; --size) list.push_back(*random_node(levels - 1));
        return list;
      }
      default: {
        ipld::Map map;
        auto key = rc::gen::weightedOneOf<std::string>(
            {{6, random_text()}, {1, rc::gen::element<std::string>("/", "bytes", "", "0", ".")}});
        for (int size = *rc::gen::inRange(0, 6); size > 0; --size) map.set(*key, *random_node(levels - 1));
        return map;
      }
    }
  });
}

}  // namespace openmcp::test

namespace openmcp::ipld {
// What rapidcheck and GoogleTest print when a Node differs.
inline void show(const Node& node, std::ostream& out) {
  if (auto list = node.if_list()) {
    out << '[';
    for (const auto& item : *list) show(item, out), out << ' ';
    out << ']';
  } else if (auto map = node.if_map()) {
    out << '{';
    for (const auto& [key, value] : *map) out << '\'' << key << "': ", show(value, out), out << ' ';
    out << '}';
  } else if (auto integer = node.if_integer()) {
    out << integer->text();
  } else if (auto number = node.if_float()) {
    out << std::hexfloat << *number << std::defaultfloat;
  } else if (auto text = node.if_string()) {
    out << '\'' << *text << '\'';
  } else if (auto bytes = node.if_bytes()) {
    out << "0x" << base::to_hex(*bytes);
  } else if (auto cid = node.if_link()) {
    out << cid->text();
  } else {
    out << kind_name(node.kind());
  }
}
inline void showValue(const Node& node, std::ostream& out) { show(node, out); }
inline void PrintTo(const Node& node, std::ostream* out) { show(node, *out); }
inline void showValue(const Cid& cid, std::ostream& out) { out << cid.text(); }
inline void PrintTo(const Cid& cid, std::ostream* out) { *out << cid.text(); }
}  // namespace openmcp::ipld
