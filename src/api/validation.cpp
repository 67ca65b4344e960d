#include "api/validation.hpp"

#include <fmt/format.h>

#include <array>

#include "api/json_writer.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::api {

using base::Errc;

namespace {

constexpr std::string_view kUrn = "urn:uuid:";

void write_items(JsonWriter& json, const std::vector<Invalid>& items) {
  json.begin_array();
  for (const auto& item : items) {
    json.begin_object().field("type", item.type).key("loc").raw(item.loc).field("msg", item.msg);
    json.key("input").raw(item.input);
    if (!item.ctx.empty()) json.key("ctx").raw(item.ctx);
    json.end_object();
  }
  json.end_array();
}

/// Puts members behind those of a JSON object.
void append(std::string& object, const std::string& members) {
  object.pop_back();
  object += ',';
  object += members.substr(1);
}

std::string_view without_frame(std::string_view text, bool& simple) {
  simple = false;
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') return text.substr(1, text.size() - 2);
  if (text.starts_with(kUrn)) return text.substr(kUrn.size());
  simple = true;
  return text;
}

/// Why, as the parser behind pydantic says it.
std::string why_no_uuid(std::string_view text) {
  bool simple = false;
  const auto inner = without_frame(text, simple);
  const auto offset = static_cast<std::size_t>(inner.data() - text.data());
  std::size_t hyphens = 0;
  std::array<std::size_t, 4> bounds{};
  for (auto rest = inner; !rest.empty();) {
    const auto at = inner.size() - rest.size();
    const auto before = rest;
    auto point = ipld::take_utf8(rest);
    if (!point) {
      rest.remove_prefix(1);
      point = 0xfffd;
    }
    const auto character = before.substr(0, before.size() - rest.size());
    const char c = character.front();
    if (character == "-") {
      if (hyphens < bounds.size()) bounds[hyphens] = at;
      ++hyphens;
    } else if (*point > 0x7f || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
      return fmt::format(
          "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `{}` at {}",
          *point == 0xfffd ? "\uFFFD" : character, at + offset + 1);
    }
  }
  if (hyphens == 0 && simple)
    return fmt::format("invalid length: expected length 32 for simple format, found {}", text.size());
  if (hyphens != 4) return fmt::format("invalid group count: expected 5, found {}", hyphens + 1);
  constexpr std::array<std::size_t, 5> kStarts{0, 9, 14, 19, 24}, kLengths{8, 4, 4, 4, 12};
  for (std::size_t i = 0; i < 4; ++i)
    if (bounds[i] != kStarts[i + 1] - 1)
      return fmt::format("invalid group length in group {}: expected {}, found {}", i, kLengths[i],
                         bounds[i] - (i == 0 ? 0 : bounds[i - 1] + 1));
  return fmt::format("invalid group length in group 4: expected 12, found {}", inner.size() - kStarts[4]);
}

}  // namespace

InvalidRequest::InvalidRequest(std::vector<Invalid> items)
    : HttpError(
          422, "validation",
          items.empty() ? "the request does not fit" : fmt::format("{}: {}", items.front().loc, items.front().msg),
          "errors has what is wrong, item by item"),
      items_(std::move(items)) {}

HeadsConflict::HeadsConflict(std::string message, std::vector<ipld::Cid> heads)
    : HttpError(409, "conflict", std::move(message),
                "somebody committed in between: read the newest version, then commit on top of it"),
      heads_(std::move(heads)) {}

std::string location(std::string_view first, std::string_view second) {
  return fmt::format("[{},{}]", json_quoted(first), json_quoted(second));
}

base::Result<context::ContextId> parse_uuid(std::string_view text) {
  bool simple = false;
  const auto inner = without_frame(text, simple);
  if (!simple && inner.size() != 36)
    return base::fail(Errc::invalid_argument, "only a UUID with dashes stands in braces or behind urn:uuid:");
  return context::ContextId::parse(inner);
}

Invalid invalid_uuid(std::string_view text, std::string loc) {
  const auto shown = text.substr(0, 256);
  const auto why = why_no_uuid(shown);
  JsonWriter ctx;
  ctx.begin_object().field("error", why).end_object();
  return {.type = "uuid_parsing",
          .loc = std::move(loc),
          .msg = "Input should be a valid UUID, " + why,
          .input = json_quoted(shown),
          .ctx = ctx.take()};
}

context::ContextId path_id(const std::string& text) {
  if (auto id = parse_uuid(text)) return *id;
  const bool nil = (text.size() == 36 || text.size() == 32) && text.find_first_not_of("0-") == std::string::npos;
  if (nil) throw base::Error(Errc::not_found, "no context has the nil UUID");
  throw InvalidRequest(invalid_uuid(text, location("path", "context_id")));
}

http::Response original_error(const base::Error& error, const http::Request& request) {
  JsonWriter json;
  if (auto invalid = dynamic_cast<const InvalidRequest*>(&error)) {
    json.begin_object().key("detail");
    write_items(json, invalid->items());
    json.end_object();
    return {.status = 422, .headers = {{"Content-Type", "application/json"}}, .body = json.take()};
  }
  if (http_status(error) == 404) {
    json.begin_object().field("detail", "Context not found").end_object();
    return {.status = 404, .headers = {{"Content-Type", "application/json"}}, .body = json.take()};
  }
  return fastapi_error(error, request);
}

http::Response modern_error(const base::Error& error, const http::Request& request) {
  auto response = problem(error, request);
  JsonWriter json;
  if (auto invalid = dynamic_cast<const InvalidRequest*>(&error)) {
    json.begin_object().key("errors");
    write_items(json, invalid->items());
    append(response.body, json.end_object().take());
  }
  if (auto conflict = dynamic_cast<const HeadsConflict*>(&error)) {
    json.begin_object().key("heads").begin_array();
    for (const auto& head : conflict->heads()) json.value(head.text());
    append(response.body, json.end_array().end_object().take());
  }
  return response;
}

}  // namespace openmcp::api
