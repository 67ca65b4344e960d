#include "context/source_path.hpp"

#include <string_view>
#include <vector>

namespace openmcp::context {

base::Path normal_path(const base::Path& path) {
  std::vector<std::string_view> parts;
  std::string_view rest = path;
  while (!rest.empty()) {
    auto end = std::min(rest.find('/'), rest.size());
    auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty())
      parts.pop_back();
  }
  base::Path out;
  for (auto part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

std::optional<std::string> source_of(const base::Path& root, const base::Path& file) {
  if (!root.starts_with('/') || !file.starts_with('/')) return std::nullopt;
  auto below = normal_path(root), path = normal_path(file);
  if (below != "/") below += '/';
  if (path.size() <= below.size() || !path.starts_with(below)) return std::nullopt;
  return path.substr(below.size());
}

}  // namespace openmcp::context
