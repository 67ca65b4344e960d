#include <algorithm>
#include <cmath>
#include <vector>

#include "ipld/dag_json.hpp"
#include "ipld/json_number.hpp"
#include "ipld/multibase.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::ipld {
namespace {

/// The entry whose key is the first one bytewise.
const MapEntry* first_entry(const Map& map) {
  auto first = std::ranges::min_element(map, {}, &MapEntry::key);
  return first == map.end() ? nullptr : first;
}

/// Would this map read back as a link, as bytes, or as an error? (Specification, "The Reserved Namespace".)
bool reserved(const Map& map) {
  if (!map.contains("/")) return false;
  const MapEntry* first = first_entry(map);
  if (first->key != "/") return false;
  if (first->value.if_string()) return true;
  const Map* inner = first->value.if_map();
  const MapEntry* inner_first = inner ? first_entry(*inner) : nullptr;
  return inner_first && inner_first->key == "bytes" && inner_first->value.if_string();
}

class Writer {
public:
  std::string out;
  const char* what = nullptr;

  void value(const Node& node, unsigned depth) {
    switch (node.kind()) {
      case Kind::null:
        out += "null";
        return;
      case Kind::boolean:
        out += *node.if_bool() ? "true" : "false";
        return;
      case Kind::integer:
        out += node.if_integer()->text();
        return;
      case Kind::floating:
        number(*node.if_float());
        return;
      case Kind::string:
        string(*node.if_string());
        return;
      case Kind::bytes: {
        auto text = base_encode(Base::base64, *node.if_bytes());
        out.append(R"({"/":{"bytes":")").append(*text).append(R"("}})");
        return;
      }
      case Kind::link:
        out.append(R"({"/":")").append(node.if_link()->text()).append(R"("})");
        return;
      case Kind::list:
      case Kind::map:
        break;
    }
    if (depth == kMaxDepth) {
      what = "lists and maps that nest too deep";
    } else if (const List* items = node.if_list()) {
      list(*items, depth);
    } else {
      map(*node.if_map(), depth);
    }
  }

private:
  void number(double value) {
    if (!std::isfinite(value)) {
      what = "a float that is not a number or not finite";
    } else if (value == 0 && std::signbit(value)) {
      what = "a float that is -0.0";
    } else {
      append_json_float(out, value);
    }
  }

  /// Escapes what JSON must have escaped and nothing else, as ECMA-262's QuoteJSONString does.
  void string(std::string_view text) {
    if (!valid_utf8(text)) what = "a string that is not UTF-8";
    out += '"';
    for (std::size_t plain = 0;;) {
      const std::size_t at = static_cast<std::size_t>(
          std::ranges::find_if(text.begin() + static_cast<std::ptrdiff_t>(plain), text.end(),
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }) -
          text.begin());
      out.append(text, plain, at - plain);
      if (at == text.size()) break;
      escape(text[at]);
      plain = at + 1;
    }
    out += '"';
  }

  void escape(char c) {
    constexpr std::string_view kFrom = "\"\\\b\f\n\r\t", kTo = "\"\\bfnrt", kHex = "0123456789abcdef";
    out += '\\';
    if (auto at = kFrom.find(c); at != std::string_view::npos) {
      out += kTo[at];
    } else {
      out.append("u00").append(1, kHex[c >> 4 & 0xf]).append(1, kHex[c & 0xf]);
    }
  }

  void list(const List& items, unsigned depth) {
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ',';
      value(items[i], depth + 1);
    }
    out += ']';
  }

  void map(const Map& entries, unsigned depth) {
    if (reserved(entries)) what = "a map that has the form of a link or of bytes (its first key is \"/\")";
    std::vector<const MapEntry*> order;
    order.reserve(entries.size());
    for (const MapEntry& entry : entries) order.push_back(&entry);
    std::ranges::sort(order, {}, [](const MapEntry* entry) -> const std::string& { return entry->key; });
    out += '{';
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0) out += ',';
      string(order[i]->key);
      out += ':';
      value(order[i]->value, depth + 1);
    }
    out += '}';
  }
};

}  // namespace

base::Result<std::string> encode_dag_json(const Node& node) {
  Writer writer;
  writer.value(node, 0);
  if (writer.what) return base::fail(base::Errc::invalid_argument, std::string("dag-json cannot hold ") + writer.what);
  return std::move(writer.out);
}

}  // namespace openmcp::ipld
