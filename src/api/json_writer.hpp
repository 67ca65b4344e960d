// JSON for output: a small writer. Keys come out in the order in which they are added; text that is not UTF-8 gets
// U+FFFD, so that the answer is always JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace openmcp::api {

class JsonWriter {
public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool on) { return raw(on ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    return raw(std::to_string(number));
  }
  JsonWriter& value(double number);
  JsonWriter& null() { return raw("null"); }
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& field(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  template <class Range>
  JsonWriter& strings(std::string_view name, const Range& texts) {
    key(name).begin_array();
    for (auto& text : texts) value(std::string_view(text));
    return end_array();
  }

  const std::string& text() const noexcept { return out_; }
  std::string take() { return std::move(out_); }

private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  std::string out_;
  bool first_ = true;
};

/// The text in double quotes.
std::string json_quoted(std::string_view text);

}  // namespace openmcp::api
