#include "base/config.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

namespace openmcp::base {
namespace {

constexpr std::size_t kLargestFile = 1u << 20;  ///< bytes; a settings file beyond this is a mistake

std::string_view type_name(const Setting& setting) {
  static constexpr std::string_view kNames[] = {"true or false", "a whole number", "a number", "a text",
                                                "a list of texts"};
  return kNames[setting.index()];
}

/// How many letters must be changed, added or removed to make `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string hint_for_unknown(std::string_view key, const std::vector<SettingSpec>& known) {
  const SettingSpec* nearest = nullptr;
  std::size_t least = 0;
  std::string_view compared = key.substr(0, 100);
  for (const auto& spec : known) {
    std::size_t distance = edit_distance(compared, spec.key);
    if (!nearest || distance < least) {
      nearest = &spec;
      least = distance;
    }
  }
  if (nearest && least <= std::max<std::size_t>(2, key.size() / 3)) {
    return fmt::format("did you mean '{}'?", nearest->key);
  }
  return "remove it; the known keys are listed in the documentation of the settings";
}

const SettingSpec* find(const std::vector<SettingSpec>& known, std::string_view key) {
  auto at = std::ranges::find(known, key, &SettingSpec::key);
  return at == known.end() ? nullptr : &*at;
}

/// The value of a TOML node as the type that `like` has; nullopt when it has another.
std::optional<Setting> from_toml(const toml::node& node, const Setting& like) {
  if (std::holds_alternative<bool>(like)) {
    if (auto value = node.value_exact<bool>()) return *value;
  } else if (std::holds_alternative<std::int64_t>(like)) {
    if (auto value = node.value_exact<std::int64_t>()) return *value;
  } else if (std::holds_alternative<double>(like)) {
    if (auto value = node.value_exact<double>()) return *value;
    if (auto value = node.value_exact<std::int64_t>()) return static_cast<double>(*value);
  } else if (std::holds_alternative<std::string>(like)) {
    if (auto value = node.value_exact<std::string>()) return *std::move(value);
  } else if (const auto* array = node.as_array()) {
    std::vector<std::string> list;
    for (const auto& element : *array) {
      auto text = element.value_exact<std::string>();
      if (!text) return std::nullopt;
      list.push_back(*std::move(text));
    }
    return list;
  }
  return std::nullopt;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Setting> parse_number(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The same from an environment variable.
std::optional<Setting> from_text(std::string_view text, const Setting& like) {
  if (std::holds_alternative<bool>(like)) {
    if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
    return std::nullopt;
  }
  if (std::holds_alternative<std::int64_t>(like)) return parse_number<std::int64_t>(text);
  if (std::holds_alternative<double>(like)) return parse_number<double>(text);
  if (std::holds_alternative<std::string>(like)) return std::string(text);
  std::vector<std::string> list;
  while (!text.empty()) {
    auto comma = text.find(',');
    if (auto part = trim(text.substr(0, comma)); !part.empty()) list.emplace_back(part);
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
  }
  return list;
}

std::string variable_of(std::string_view key) {
  std::string name = "OPENMCP_";
  for (char c : key) {
    if (c == '.' || c == '-') {
      name += '_';
    } else {
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return name;
}

struct Found {
  std::string key;
  const toml::node* node;
  std::uint32_t line;
};

/// The leaves of the tables, and tables without any, in the order of their lines.
void flatten(const toml::table& table, const std::string& prefix, const std::vector<SettingSpec>& known,
             std::vector<Found>& out) {
  for (const auto& [name, node] : table) {
    std::string key = prefix + std::string(name.str());
    const auto* inner = node.as_table();
    std::string inside = key + ".";
    bool section = std::ranges::any_of(known, [&inside](const auto& spec) { return spec.key.starts_with(inside); });
    if (inner && (section || !inner->empty())) {
      flatten(*inner, inside, known, out);
    } else {
      out.push_back({std::move(key), &node, name.source().begin.line});
    }
  }
}

}  // namespace

Config::Config(std::vector<SettingSpec> known) : known_(std::move(known)) {
  for (const auto& spec : known_) {
    auto [at, added] = values_.try_emplace(spec.key, Value{spec.fallback, "default"});
    if (!added) throw Error(Errc::internal, fmt::format("the setting '{}' is declared twice", spec.key));
  }
}

Result<void> Config::read_toml(std::string_view text, std::string_view origin) {
  if (text.size() > kLargestFile) {
    return fail(Errc::too_large, fmt::format("{}:1: the file has more than {} bytes", origin, kLargestFile));
  }
  toml::table parsed;
  try {
    parsed = toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    return fail(Errc::invalid_argument,
                fmt::format("{}:{}: {}", origin, std::max(1u, error.source().begin.line), error.description()),
                "see https://toml.io for the form of the file");
  }
  std::vector<Found> found;
  flatten(parsed, "", known_, found);
  std::ranges::sort(found, {}, [](const Found& each) { return std::tie(each.line, each.key); });
  // All or nothing: a file with an error changes no setting.
  std::vector<std::pair<Value*, Value>> changes;
  for (const auto& [key, node, line] : found) {
    const auto* spec = find(known_, key);
    if (!spec) {
      return fail(Errc::invalid_argument, fmt::format("{}:{}: unknown key '{}'", origin, line, key),
                  hint_for_unknown(key, known_));
    }
    auto value = from_toml(*node, spec->fallback);
    if (!value) {
      return fail(Errc::invalid_argument,
                  fmt::format("{}:{}: '{}' must be {}", origin, line, key, type_name(spec->fallback)), spec->help);
    }
    changes.emplace_back(&values_.find(key)->second, Value{*std::move(value), fmt::format("{}:{}", origin, line)});
  }
  for (auto& [target, value] : changes) *target = std::move(value);
  return {};
}

Result<void> Config::read_environment(const std::function<const char*(const char*)>& lookup) {
  for (const auto& spec : known_) {
    auto name = variable_of(spec.key);
    const char* text = lookup(name.c_str());
    if (!text) continue;
    auto value = from_text(text, spec.fallback);
    if (!value) {
      return fail(
          Errc::invalid_argument,
          fmt::format("${}: '{}' must be {}", name, std::string_view(text).substr(0, 100), type_name(spec.fallback)),
          spec.help);
    }
    values_.find(spec.key)->second = {*std::move(value), "$" + name};
  }
  return {};
}

const Config::Value& Config::at(std::string_view key) const {
  auto found = values_.find(key);
  if (found == values_.end()) throw Error(Errc::internal, fmt::format("the setting '{}' is not declared", key));
  return found->second;
}

bool Config::flag(std::string_view key) const { return std::get<bool>(at(key).value); }
std::int64_t Config::integer(std::string_view key) const { return std::get<std::int64_t>(at(key).value); }
double Config::number(std::string_view key) const { return std::get<double>(at(key).value); }
const std::string& Config::text(std::string_view key) const { return std::get<std::string>(at(key).value); }
const std::vector<std::string>& Config::list(std::string_view key) const {
  return std::get<std::vector<std::string>>(at(key).value);
}
const std::string& Config::origin(std::string_view key) const { return at(key).origin; }

}  // namespace openmcp::base
