// Floats in dag-json's text.
#pragma once

#include <string>

namespace openmcp::ipld {

/// Appends the shortest decimal that reads back as `value`, laid out as ECMAScript's Number::toString does, and ".0"
/// behind it where that would look like a whole number. Precondition: finite.
void append_json_float(std::string& out, double value);

}  // namespace openmcp::ipld
