// The parts of a multipart/byteranges body, read strictly.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace openmcp::test {

/// Content-Range and bytes of each.
using Parts = std::vector<std::pair<std::string, std::string>>;

inline Parts parts_of(const std::string& type, const std::string& body) {
  const std::string kind = "multipart/byteranges; boundary=", range = "\r\nContent-Range: ", head_end = "\r\n\r\n";
  Parts out;
  if (!type.starts_with(kind)) {
    ADD_FAILURE() << "not several parts but " << type;
    return out;
  }
  const auto mark = "\r\n--" + type.substr(kind.size());
  const auto text = "\r\n" + body;  // the first delimiter stands at the beginning
  for (std::size_t at = 0; text.substr(at, mark.size() + 4) != mark + "--\r\n";) {
    const auto field = text.find(range, at), head = text.find(head_end, at), end = text.find(mark, head);
    if (!text.substr(at).starts_with(mark + "\r\n") || field > head || end == std::string::npos) {
      ADD_FAILURE() << "no part at " << at << " of " << text;
      return out;
    }
    const auto value = field + range.size();
    out.emplace_back(text.substr(value, text.find("\r\n", value) - value),
                     text.substr(head + head_end.size(), end - head - head_end.size()));
    at = end;
  }
  return out;
}

}  // namespace openmcp::test
