#include "api/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "api/json_spans.hpp"
#include "api/json_writer.hpp"

namespace openmcp::api {

namespace {

namespace json = boost::json;

constexpr std::size_t kDepth = 100;       ///< of nesting; metadata has its own, narrower bound
constexpr std::size_t kShown = 4u << 10;  ///< bytes of an input that is sent back
constexpr std::size_t kShownDepth = 16;

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

/// Bytes that the JSON text of a value takes at least; stops counting at kShown, which what is nested deeply has too.
std::size_t weight(const json::value& value, std::size_t depth = 0) {
  if (depth > kShownDepth) return kShown;
  std::size_t sum = 1;
  if (auto text = value.if_string()) return sum + text->size();
  if (auto array = value.if_array())
    for (auto each = array->begin(); each != array->end() && sum < kShown; ++each) sum += weight(*each, depth + 1);
  if (auto object = value.if_object())
    for (auto each = object->begin(); each != object->end() && sum < kShown; ++each)
      sum += each->key().size() + weight(each->value(), depth + 1);
  return sum;
}

std::string shown(const json::value& value) {
  if (weight(value) >= kShown) return "null";
  return json::serialize(value);
}

std::string bound(std::string_view name, std::uint64_t value) { return fmt::format("{{\"{}\":{}}}", name, value); }

json::value parse(const std::string& text, const std::string& where) {
  json::parse_options options;
  options.max_depth = kDepth;
  json::parser parser({}, options);
  boost::system::error_code error;
  const auto done = parser.write_some(text.data(), text.size(), error);
  auto end = done;
  if (!error && done < text.size()) {
    end = text.find_first_not_of(" \t\r\n", done);
    if (end != std::string::npos) error = json::error::extra_data;
  }
  if (!error) return parser.release();
  // Positions are characters, as Python counts them.
  auto until = text.begin() + static_cast<std::ptrdiff_t>(std::min(end, text.size()));
  const auto at = std::count_if(text.begin(), until, [](char c) { return (c & 0xc0) != 0x80; });
  const bool extra = error == json::error::extra_data;
  throw InvalidRequest(Invalid{.type = "json_invalid",
                               .loc = fmt::format("[{},{}]", where, at),
                               .msg = "JSON decode error",
                               .input = "{}",
                               .ctx = fmt::format("{{\"error\":\"{}\"}}", extra ? "Extra data" : "Expecting value")});
}

}  // namespace

struct Body::State {
  struct Document {
    std::string text;
    json::value value;
  };
  std::shared_ptr<const Document> document;
  std::string_view text;  ///< of this object
  std::string where;
  const json::value* value = nullptr;
  const json::object* object = nullptr;
  std::vector<Invalid> wrong;

  /// Null: absent or JSON null.
  const json::value* find(std::string_view name) const {
    auto found = object->if_contains(view(name));
    return found && !found->is_null() ? found : nullptr;
  }
  std::string loc(std::string_view name) const { return fmt::format("[{},{}]", where, json_quoted(name)); }
  std::string loc(std::string_view name, std::size_t index) const {
    return fmt::format("[{},{},{}]", where, json_quoted(name), index);
  }
  std::string loc(std::string_view name, std::size_t index, std::string_view member) const {
    return fmt::format("[{},{},{},{}]", where, json_quoted(name), index, json_quoted(member));
  }
  void note(std::string loc, std::string type, std::string msg, std::string input, std::string ctx = {}) {
    wrong.push_back({.type = std::move(type),
                     .loc = std::move(loc),
                     .msg = std::move(msg),
                     .input = std::move(input),
                     .ctx = std::move(ctx)});
  }
  void missing(std::string loc, const json::value& input) {
    note(std::move(loc), "missing", "Field required", shown(input));
  }
  void not_a(std::string loc, std::string type, std::string_view what, const json::value& input) {
    note(std::move(loc), std::move(type), fmt::format("Input should be a valid {}", what), shown(input));
  }
  void value_error(std::string loc, const base::Error& error, const json::value& input) {
    auto message = public_message(error);
    JsonWriter ctx;
    ctx.begin_object().field("error", message).end_object();
    note(std::move(loc), "value_error", "Value error, " + message, shown(input), ctx.take());
  }

  const json::string* string(std::string_view name, bool required) {
    auto found = object->if_contains(view(name));
    if (!found) {
      if (required) missing(loc(name), *value);
      return nullptr;
    }
    if (found->is_null() && !required) return nullptr;
    if (auto text_value = found->if_string()) return text_value;
    not_a(loc(name), "string_type", "string", *found);
    return nullptr;
  }
  const json::array* array(std::string_view name, std::size_t most) {
    auto found = find(name);
    if (!found) return nullptr;
    auto items = found->if_array();
    if (!items) {
      not_a(loc(name), "list_type", "list", *found);
      return nullptr;
    }
    if (items->size() <= most) return items;
    note(loc(name), "too_long",
         fmt::format("List should have at most {} items after validation, not {}", most, items->size()), "null",
         fmt::format("{{\"field_type\":\"List\",\"max_length\":{},\"actual_length\":{}}}", most, items->size()));
    return nullptr;
  }
  bool length_fits(std::string_view text_value, std::size_t min, std::size_t max, std::string place,
                   const json::value& input) {
    if (text_value.size() < min) {
      note(std::move(place), "string_too_short",
           fmt::format("String should have at least {} character{}", min, min == 1 ? "" : "s"), shown(input),
           bound("min_length", min));
      return false;
    }
    if (text_value.size() > max) {
      note(std::move(place), "string_too_long", fmt::format("String should have at most {} characters", max),
           shown(input), bound("max_length", max));
      return false;
    }
    return true;
  }
};

Body::Body(std::string text, std::string where) : state_(std::make_unique<State>()) {
  auto document = std::make_shared<State::Document>();
  document->text = std::move(text);
  state_->where = std::move(where);
  if (document->text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw InvalidRequest(
        Invalid{.type = "missing", .loc = fmt::format("[{}]", state_->where), .msg = "Field required"});
  document->value = parse(document->text, state_->where);
  state_->text = document->text;
  state_->value = &document->value;
  state_->object = document->value.if_object();
  state_->document = std::move(document);
  if (state_->object) return;
  throw InvalidRequest(Invalid{.type = "model_attributes_type",
                               .loc = fmt::format("[{}]", state_->where),
                               .msg = "Input should be a valid dictionary or object to extract fields from",
                               .input = shown(*state_->value)});
}

Body::Body(std::unique_ptr<State> state) : state_(std::move(state)) {}
Body::~Body() = default;
Body::Body(Body&&) noexcept = default;
Body& Body::operator=(Body&&) noexcept = default;

bool Body::has(std::string_view name) const { return state_->find(name) != nullptr; }

std::optional<Body> Body::object(std::string_view name) {
  auto found = state_->find(name);
  if (!found) return std::nullopt;
  if (!found->is_object()) {
    state_->not_a(state_->loc(name), "dict_type", "dictionary", *found);
    return std::nullopt;
  }
  auto inner = std::make_unique<State>();
  inner->document = state_->document;
  inner->text = json_member(state_->text, name).value_or(std::string_view());
  inner->where = fmt::format("{},{}", state_->where, json_quoted(name));
  inner->value = found;
  inner->object = found->if_object();
  return Body(std::move(inner));
}

std::optional<std::string_view> Body::raw(std::string_view name) const { return json_member(state_->text, name); }

std::optional<std::string> Body::text(std::string_view name, Text rule) {
  auto found = state_->string(name, rule.required);
  if (!found) return std::nullopt;
  if (!state_->length_fits(view(*found), rule.min, rule.max, state_->loc(name), *found)) return std::nullopt;
  return std::string(view(*found));
}

std::optional<base::SharedBytes> Body::bytes(std::string_view name, bool required) {
  auto found = state_->string(name, required);
  if (!found) return std::nullopt;
  return base::SharedBytes(state_->document, base::as_bytes(view(*found)));
}

std::optional<std::vector<std::string>> Body::texts(std::string_view name, std::size_t most, std::size_t longest) {
  auto items = state_->array(name, most);
  if (!items) return std::nullopt;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto& item = (*items)[i];
    if (auto found = item.if_string()) {
      if (state_->length_fits(view(*found), 1, longest, state_->loc(name, i), item)) out.emplace_back(view(*found));
    } else {
      state_->not_a(state_->loc(name, i), "string_type", "string", item);
    }
  }
  return out;
}

std::optional<bool> Body::flag(std::string_view name) {
  auto found = state_->find(name);
  if (!found) return std::nullopt;
  if (auto value = found->if_bool()) return *value;
  state_->not_a(state_->loc(name), "bool_type", "boolean", *found);
  return std::nullopt;
}

std::optional<std::uint64_t> Body::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
  auto found = state_->find(name);
  if (!found) return std::nullopt;
  std::optional<std::int64_t> value;
  if (auto whole = found->if_int64()) value = *whole;
  if (found->is_uint64()) value = INT64_MAX;
  // 2.0 is the integer 2, for JSON Schema as for pydantic.
  if (auto real = found->if_double(); real && *real == std::floor(*real) && std::abs(*real) < 9e15)
    value = static_cast<std::int64_t>(*real);
  if (!value) {
    state_->not_a(state_->loc(name), "int_type", "integer", *found);
    return std::nullopt;
  }
  if (*value < 0 || static_cast<std::uint64_t>(*value) < least) {
    state_->note(state_->loc(name), "greater_than_equal",
                 fmt::format("Input should be greater than or equal to {}", least), shown(*found), bound("ge", least));
    return std::nullopt;
  }
  if (static_cast<std::uint64_t>(*value) > most) {
    state_->note(state_->loc(name), "less_than_equal", fmt::format("Input should be less than or equal to {}", most),
                 shown(*found), bound("le", most));
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*value);
}

std::optional<std::string> Body::metadata(std::string_view name) {
  auto found = state_->find(name);
  if (!found) return std::nullopt;
  if (!found->is_object()) {
    state_->not_a(state_->loc(name), "dict_type", "dictionary", *found);
    return std::nullopt;
  }
  // From the text: a key may be written with escapes, then the parsed value has to do.
  auto raw = json_member(state_->text, name);
  auto canonical = context::canonical_json(raw ? *raw : std::string_view(json::serialize(*found)));
  if (canonical) return *std::move(canonical);
  state_->value_error(state_->loc(name), canonical.error(), *found);
  return std::nullopt;
}

std::optional<std::vector<context::Relation>> Body::relations(std::string_view name) {
  auto items = state_->array(name, context::kMaxRelations);
  if (!items) return std::nullopt;
  std::vector<context::Relation> out;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto& item = (*items)[i];
    auto object = item.if_object();
    if (!object) {
      state_->not_a(state_->loc(name, i), "dict_type", "dictionary", item);
      continue;
    }
    auto member = [&](std::string_view key) -> const json::string* {
      auto found = object->if_contains(view(key));
      auto text_value = found ? found->if_string() : nullptr;
      if (!found)
        state_->missing(state_->loc(name, i, key), item);
      else if (!text_value)
        state_->not_a(state_->loc(name, i, key), "string_type", "string", *found);
      return text_value;
    };
    auto kind = member("kind");
    auto id = member("id");
    if (!kind || !id) continue;
    if (!state_->length_fits(view(*kind), 1, context::kMaxKind, state_->loc(name, i, "kind"), *kind)) continue;
    auto target = parse_uuid(view(*id));
    if (!target) {
      state_->wrong.push_back(invalid_uuid(view(*id), state_->loc(name, i, "id")));
      continue;
    }
    out.push_back({.kind = std::string(view(*kind)), .target = *target});
  }
  return out;
}

std::optional<context::ContextId> Body::id(std::string_view name) {
  auto found = state_->string(name, false);
  if (!found) return std::nullopt;
  if (auto id = parse_uuid(view(*found))) return *id;
  state_->wrong.push_back(invalid_uuid(view(*found), state_->loc(name)));
  return std::nullopt;
}

std::optional<std::vector<context::ContextId>> Body::ids(std::string_view name, std::size_t most) {
  auto items = texts(name, most, 64);
  if (!items) return std::nullopt;
  std::vector<context::ContextId> out;
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto id = parse_uuid((*items)[i]);
    if (id)
      out.push_back(*id);
    else
      state_->wrong.push_back(invalid_uuid((*items)[i], state_->loc(name, i)));
  }
  return out;
}

std::optional<ipld::Cid> Body::cid(std::string_view name) {
  auto found = state_->string(name, false);
  if (!found) return std::nullopt;
  auto cid = ipld::Cid::parse(view(*found));
  if (cid) return *cid;
  state_->value_error(state_->loc(name), cid.error(), *found);
  return std::nullopt;
}

std::optional<std::vector<ipld::Cid>> Body::cids(std::string_view name, std::size_t most) {
  auto items = texts(name, most, 512);
  if (!items) return std::nullopt;
  std::vector<ipld::Cid> out;
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto cid = ipld::Cid::parse((*items)[i]);
    if (cid)
      out.push_back(*cid);
    else
      state_->value_error(state_->loc(name, i), cid.error(), json::value(json::string((*items)[i])));
  }
  return out;
}

void Body::wrong(std::string_view name, std::string type, std::string msg, std::string ctx) {
  auto found = state_->object->if_contains(view(name));
  state_->note(state_->loc(name), std::move(type), std::move(msg), found ? shown(*found) : "null", std::move(ctx));
}

void Body::check() const {
  if (!state_->wrong.empty()) throw InvalidRequest(state_->wrong);
}

}  // namespace openmcp::api
