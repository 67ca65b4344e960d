#include "api/mcp/header_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "api/mcp/rpc_error.hpp"
#include "ipld/multibase.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

bool is_token(std::string_view text) {
  auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  return !text.empty() && std::ranges::all_of(text, fits);
}

base::Result<void> collect(const json::value& schema, std::vector<std::string>& path, bool reachable,
                           std::vector<HeaderParam>& out) {
  auto wrong = [&path](std::string_view why) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("reading an input schema: x-mcp-header of {} {}", fmt::join(path, "."), why));
  };
  if (schema.is_array()) {
    for (auto& each : schema.get_array())
      if (auto inner = collect(each, path, false, out); !inner) return inner;
    return {};
  }
  if (!schema.is_object()) return {};
  auto& object = schema.get_object();
  if (const auto* header = object.if_contains("x-mcp-header")) {
    if (!reachable || path.empty()) return wrong("cannot be reached through properties alone");
    if (!header->is_string() || !is_token(header->get_string())) return wrong("is not a header's token");
    const auto* type = object.if_contains("type");
    const std::string_view kind = type && type->is_string() ? std::string_view(type->get_string()) : "";
    if (kind != "string" && kind != "integer" && kind != "boolean")
      return wrong("is on a type that has no header form");
    const std::string name(header->get_string());
    for (auto& other : out)
      if (http::equal_without_case(other.name, name)) return wrong("is there twice");
    out.push_back({name, path, std::string(kind)});
  }
  for (auto& [key, value] : object) {
    if (key == "properties" && value.is_object()) {
      for (auto& [name, child] : value.get_object()) {
        path.emplace_back(name);
        auto inner = collect(child, path, reachable, out);
        path.pop_back();
        if (!inner) return inner;
      }
    } else if (key != "default" && key != "examples" && key != "const" && key != "enum" && key != "x-mcp-header") {
      if (auto inner = collect(value, path, false, out); !inner) return inner;
    }
  }
  return {};
}

RpcError mismatch(std::string why) { return {kHeaderMismatch, "header mismatch: " + why, {}, 400}; }

/// For messages: a stranger's value, short and printable.
std::string shown(std::string_view value) {
  std::string out(value.substr(0, 80));
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c >= 0x7F; }, '?');
  return out;
}

void same(const http::Headers& headers, std::string_view name, std::string_view body, bool encoded) {
  const auto* header = headers.find(name);
  if (!header) throw mismatch(fmt::format("{} is missing", name));
  if (headers.all(name).size() > 1) throw mismatch(fmt::format("{} is there more than once", name));
  auto value = encoded ? decode_header_value(*header) : std::optional<std::string>(*header);
  if (!value) throw mismatch(fmt::format("{} is not well-formed", name));
  if (*value != body) throw mismatch(fmt::format("{} is '{}', the body has '{}'", name, shown(*value), shown(body)));
}

std::string_view name_in_body(const Message& message) {
  std::string_view field;
  if (message.method == "tools/call" || message.method == "prompts/get") field = "name";
  if (message.method == "resources/read") field = "uri";
  const auto* value = field.empty() ? nullptr : message.params->if_contains(field);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<double> as_number(std::string_view text) {
  double out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

base::Result<std::vector<HeaderParam>> header_params(const boost::json::value& input_schema) {
  std::vector<HeaderParam> out;
  std::vector<std::string> path;
  if (auto done = collect(input_schema, path, true, out); !done) return std::unexpected(std::move(done).error());
  return out;
}

std::optional<std::string> decode_header_value(std::string_view value) {
  for (unsigned char c : value)
    if ((c < 0x20 && c != '\t') || c >= 0x7F) return std::nullopt;
  constexpr std::string_view begin = "=?base64?", end = "?=";
  if (!value.starts_with(begin) || !value.ends_with(end) || value.size() < begin.size() + end.size())
    return std::string(value);
  value.remove_prefix(begin.size());
  value.remove_suffix(end.size());
  auto bytes = ipld::base_decode(ipld::Base::base64pad, value);
  if (!bytes) return std::nullopt;
  return std::string(base::as_text(*bytes));
}

void check_standard_headers(const Message& message, std::string_view version, const http::Headers& headers) {
  same(headers, "MCP-Protocol-Version", version, false);
  same(headers, "Mcp-Method", message.method, false);
  if (auto name = name_in_body(message); !name.empty()) same(headers, "Mcp-Name", name, true);
}

void check_param_headers(const Message& message, const std::vector<HeaderParam>& params, const http::Headers& headers) {
  for (auto& param : params) {
    const json::value* value = message.params->if_contains("arguments");
    for (auto& step : param.path) value = value && value->is_object() ? value->get_object().if_contains(step) : nullptr;
    const std::string name = "Mcp-Param-" + param.name;
    if (!value || value->is_null()) {
      if (headers.has(name)) throw mismatch(fmt::format("{} is there, the body has no such value", name));
      continue;
    }
    if (value->is_string()) {
      same(headers, name, value->get_string(), true);
    } else if (value->is_bool()) {
      same(headers, name, value->get_bool() ? "true" : "false", true);
    } else if (value->is_number()) {
      // 42.0 and 42 are the same.
      const auto* header = headers.find(name);
      auto text = header ? decode_header_value(*header) : std::nullopt;
      auto number = text ? as_number(*text) : std::nullopt;
      if (!number || *number != value->to_number<double>())
        throw mismatch(fmt::format("{} is missing or not the number of the body", name));
    }
  }
}

}  // namespace openmcp::api::mcp
