// Where the values of a JSON text lie in it. Metadata is kept as it was written (a parser's numbers would not be), and
// the operations of a bulk request are parsed one by one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::api {

struct JsonMember {
  std::string_view key;    ///< between its quotes, escapes as they are
  std::string_view value;  ///< its text
};
/// The members of an object in order, repeated ones too; nullopt: not an object. The values are cut out, not checked:
/// each is balanced, but may be no JSON.
std::optional<std::vector<JsonMember>> json_members(std::string_view text);
std::optional<std::vector<std::string_view>> json_elements(std::string_view text);
/// The last member of that plain name.
std::optional<std::string_view> json_member(std::string_view text, std::string_view name);

}  // namespace openmcp::api
