#include "api/ops/ops.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "api/ops/parts.hpp"
#include "api/time.hpp"

namespace openmcp::api::ops {

using base::Errc;
namespace json = boost::json;

void add_ops(Router& router, Service& service, const bool& draining, OpsSources sources) {
  std::shared_ptr<Ops> ops(new Ops{.router = router,
                                   .service = service,
                                   .draining = draining,
                                   .sources = std::move(sources),
                                   .started = service.env.now()});
  add_health(ops);
  add_metrics(ops);
  add_status(ops);
  add_sessions(ops);
  add_tokens(ops);
  add_audit(ops);
  add_events(ops);
}

void add(const std::shared_ptr<Ops>& ops, std::string method, std::string pattern, std::string_view name, Role needs,
         base::Task<void> (*handler)(std::shared_ptr<Ops>, Call&)) {
  Route route{.method = std::move(method), .pattern = std::move(pattern), .name = name, .needs = needs, .handler = {}};
  route.handler = [ops, handler](Call& call) { return handler(ops, call); };
  ops->router.add(std::move(route));
}

struct Fields::State {
  json::object object;
};

Fields::Fields(const std::string& text) : state_(std::make_unique<State>()) {
  json::error_code failure;
  json::parse_options strict;
  strict.max_depth = 8;
  auto document = json::parse(text, failure, {}, strict);
  if (failure || !document.is_object())
    throw base::Error(Errc::invalid_argument, "the body is no JSON object", "{\"name\": ...}");
  state_->object = std::move(document.get_object());
}

Fields::~Fields() = default;

std::string Fields::text(std::string_view name) {
  auto found = state_->object.find(name);
  if (found == state_->object.end() || !found->value().is_string())
    throw base::Error(Errc::invalid_argument, fmt::format("'{}' is missing or no text", name));
  std::string out(found->value().get_string());
  state_->object.erase(found);
  return out;
}

std::string Fields::text_or(std::string_view name, std::string other) {
  auto found = state_->object.find(name);
  if (found == state_->object.end()) return other;
  if (!found->value().is_null()) return text(name);
  state_->object.erase(found);
  return other;
}

std::optional<std::int64_t> Fields::integer(std::string_view name) {
  auto found = state_->object.find(name);
  if (found == state_->object.end()) return std::nullopt;
  std::optional<std::int64_t> out;
  if (found->value().is_int64())
    out = found->value().get_int64();
  else if (!found->value().is_null())
    throw base::Error(Errc::invalid_argument, fmt::format("'{}' is no whole number", name));
  state_->object.erase(found);
  return out;
}

void Fields::end() const {
  if (state_->object.empty()) return;
  throw base::Error(Errc::invalid_argument,
                    fmt::format("'{}' is not known here", std::string_view(state_->object.begin()->key())));
}

void write_time(JsonWriter& json, std::string_view name, std::optional<std::int64_t> micros) {
  json.key(name);
  if (micros)
    json.value(iso_time(wall_time(*micros)));
  else
    json.null();
}

std::uint64_t number(const Call& call, std::string_view name, std::uint64_t other, std::uint64_t most) {
  const auto* text = call.parameter(name);
  if (!text) return other;
  std::uint64_t out = 0;
  auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (failure != std::errc() || end != text->data() + text->size() || out > most)
    throw base::Error(Errc::invalid_argument, fmt::format("{} is a number from 0 to {}", name, most));
  return out;
}

base::Path store_path(const Service& service) { return service.workspace.options().home; }

}  // namespace openmcp::api::ops
