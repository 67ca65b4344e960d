#include "api/mcp/arguments.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "api/time.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

const json::value* member(const JsonObject& arguments, std::string_view key) {
  const auto* value = arguments.if_contains(key);
  return value && !value->is_null() ? value : nullptr;
}

}  // namespace

std::optional<std::string> optional_text(const JsonObject& arguments, std::string_view key) {
  const auto* value = member(arguments, key);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::string text(const JsonObject& arguments, std::string_view key, std::string_view fallback) {
  return optional_text(arguments, key).value_or(std::string(fallback));
}

std::vector<std::string> texts(const JsonObject& arguments, std::string_view key) {
  std::vector<std::string> out;
  const auto* value = member(arguments, key);
  if (!value || !value->is_array()) return out;
  for (auto& each : value->get_array())
    if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

std::int64_t integer(const JsonObject& arguments, std::string_view key, std::int64_t fallback) {
  const auto* value = member(arguments, key);
  if (!value) return fallback;
  if (value->is_int64()) return value->get_int64();
  return value->is_double() ? static_cast<std::int64_t>(value->get_double()) : fallback;
}

bool flag(const JsonObject& arguments, std::string_view key) {
  const auto* value = member(arguments, key);
  return value && value->is_bool() && value->get_bool();
}

bool has(const JsonObject& arguments, std::string_view key) { return member(arguments, key) != nullptr; }

std::optional<std::string> json_text(const JsonObject& arguments, std::string_view key) {
  const auto* value = member(arguments, key);
  if (!value) return std::nullopt;
  return json::serialize(*value);
}

std::optional<std::int64_t> time_of(Turn& turn, const JsonObject& arguments, std::string_view key) {
  auto given = optional_text(arguments, key);
  if (!given) return std::nullopt;
  return base::unwrap(parse_time(*given, turn.service.env.now())).time_since_epoch().count();
}

base::Task<context::Ref> resolve(Turn& turn, std::string name, std::string version) {
  constexpr std::string_view scheme = "context://";
  if (name.starts_with(scheme)) name.erase(0, scheme.size());
  if (!version.empty()) name.append("@").append(version);
  co_return co_await turn.service.workspace.resolve(std::move(name));
}

base::Task<std::vector<context::Relation>> relations_of(Turn& turn, const JsonObject& arguments, std::string key) {
  std::vector<context::Relation> out;
  const auto* value = member(arguments, key);
  if (!value || !value->is_array()) co_return out;
  for (auto& each : value->get_array()) {
    auto target = co_await resolve(turn, text(each.as_object(), "id"));
    out.push_back({text(each.as_object(), "kind"), target.id});
  }
  co_return out;
}

}  // namespace openmcp::api::mcp
