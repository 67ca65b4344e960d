// Node: a value of the IPLD data model, in memory. Codecs turn blocks into Nodes and back.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/cid.hpp"

namespace openmcp::ipld {

/// How deep lists and maps may nest: decoders and encoders refuse more, so no recursion over a Node runs off the stack.
inline constexpr unsigned kMaxDepth = 256;

/// A whole number of the range that CBOR holds: -2^64 to 2^64 - 1.
class Integer {
public:
  constexpr Integer() = default;
  template <std::integral T>
  constexpr Integer(T value)  // NOLINT(google-explicit-constructor)
      : negative_(std::signed_integral<T> && value < 0),
        argument_(negative_ ? ~static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value)) {}
  /// The value is `argument`, or -1 - argument when negative (RFC 8949, major types 0 and 1).
  static constexpr Integer from_cbor(bool negative, std::uint64_t argument) {
    Integer integer;
    integer.negative_ = negative;
    integer.argument_ = argument;
    return integer;
  }

  constexpr bool negative() const noexcept { return negative_; }
  constexpr std::uint64_t cbor_argument() const noexcept { return argument_; }
  constexpr std::optional<std::int64_t> int64() const noexcept {
    if (argument_ > INT64_MAX) return std::nullopt;
    auto value = static_cast<std::int64_t>(argument_);
    return negative_ ? -1 - value : value;
  }
  constexpr std::optional<std::uint64_t> uint64() const noexcept {
    if (negative_) return std::nullopt;
    return argument_;
  }
  /// Decimal, "-18446744073709551616" to "18446744073709551615".
  std::string text() const;
  /// The form that text() writes and nothing else (no plus sign, no leading zero, no "-0").
  static base::Result<Integer> parse(std::string_view decimal);

  constexpr bool operator==(const Integer&) const noexcept = default;
  constexpr std::strong_ordering operator<=>(const Integer& other) const noexcept {
    if (negative_ != other.negative_) return other.negative_ <=> negative_;
    return negative_ ? other.argument_ <=> argument_ : argument_ <=> other.argument_;
  }

private:
  bool negative_ = false;
  std::uint64_t argument_ = 0;
};

enum class Kind : std::uint8_t { null, boolean, integer, floating, string, bytes, list, map, link };
std::string_view kind_name(Kind kind) noexcept;  ///< "null", "bool", "int", "float", "string", "bytes", ...

class Node;
struct MapEntry;
using List = std::vector<Node>;

/// The order of dag-cbor, in which a Map keeps its entries: shorter keys first, then bytewise.
inline bool key_less(std::string_view a, std::string_view b) noexcept {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

/// Strings to Nodes; keys are unique, entries are in the order of key_less.
class Map {
public:
  Map() noexcept;
  Map(const Map& other);
  Map(Map&& other) noexcept;
  Map& operator=(const Map& other);
  Map& operator=(Map&& other) noexcept;
  ~Map();
  /// In any order; of equal keys the last one stays.
  Map(std::initializer_list<MapEntry> entries);
  /// In any order. Error corrupt, naming the key, when two are equal.
  static base::Result<Map> from_entries(std::vector<MapEntry> entries);

  std::size_t size() const noexcept;
  bool empty() const noexcept;
  const MapEntry* begin() const noexcept;
  const MapEntry* end() const noexcept;
  /// nullptr: no such key.
  const Node* find(std::string_view key) const noexcept;
  Node* find(std::string_view key) noexcept;
  bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  /// Adds or replaces.
  Node& set(std::string key, Node value);
  bool erase(std::string_view key);
  void reserve(std::size_t entries);
  /// Adds at the end; false, and nothing added, unless the key sorts after the last one.
  bool append(std::string key, Node value);

  bool operator==(const Map& other) const noexcept;

private:
  std::vector<MapEntry> entries_;
};

/// A value: Map{{"name", "x"}, {"sizes", List{1, 2}}, {"root", cid}} converts. A list of one list is
/// List{Node(List{...})}, because List{List{...}} is a copy. Strings are UTF-8 and floats finite: encoders refuse
/// others, and -0.0 too (dasl-testing, floats).
class Node {
public:
  Node() = default;  ///< null
  Node(std::nullptr_t);
  Node(std::same_as<bool> auto value) : Node(std::in_place_type<bool>, value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Node(T value) : Node(Integer(value)) {}
  Node(Integer value);
  Node(double value);
  Node(std::string value);
  Node(std::string_view value);
  Node(const char* value);
  Node(base::Bytes value);
  Node(List value);
  Node(Map value);
  Node(const Cid& value);
  static Node bytes(base::BytesView value);

  Kind kind() const noexcept { return static_cast<Kind>(value_.index()); }
  bool is_null() const noexcept { return kind() == Kind::null; }

  // The value when it is of that kind, else nullptr.
  const bool* if_bool() const noexcept { return std::get_if<bool>(&value_); }
  const Integer* if_integer() const noexcept { return std::get_if<Integer>(&value_); }
  const double* if_float() const noexcept { return std::get_if<double>(&value_); }
  const std::string* if_string() const noexcept { return std::get_if<std::string>(&value_); }
  const base::Bytes* if_bytes() const noexcept { return std::get_if<base::Bytes>(&value_); }
  const List* if_list() const noexcept { return std::get_if<List>(&value_); }
  List* if_list() noexcept { return std::get_if<List>(&value_); }
  const Map* if_map() const noexcept { return std::get_if<Map>(&value_); }
  Map* if_map() noexcept { return std::get_if<Map>(&value_); }
  const Cid* if_link() const noexcept {
    auto link = std::get_if<Link>(&value_);
    return link ? link->get() : nullptr;
  }
  /// The entry of a map; nullptr when this is no map or has no such key.
  const Node* find(std::string_view key) const noexcept {
    auto map = if_map();
    return map ? map->find(key) : nullptr;
  }

  /// The value as T: bool, std::int64_t, std::uint64_t, Integer, double, std::string_view, std::string,
  /// base::BytesView, const List*, const Map* or Cid (views and pointers live as long as this Node).
  /// Error corrupt: another kind, or a number out of T's range.
  template <class T>
  base::Result<T> as() const;
  /// The entry `key` of this map as T. Errors name the key: corrupt when missing or of another kind.
  template <class T>
  base::Result<T> field(std::string_view key) const;
  /// The same, nullopt when there is no such key.
  template <class T>
  base::Result<std::optional<T>> optional_field(std::string_view key) const;

  bool operator==(const Node& other) const noexcept;

private:
  Node(std::in_place_type_t<bool>, bool value);
  using Link = std::shared_ptr<const Cid>;  // a Cid inside would make every Node four times as large
  std::variant<std::monostate, bool, Integer, double, std::string, base::Bytes, List, Map, Link> value_;
};

template <>
base::Result<bool> Node::as() const;
template <>
base::Result<std::int64_t> Node::as() const;
template <>
base::Result<std::uint64_t> Node::as() const;
template <>
base::Result<Integer> Node::as() const;
template <>
base::Result<double> Node::as() const;
template <>
base::Result<std::string_view> Node::as() const;
template <>
base::Result<std::string> Node::as() const;
template <>
base::Result<base::BytesView> Node::as() const;
template <>
base::Result<const List*> Node::as() const;
template <>
base::Result<const Map*> Node::as() const;
template <>
base::Result<Cid> Node::as() const;

struct MapEntry {
  std::string key;
  Node value;
  bool operator==(const MapEntry&) const noexcept = default;
};

inline Node::Node(std::nullptr_t) {}
inline Node::Node(std::in_place_type_t<bool>, bool value) : value_(value) {}
inline Node::Node(Integer value) : value_(value) {}
inline Node::Node(double value) : value_(value) {}
inline Node::Node(std::string value) : value_(std::move(value)) {}
inline Node::Node(std::string_view value) : value_(std::string(value)) {}
inline Node::Node(const char* value) : value_(std::string(value)) {}
inline Node::Node(base::Bytes value) : value_(std::move(value)) {}
inline Node::Node(List value) : value_(std::move(value)) {}
inline Node::Node(Map value) : value_(std::move(value)) {}
inline Node::Node(const Cid& value) : value_(std::make_shared<const Cid>(value)) {}
inline Node Node::bytes(base::BytesView value) { return Node(base::to_bytes(value)); }

/// Levels of lists and maps: 0 for a scalar, 1 for a flat list. Stops counting at `limit` + 1.
unsigned depth_of(const Node& node, unsigned limit = kMaxDepth) noexcept;
/// Appends every link below `node`, in the order of the entries, repeated ones too.
void collect_links(const Node& node, std::vector<Cid>& out);

// Defined here because a Map needs whole entries and an entry needs a whole Node.
inline Map::Map() noexcept = default;
inline Map::Map(const Map& other) = default;
inline Map::Map(Map&& other) noexcept = default;
inline Map& Map::operator=(const Map& other) = default;
inline Map& Map::operator=(Map&& other) noexcept = default;
inline Map::~Map() = default;
inline std::size_t Map::size() const noexcept { return entries_.size(); }
inline bool Map::empty() const noexcept { return entries_.empty(); }
inline const MapEntry* Map::begin() const noexcept { return entries_.data(); }
inline const MapEntry* Map::end() const noexcept { return entries_.data() + entries_.size(); }

namespace detail {
base::Result<const Node*> required_field(const Node& node, std::string_view key);
base::Error in_field(base::Error error, std::string_view key);
}  // namespace detail

template <class T>
base::Result<T> Node::field(std::string_view key) const {
  auto entry = detail::required_field(*this, key);
  if (!entry) return std::unexpected(std::move(entry).error());
  auto value = (*entry)->as<T>();
  if (!value) return std::unexpected(detail::in_field(std::move(value).error(), key));
  return value;
}

template <class T>
base::Result<std::optional<T>> Node::optional_field(std::string_view key) const {
  if (if_map() && !find(key)) return std::optional<T>();
  auto value = field<T>(key);
  if (!value) return std::unexpected(std::move(value).error());
  return std::optional<T>(*std::move(value));
}

}  // namespace openmcp::ipld
