// Typed settings from openmcp.toml and the environment. A room declares the keys it understands with their defaults;
// an unknown key is an error that names the file, the line and the nearest known key.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace openmcp::base {

using Setting = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// One key, "section.key". The default fixes the type. The environment override of "store.cache_mib" is
/// OPENMCP_STORE_CACHE_MIB.
struct SettingSpec {
  std::string key;
  Setting fallback;
  std::string help;
};

class Config {
public:
  explicit Config(std::vector<SettingSpec> known);

  /// Reads TOML text; `origin` is the file name for messages. Unknown keys and wrong types are errors with line.
  Result<void> read_toml(std::string_view text, std::string_view origin);
  /// Applies overrides; `lookup` returns the variable's value or nullptr (pass std::getenv).
  Result<void> read_environment(const std::function<const char*(const char*)>& lookup);

  bool flag(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;
  const std::string& text(std::string_view key) const;
  const std::vector<std::string>& list(std::string_view key) const;
  /// Where the value came from: "default", "openmcp.toml:12", "$OPENMCP_STORE_SYNC".
  const std::string& origin(std::string_view key) const;
  const std::vector<SettingSpec>& known() const noexcept { return known_; }

private:
  struct Value {
    Setting value;
    std::string origin;
  };
  const Value& at(std::string_view key) const;
  std::vector<SettingSpec> known_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace openmcp::base
