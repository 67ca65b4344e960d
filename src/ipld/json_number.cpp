#include "ipld/json_number.hpp"

#include <charconv>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace openmcp::ipld {

void append_json_float(std::string& out, double value) {
  // "-d.ddde-XX": the shortest digits and their exponent, taken apart and laid out again.
  char text[32];
  const char* end = std::to_chars(text, std::end(text), value, std::chars_format::scientific).ptr;
  std::string_view rest(text, static_cast<std::size_t>(end - text));
  if (rest.starts_with('-')) {
    out += '-';
    rest.remove_prefix(1);
  }
  const std::size_t e = rest.find('e');
  std::string digits(rest.substr(0, 1));
  if (e > 2) digits += rest.substr(2, e - 2);
  int exponent = 0;
  std::from_chars(rest.data() + e + (rest[e + 1] == '+' ? 2 : 1), end, exponent);

  // ECMA-262, Number::toString: the value is 0.<digits> times ten to the power of `point`.
  const int count = static_cast<int>(digits.size()), point = exponent + 1;
  if (point > 21 || point <= -6) {
    out += digits[0];
    if (count > 1) out.append(1, '.').append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0').append(".0");
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point))
        .append(1, '.')
        .append(digits, static_cast<std::size_t>(point));
  }
}

}  // namespace openmcp::ipld
