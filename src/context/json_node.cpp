#include "context/json_node.hpp"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "context/manifest.hpp"

namespace openmcp::context {

namespace {

using boost::json::error_code;

/// Builds Nodes from the parser's events. Numbers are taken from their text: Boost 1.81's own doubles are off by a bit.
struct Builder {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  struct Level {
    bool map = false;
    std::string key;
    ipld::List list;
    std::vector<ipld::MapEntry> entries;
  };
  std::vector<Level> levels;
  std::string text;
  ipld::Node result;
  std::string problem;

  bool add(ipld::Node node, error_code&) {
    if (levels.empty()) {
      result = std::move(node);
    } else if (levels.back().map) {
      levels.back().entries.push_back({std::move(levels.back().key), std::move(node)});
    } else {
      levels.back().list.push_back(std::move(node));
    }
    return true;
  }
  bool stop(error_code& error, std::string why) {
    problem = std::move(why);
    error = boost::json::error::syntax;
    return false;
  }
  bool add_number(std::string_view digits, error_code& error) {
    if (digits.find_first_of(".eE") == std::string_view::npos) {
      auto plain = digits == "-0" ? std::string_view("0") : digits;
      if (auto integer = ipld::Integer::parse(plain)) return add(*integer, error);
    }
    double value = 0;
    auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    // Too small is 0, too large is refused; from_chars does not say which it was.
    if (code == std::errc::result_out_of_range) value = std::strtod(std::string(digits).c_str(), nullptr);
    if (!std::isfinite(value)) return stop(error, "a number out of range");
    return add(value == 0 ? 0.0 : value, error);
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    levels.push_back({.map = true, .key = {}, .list = {}, .entries = {}});
    return true;
  }
  bool on_object_end(std::size_t, error_code& error) {
    auto map = ipld::Map::from_entries(std::move(levels.back().entries));
    levels.pop_back();
    if (!map) return stop(error, map.error().message());
    return add(*std::move(map), error);
  }
  bool on_array_begin(error_code&) {
    levels.emplace_back();
    return true;
  }
  bool on_array_end(std::size_t, error_code& error) {
    auto list = std::move(levels.back().list);
    levels.pop_back();
    return add(std::move(list), error);
  }
  bool on_key_part(boost::json::string_view part, std::size_t, error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_key(boost::json::string_view part, std::size_t, error_code&) {
    text.append(part.data(), part.size());
    levels.back().key = std::exchange(text, {});
    return true;
  }
  bool on_string_part(boost::json::string_view part, std::size_t, error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_string(boost::json::string_view part, std::size_t, error_code& error) {
    text.append(part.data(), part.size());
    return add(std::exchange(text, {}), error);
  }
  bool on_number_part(boost::json::string_view part, error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool finish_number(boost::json::string_view part, error_code& error) {
    text.append(part.data(), part.size());
    auto digits = std::exchange(text, {});
    return add_number(digits, error);
  }
  bool on_int64(std::int64_t, boost::json::string_view part, error_code& error) { return finish_number(part, error); }
  bool on_uint64(std::uint64_t, boost::json::string_view part, error_code& error) { return finish_number(part, error); }
  bool on_double(double, boost::json::string_view part, error_code& error) { return finish_number(part, error); }
  bool on_bool(bool value, error_code& error) { return add(value, error); }
  bool on_null(error_code& error) { return add(nullptr, error); }
  bool on_comment_part(boost::json::string_view, error_code&) { return true; }
  bool on_comment(boost::json::string_view, error_code&) { return true; }
};

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

base::Result<void> write(std::string& out, const ipld::Node& node) {
  switch (node.kind()) {
    case ipld::Kind::null:
      out += "null";
      return {};
    case ipld::Kind::boolean:
      out += *node.if_bool() ? "true" : "false";
      return {};
    case ipld::Kind::integer:
      out += node.if_integer()->text();
      return {};
    case ipld::Kind::floating: {
      auto text = fmt::format("{}", *node.if_float());
      out += text;
      if (text.find_first_of(".e") == std::string::npos) out += ".0";
      return {};
    }
    case ipld::Kind::string:
      write_string(out, *node.if_string());
      return {};
    case ipld::Kind::list: {
      out += '[';
      bool first = true;
      for (const auto& item : *node.if_list()) {
        if (!std::exchange(first, false)) out += ',';
        if (auto done = write(out, item); !done) return done;
      }
      out += ']';
      return {};
    }
    case ipld::Kind::map: {
      out += '{';
      bool first = true;
      for (const auto& [key, value] : *node.if_map()) {
        if (!std::exchange(first, false)) out += ',';
        write_string(out, key);
        out += ':';
        if (auto done = write(out, value); !done) return done;
      }
      out += '}';
      return {};
    }
    case ipld::Kind::bytes:
    case ipld::Kind::link:
      break;
  }
  return base::fail(base::Errc::invalid_argument, fmt::format("JSON holds no {}", ipld::kind_name(node.kind())));
}

}  // namespace

base::Result<ipld::Node> node_from_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaxMetadataDepth;
  boost::json::basic_parser<Builder> parser(options);
  error_code error;
  auto read = parser.write_some(false, text.data(), text.size(), error);
  auto& builder = parser.handler();
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (error) {
    auto why = builder.problem.empty() ? error.message() : builder.problem;
    return base::fail(base::Errc::invalid_argument, fmt::format("bad JSON at byte {}: {}", read, why));
  }
  return std::move(builder.result);
}

base::Result<std::string> json_from_node(const ipld::Node& node) {
  std::string out;
  if (auto done = write(out, node); !done) return std::unexpected(std::move(done).error());
  return out;
}

}  // namespace openmcp::context
