#include "ipld/node.hpp"

#include <algorithm>
#include <charconv>

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kTwoTo64 = "18446744073709551616";

/// For std::sort and std::lower_bound over entries.
struct ByKey {
  bool operator()(const MapEntry& a, const MapEntry& b) const noexcept { return key_less(a.key, b.key); }
  bool operator()(const MapEntry& a, std::string_view b) const noexcept { return key_less(a.key, b); }
};

std::unexpected<base::Error> wrong_kind(const Node& node, Kind wanted) {
  return fail(Errc::corrupt,
              "expected " + std::string(kind_name(wanted)) + ", found " + std::string(kind_name(node.kind())));
}

std::unexpected<base::Error> out_of_range(const Integer& value) {
  return fail(Errc::corrupt, "number " + value.text() + " is out of range");
}

}  // namespace

std::string Integer::text() const {
  if (negative_ && argument_ == UINT64_MAX) return "-" + std::string(kTwoTo64);
  return negative_ ? "-" + std::to_string(argument_ + 1) : std::to_string(argument_);
}

base::Result<Integer> Integer::parse(std::string_view decimal) {
  std::string_view digits = decimal;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const bool canonical = !digits.empty() && (digits[0] != '0' || (digits.size() == 1 && !negative)) &&
                         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!canonical)
    return fail(Errc::invalid_argument, "not a whole number: '" + std::string(decimal.substr(0, 40)) + "'");
  if (negative && digits == kTwoTo64) return from_cbor(true, UINT64_MAX);
  std::uint64_t magnitude = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), magnitude).ec != std::errc())
    return fail(Errc::invalid_argument, "number out of range: '" + std::string(decimal.substr(0, 40)) + "'",
                "whole numbers go from -2^64 to 2^64 - 1; use a string for larger ones");
  return from_cbor(negative, negative ? magnitude - 1 : magnitude);
}

std::string_view kind_name(Kind kind) noexcept {
  constexpr std::string_view kNames[] = {"null", "bool", "int", "float", "string", "bytes", "list", "map", "link"};
  return kNames[static_cast<std::size_t>(kind)];
}

Map::Map(std::initializer_list<MapEntry> entries) {
  entries_.reserve(entries.size());
  for (const MapEntry& entry : entries) set(entry.key, entry.value);
}

base::Result<Map> Map::from_entries(std::vector<MapEntry> entries) {
  if (!std::ranges::is_sorted(entries, ByKey())) std::ranges::sort(entries, ByKey());
  auto twice = std::ranges::adjacent_find(entries, {}, &MapEntry::key);
  if (twice != entries.end()) return fail(Errc::corrupt, "map key '" + twice->key + "' appears twice");
  Map map;
  map.entries_ = std::move(entries);
  return map;
}

const Node* Map::find(std::string_view key) const noexcept {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), key, ByKey());
  return entry != entries_.end() && entry->key == key ? &entry->value : nullptr;
}

Node* Map::find(std::string_view key) noexcept { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Map::set(std::string key, Node value) {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), std::string_view(key), ByKey());
  if (entry != entries_.end() && entry->key == key) return entry->value = std::move(value);
  return entries_.insert(entry, MapEntry{std::move(key), std::move(value)})->value;
}

bool Map::erase(std::string_view key) {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), key, ByKey());
  if (entry == entries_.end() || entry->key != key) return false;
  entries_.erase(entry);
  return true;
}

void Map::reserve(std::size_t entries) { entries_.reserve(entries); }

bool Map::append(std::string key, Node value) {
  if (!entries_.empty() && !key_less(entries_.back().key, key)) return false;
  entries_.push_back(MapEntry{std::move(key), std::move(value)});
  return true;
}

bool Map::operator==(const Map& other) const noexcept { return entries_ == other.entries_; }

bool Node::operator==(const Node& other) const noexcept {
  const Cid *link = if_link(), *other_link = other.if_link();
  return link && other_link ? *link == *other_link : value_ == other.value_;
}

template <>
base::Result<bool> Node::as() const {
  if (auto value = if_bool()) return *value;
  return wrong_kind(*this, Kind::boolean);
}

template <>
base::Result<Integer> Node::as() const {
  if (auto value = if_integer()) return *value;
  return wrong_kind(*this, Kind::integer);
}

template <>
base::Result<std::int64_t> Node::as() const {
  auto value = if_integer();
  if (!value) return wrong_kind(*this, Kind::integer);
  if (auto number = value->int64()) return *number;
  return out_of_range(*value);
}

template <>
base::Result<std::uint64_t> Node::as() const {
  auto value = if_integer();
  if (!value) return wrong_kind(*this, Kind::integer);
  if (auto number = value->uint64()) return *number;
  return out_of_range(*value);
}

template <>
base::Result<double> Node::as() const {
  if (auto value = if_float()) return *value;
  return wrong_kind(*this, Kind::floating);
}

template <>
base::Result<std::string_view> Node::as() const {
  if (auto value = if_string()) return std::string_view(*value);
  return wrong_kind(*this, Kind::string);
}

template <>
base::Result<std::string> Node::as() const {
  if (auto value = if_string()) return *value;
  return wrong_kind(*this, Kind::string);
}

template <>
base::Result<base::BytesView> Node::as() const {
  if (auto value = if_bytes()) return base::BytesView(*value);
  return wrong_kind(*this, Kind::bytes);
}

template <>
base::Result<const List*> Node::as() const {
  if (auto value = if_list()) return value;
  return wrong_kind(*this, Kind::list);
}

template <>
base::Result<const Map*> Node::as() const {
  if (auto value = if_map()) return value;
  return wrong_kind(*this, Kind::map);
}

template <>
base::Result<Cid> Node::as() const {
  if (auto value = if_link()) return *value;
  return wrong_kind(*this, Kind::link);
}

namespace detail {

base::Result<const Node*> required_field(const Node& node, std::string_view key) {
  if (!node.if_map()) return std::unexpected(in_field(wrong_kind(node, Kind::map).error(), key));
  if (const Node* entry = node.find(key)) return entry;
  return fail(Errc::corrupt, "field '" + std::string(key) + "' is missing");
}

base::Error in_field(base::Error error, std::string_view key) {
  return error.within("field '" + std::string(key) + "'");
}

}  // namespace detail

unsigned depth_of(const Node& node, unsigned limit) noexcept {
  const List* list = node.if_list();
  const Map* map = node.if_map();
  if (!list && !map) return 0;
  if (limit == 0) return 1;
  unsigned below = 0;
  if (list) {
    for (const Node& item : *list) below = std::max(below, depth_of(item, limit - 1));
  } else {
    for (const MapEntry& entry : *map) below = std::max(below, depth_of(entry.value, limit - 1));
  }
  return below + 1;
}

void collect_links(const Node& node, std::vector<Cid>& out) {
  if (const Cid* link = node.if_link()) {
    out.push_back(*link);
  } else if (const List* list = node.if_list()) {
    for (const Node& item : *list) collect_links(item, out);
  } else if (const Map* map = node.if_map()) {
    for (const MapEntry& entry : *map) collect_links(entry.value, out);
  }
}

}  // namespace openmcp::ipld
