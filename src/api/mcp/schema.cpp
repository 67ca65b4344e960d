#include "api/mcp/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <set>

#include "ipld/utf8.hpp"

namespace openmcp::api::mcp {
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxProblems = 8;
constexpr unsigned kMaxNesting = 128;  ///< of schemas within each other, references included

constexpr std::array<std::string_view, 19> kAssertions = {
    "type",    "enum",     "const",    "properties", "required",  "additionalProperties",
    "items",   "minItems", "maxItems", "minLength",  "maxLength", "minimum",
    "maximum", "allOf",    "anyOf",    "oneOf",      "not",       "$ref",
    "if"};
constexpr std::array<std::string_view, 14> kAnnotations = {
    "$schema", "$id",      "$comment", "$anchor", "$defs", "title",        "description",
    "default", "examples", "format",   "then",    "else",  "x-mcp-header", "deprecated"};

bool one_of(std::string_view word, auto& words) { return std::ranges::find(words, word) != words.end(); }

/// Every keyword of every schema inside is one that is understood.
base::Result<void> check_keywords(const json::value& schema, unsigned depth = 0) {
  if (schema.is_bool()) return {};
  if (depth > kMaxNesting) return base::fail(base::Errc::invalid_argument, "reading a JSON schema: nested too deeply");
  if (!schema.is_object())
    return base::fail(base::Errc::invalid_argument, "reading a JSON schema: neither an object nor a boolean");
  for (auto& [key, value] : schema.get_object()) {
    if (!one_of(key, kAssertions) && !one_of(key, kAnnotations))
      return base::fail(base::Errc::unsupported,
                        fmt::format("reading a JSON schema: the keyword {} is not understood", std::string_view(key)));
    base::Result<void> inner;
    if (key == "properties" || key == "$defs") {
      if (!value.is_object()) return base::fail(base::Errc::invalid_argument, "reading a JSON schema: bad properties");
      for (auto& [name, child] : value.get_object())
        if (inner = check_keywords(child, depth + 1); !inner) return inner;
    } else if (key == "allOf" || key == "anyOf" || key == "oneOf") {
      if (!value.is_array()) return base::fail(base::Errc::invalid_argument, "reading a JSON schema: bad composition");
      for (auto& child : value.get_array())
        if (inner = check_keywords(child, depth + 1); !inner) return inner;
    } else if (key == "items" || key == "not" || key == "if" || key == "then" || key == "else" ||
               key == "additionalProperties") {
      if (inner = check_keywords(value, depth + 1); !inner) return inner;
    } else if (key == "$ref") {
      if (!value.is_string() || !value.get_string().starts_with("#/"))
        return base::fail(base::Errc::unsupported, "reading a JSON schema: a $ref to another document");
    }
  }
  return {};
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    if (!ipld::take_utf8(text)) text.remove_prefix(1);
    ++count;
  }
  return count;
}

bool is_integer(const json::value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  return value.is_double() && std::isfinite(value.get_double()) && std::floor(value.get_double()) == value.get_double();
}

double number(const json::value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return value.is_double() ? value.get_double() : 0;
}

bool has_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return is_integer(value);
  if (type == "number") return value.is_number();
  return false;
}

class Check {
public:
  explicit Check(const json::value& document) : document_(document) {}

  std::vector<std::string> take() { return std::move(problems_); }

  void value(const json::value& schema, const json::value& value, const std::string& at, unsigned depth = 0) {
    if (problems_.size() >= kMaxProblems) return;
    if (schema.is_bool()) {
      if (!schema.get_bool()) problem(at, "is not allowed");
      return;
    }
    if (!schema.is_object() || depth > kMaxNesting)
      return problem(at, "cannot be checked: the schema is nested too deeply");
    auto& rules = schema.get_object();
    if (auto* reference = rules.if_contains("$ref")) this->reference(reference->get_string(), value, at, depth);
    if (auto* type = rules.if_contains("type"); type && !check_type(*type, value, at)) return;
    if (auto* allowed = rules.if_contains("enum")) {
      if (std::ranges::find(allowed->as_array(), value) == allowed->as_array().end())
        problem(at, "must be one of " + json::serialize(*allowed));
    }
    if (auto* only = rules.if_contains("const"); only && *only != value)
      problem(at, "must be " + json::serialize(*only));
    if (value.is_string()) text(rules, value.get_string(), at);
    if (value.is_number()) range(rules, value, at);
    if (value.is_array()) array(rules, value.get_array(), at, depth);
    if (value.is_object()) object(rules, value.get_object(), at, depth);
    composed(rules, value, at, depth);
  }

  void reference(std::string_view pointer, const json::value& value, const std::string& at, unsigned depth = 0) {
    json::error_code error;
    const auto* target = document_.find_pointer(pointer.substr(1), error);
    if (!target) return problem(at, fmt::format("cannot be checked: {} is not in the schema", pointer));
    this->value(*target, value, at, depth + 1);
  }

private:
  void problem(const std::string& at, std::string_view what) {
    if (problems_.size() < kMaxProblems)
      problems_.push_back(at.empty() ? std::string(what) : fmt::format("{}: {}", at, what));
  }

  bool holds(const json::value& schema, const json::value& value, unsigned depth) const {
    Check inner(document_);
    inner.value(schema, value, "", depth + 1);
    return inner.problems_.empty();
  }

  bool check_type(const json::value& type, const json::value& value, const std::string& at) {
    if (type.is_string()) {
      if (has_type(value, type.get_string())) return true;
      problem(at, fmt::format("must be {} {}", vowels.contains(type.get_string().front()) ? "an" : "a",
                              std::string_view(type.get_string())));
      return false;
    }
    for (auto& each : type.as_array())
      if (each.is_string() && has_type(value, each.get_string())) return true;
    problem(at, "must be of one of the types " + json::serialize(type));
    return false;
  }

  void text(const json::object& rules, std::string_view text, const std::string& at) {
    auto* least = rules.if_contains("minLength");
    auto* most = rules.if_contains("maxLength");
    if (!least && !most) return;
    auto length = static_cast<double>(characters(text));
    if (least && length < number(*least)) problem(at, fmt::format("must have at least {} characters", number(*least)));
    if (most && length > number(*most)) problem(at, fmt::format("must have at most {} characters", number(*most)));
  }

  void range(const json::object& rules, const json::value& value, const std::string& at) {
    if (auto* least = rules.if_contains("minimum"); least && number(value) < number(*least))
      problem(at, "must be at least " + json::serialize(*least));
    if (auto* most = rules.if_contains("maximum"); most && number(value) > number(*most))
      problem(at, "must be at most " + json::serialize(*most));
  }

  void array(const json::object& rules, const json::array& items, const std::string& at, unsigned depth) {
    auto count = static_cast<double>(items.size());
    if (auto* least = rules.if_contains("minItems"); least && count < number(*least))
      problem(at, fmt::format("must have at least {} items", number(*least)));
    if (auto* most = rules.if_contains("maxItems"); most && count > number(*most))
      problem(at, fmt::format("must have at most {} items", number(*most)));
    auto* schema = rules.if_contains("items");
    for (std::size_t i = 0; schema && i < items.size(); ++i)
      value(*schema, items[i], fmt::format("{}[{}]", at, i), depth + 1);
  }

  void object(const json::object& rules, const json::object& object, const std::string& at, unsigned depth) {
    auto inside = [&at](std::string_view key) { return at.empty() ? std::string(key) : fmt::format("{}.{}", at, key); };
    if (auto* required = rules.if_contains("required")) {
      for (auto& name : required->as_array())
        if (!object.contains(name.as_string())) problem(inside(name.as_string()), "is required");
    }
    const json::object* properties = nullptr;
    if (auto* found = rules.if_contains("properties")) properties = &found->get_object();
    auto* additional = rules.if_contains("additionalProperties");
    for (auto& [key, member] : object) {
      const auto* schema = properties ? properties->if_contains(key) : nullptr;
      if (schema) {
        value(*schema, member, inside(key), depth + 1);
      } else if (additional && additional->is_bool() && !additional->get_bool()) {
        problem(inside(key), "is not known");
      } else if (additional) {
        value(*additional, member, inside(key), depth + 1);
      }
    }
  }

  void composed(const json::object& rules, const json::value& value, const std::string& at, unsigned depth) {
    if (auto* all = rules.if_contains("allOf"))
      for (auto& each : all->get_array()) this->value(each, value, at, depth + 1);
    if (auto* any = rules.if_contains("anyOf")) {
      if (std::ranges::none_of(any->get_array(), [&](auto& each) { return holds(each, value, depth); }))
        problem(at, "fits none of the forms allowed");
    }
    if (auto* one = rules.if_contains("oneOf")) {
      auto fits = std::ranges::count_if(one->get_array(), [&](auto& each) { return holds(each, value, depth); });
      if (fits != 1) problem(at, "must fit exactly one of the forms allowed");
    }
    if (auto* no = rules.if_contains("not"); no && holds(*no, value, depth)) problem(at, "is not allowed");
    if (auto* condition = rules.if_contains("if")) {
      auto* next = rules.if_contains(holds(*condition, value, depth) ? "then" : "else");
      if (next) this->value(*next, value, at, depth + 1);
    }
  }

  static constexpr std::string_view vowels = "aeiou";
  const json::value& document_;
  std::vector<std::string> problems_;
};

}  // namespace

base::Result<Schema> Schema::read(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxNesting;
  json::error_code error;
  auto value = json::parse(text, error, {}, options);
  if (error) return base::fail(base::Errc::invalid_argument, "reading a JSON schema: " + error.message());
  if (auto checked = check_keywords(value); !checked) return std::unexpected(std::move(checked).error());
  return Schema(std::make_shared<const json::value>(std::move(value)));
}

std::vector<std::string> Schema::problems(const json::value& value) const {
  Check check(*document_);
  check.value(*document_, value, "");
  return check.take();
}

std::vector<std::string> Schema::problems_of(std::string_view definition, const json::value& value) const {
  Check check(*document_);
  check.reference(fmt::format("#/$defs/{}", definition), value, "");
  return check.take();
}

}  // namespace openmcp::api::mcp
