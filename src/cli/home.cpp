#include "cli/home.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/result.hpp"

namespace openmcp::cli {

using base::Path;

namespace {

constexpr std::string_view kDirectory = ".openmcp";

std::string variable(const HomeQuestion& question, const char* name) {
  const char* value = question.variable(name);
  return value ? value : "";
}

Path parent_of(const Path& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == Path::npos ? "/" : path.substr(0, slash);
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_directory(base::Disk& disk, const Path& path) {
  auto info = disk.stat(path);
  return info && info->kind == base::FileKind::directory;
}

}  // namespace

std::string_view to_string(HomeFrom from) noexcept {
  switch (from) {
    case HomeFrom::option:
      return "--home";
    case HomeFrom::environment:
      return "$OPENMCP_HOME";
    case HomeFrom::nearest:
      return "nearest .openmcp";
    case HomeFrom::user:
      return "user's data directory";
  }
  return "";
}

Path absolute_path(const Path& directory, const Path& path) {
  auto whole = base::join(directory, path);
  std::vector<std::string_view> parts;
  std::string_view rest = whole;
  while (!rest.empty()) {
    auto slash = rest.find('/');
    auto part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  Path out;
  for (auto part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

Home find_home(base::Disk& disk, const HomeQuestion& question) {
  auto named = [&](Path path, HomeFrom from) {
    Home home{.path = absolute_path(question.working_directory, path), .from = from, .root = "/"};
    if (last_part(home.path) == kDirectory) home.root = parent_of(home.path);
    home.exists = is_directory(disk, home.path);
    return home;
  };
  if (question.option) {
    if (question.option->empty()) {
      throw base::Error(base::Errc::invalid_argument, "option --home is empty", "name the store's directory");
    }
    return named(*question.option, HomeFrom::option);
  }
  if (auto path = variable(question, "OPENMCP_HOME"); !path.empty()) return named(path, HomeFrom::environment);
  for (Path directory = question.working_directory;; directory = parent_of(directory)) {
    auto candidate = base::join(directory, kDirectory);
    if (is_directory(disk, candidate)) {
      if (question.trusted && !question.trusted(candidate)) {
        throw base::Error(base::Errc::permission, fmt::format("the store {} belongs to another user", candidate),
                          fmt::format("to use it all the same: --home '{}'", candidate));
      }
      return {.path = candidate, .from = HomeFrom::nearest, .root = directory, .exists = true};
    }
    if (directory == "/") break;
  }
  auto user = variable(question, "HOME");
  Path data = variable(question, "XDG_DATA_HOME");
  if (data.empty() || data[0] != '/') {
    if (user.empty()) {
      throw base::Error(base::Errc::not_found, "there is no place for a store: neither $HOME nor $XDG_DATA_HOME is set",
                        "give --home DIR, set $OPENMCP_HOME, or run 'openmcp init'");
    }
    data = base::join(user, ".local/share");
  }
  Home home{.path = base::join(data, "openmcp"), .from = HomeFrom::user, .root = user.empty() ? "/" : user};
  home.path = absolute_path("/", home.path);
  home.root = absolute_path("/", home.root);
  home.exists = is_directory(disk, home.path);
  return home;
}

}  // namespace openmcp::cli
