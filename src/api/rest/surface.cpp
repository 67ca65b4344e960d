#include "api/rest/surface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/json_writer.hpp"
#include "api/rest/conditions.hpp"
#include "api/time.hpp"
#include "api/validation.hpp"
#include "context/workspace.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

[[noreturn]] void wrong_query(std::string_view name, std::string type, std::string msg, std::string_view input,
                              std::string ctx = {}) {
  throw InvalidRequest(Invalid{.type = std::move(type),
                               .loc = location("query", name),
                               .msg = std::move(msg),
                               .input = json_quoted(input.substr(0, 256)),
                               .ctx = std::move(ctx)});
}

void check_length(std::string_view name, std::string_view value, std::size_t most) {
  if (value.size() > most)
    wrong_query(name, "string_too_long", fmt::format("String should have at most {} characters", most), value,
                fmt::format("{{\"max_length\":{}}}", most));
}

}  // namespace

base::Task<LargePermit> LargePermit::take(SurfacePtr surface) {
  co_await surface->large.acquire();
  co_return LargePermit(std::move(surface));
}

BodyKind body_kind(const http::Request& request) {
  auto type = request.headers.get("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type.empty() || http::equal_without_case(type, "application/json")) return BodyKind::json;
  if (type.size() > 5 && http::equal_without_case(type.substr(type.size() - 5), "+json") &&
      http::equal_without_case(type.substr(0, 12), "application/"))
    return BodyKind::json;
  for (auto form : {"application/x-www-form-urlencoded", "multipart/form-data"})
    if (http::equal_without_case(type, form)) return BodyKind::form;
  return BodyKind::bytes;
}

base::Task<ReadBody> read_json(SurfacePtr surface, Call& call) {
  if (body_kind(call.request) != BodyKind::json)
    throw InvalidRequest(Invalid{.type = "model_attributes_type",
                                 .loc = "[\"body\"]",
                                 .msg = "Input should be a valid dictionary or object to extract fields from",
                                 .input = "null",
                                 .ctx = "{\"error\":\"the Content-Type is not application/json\"}"});
  ReadBody out;
  const auto length = call.exchange.body_length();
  if (length && *length > kMaxBody)
    throw base::Error(Errc::too_large,
                      fmt::format("a body of {} bytes; at most {} are taken as JSON", *length, kMaxBody),
                      "send a large content as it is: PUT /api/v1/contexts/{id}/content, or POST with its media type");
  if (!length || *length > kLargeBody) out.permit = co_await LargePermit::take(surface);
  out.text = co_await call.exchange.read_all(kMaxBody);
  co_return out;
}

void audit(Surface& surface, const Call& call, std::string_view action, std::string target, std::string detail) {
  AuditEntry entry;
  entry.who = call.caller.name;
  entry.token = call.caller.token_id;
  entry.from = "rest";
  entry.action = action;
  entry.target = std::move(target);
  entry.detail = std::move(detail);
  surface.service.audit.record(std::move(entry));
}

std::string idempotency_scope(const Call& call) {
  const auto& caller = call.caller;
  return fmt::format("{}\n{} {}", caller.token_id.empty() ? caller.name : caller.token_id, call.request.method,
                     call.request.path);
}

std::optional<std::string> query_text(const Call& call, std::string_view name, std::size_t most) {
  auto found = call.parameter(name);
  if (!found || found->empty()) return std::nullopt;
  check_length(name, *found, most);
  return *found;
}

std::vector<std::string> query_texts(const Call& call, std::string_view name, std::size_t most) {
  std::vector<std::string> out;
  for (const auto& [key, value] : call.query) {
    if (key != name || value.empty()) continue;
    check_length(name, value, most);
    out.push_back(value);
  }
  return out;
}

std::uint64_t query_number(const Call& call, std::string_view name, std::uint64_t fallback, std::uint64_t least,
                           std::uint64_t most) {
  auto found = call.parameter(name);
  if (!found) return fallback;
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(found->data(), found->data() + found->size(), value);
  if (error == std::errc::result_out_of_range) value = found->starts_with('-') ? INT64_MIN : INT64_MAX;
  if ((error != std::errc() && error != std::errc::result_out_of_range) || end != found->data() + found->size())
    wrong_query(name, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", *found);
  if (value < 0 || static_cast<std::uint64_t>(value) < least)
    wrong_query(name, "greater_than_equal", fmt::format("Input should be greater than or equal to {}", least), *found,
                fmt::format("{{\"ge\":{}}}", least));
  if (static_cast<std::uint64_t>(value) > most)
    wrong_query(name, "less_than_equal", fmt::format("Input should be less than or equal to {}", most), *found,
                fmt::format("{{\"le\":{}}}", most));
  return static_cast<std::uint64_t>(value);
}

std::optional<bool> query_flag(const Call& call, std::string_view name) {
  auto found = call.parameter(name);
  if (!found) return std::nullopt;
  for (auto yes : {"true", "1", "yes", "on"})
    if (http::equal_without_case(*found, yes)) return true;
  for (auto no : {"false", "0", "no", "off"})
    if (http::equal_without_case(*found, no)) return false;
  wrong_query(name, "bool_parsing", "Input should be a valid boolean, unable to interpret input", *found);
}

std::optional<std::int64_t> query_time(const Call& call, std::string_view name, base::WallTime now) {
  auto found = call.parameter(name);
  if (!found || found->empty()) return std::nullopt;
  auto time = parse_time(*found, now);
  if (!time) wrong_query(name, "datetime_parsing", "Input should be a valid datetime, " + time.error().hint(), *found);
  return time->time_since_epoch().count();
}

base::Task<ipld::Cid> find_version(SurfacePtr surface, context::ContextId id, std::string text,
                                   std::string_view where) {
  auto& workspace = surface->service.workspace;
  if (text.empty()) {
    auto view = co_await workspace.get(id);
    co_return view.current.cid;
  }
  auto digits = std::string_view(text);
  if (digits.starts_with('v')) digits.remove_prefix(1);
  const bool number =
      !digits.empty() && digits.size() < 19 && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!number && !ipld::Cid::parse(text)) {
    throw InvalidRequest(Invalid{.type = "value_error",
                                 .loc = location(where, "version"),
                                 .msg = "Value error, not a version: a number (3 or v3) or the CID of a manifest",
                                 .input = json_quoted(std::string_view(text).substr(0, 256)),
                                 .ctx = "{}"});
  }
  if (!number) {
    context::Ref ref{.id = id, .version = base::unwrap(ipld::Cid::parse(text))};
    auto view = co_await workspace.get(ref);
    co_return view.current.cid;
  }
  auto ref = co_await workspace.resolve(id.text() + "@" + text);
  // Somebody may have made that very text a title of another context.
  if (!ref.version || ref.id != id)
    throw base::Error(Errc::not_found, fmt::format("no version {} of {}", text, id.text()));
  co_return *ref.version;
}

base::Task<std::optional<std::vector<ipld::Cid>>> expected_by_match(SurfacePtr surface, Call& call,
                                                                    context::ContextId id) {
  auto field = call.request.headers.find("If-Match");
  if (!field) co_return std::nullopt;
  auto tags = parse_entity_tags(*field);
  if (tags.any) co_return std::nullopt;
  auto view = co_await surface->service.workspace.get(id);
  const auto head = view.current.cid.text();
  // Strong comparison; and nobody can mean one head by a tag when there are several.
  const bool fits = view.heads.size() == 1 && std::ranges::any_of(tags.tags, [&head](const EntityTag& tag) {
                      return !tag.weak && tag.text == head;
                    });
  if (!fits)
    throw HttpError(412, "precondition_failed",
                    fmt::format("context {} is at {}, not at what If-Match names", id.text(), head),
                    "read the newest version, then change that", {{"ETag", quoted_tag(head)}});
  co_return std::vector<ipld::Cid>{view.current.cid};
}

}  // namespace openmcp::api::rest
