// Header fields of a message: ordered, names compared without case (RFC 9110 section 5).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openmcp::http {

class Headers {
public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  /// Behind those that are there.
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// In the place of all of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);

  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// The first of that name; nullptr: none.
  const std::string* find(std::string_view name) const noexcept;
  /// The first of that name; "" when there is none.
  std::string_view get(std::string_view name) const noexcept;
  std::vector<std::string_view> all(std::string_view name) const;
  /// Whether a comma-separated field ("Connection", "Accept-Encoding") has this token, without case.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

private:
  std::vector<Field> fields_;
};

/// ASCII only.
bool equal_without_case(std::string_view a, std::string_view b) noexcept;

}  // namespace openmcp::http
