#include "api/gateway/redirects_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "http/url.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::fail;

constexpr std::array<unsigned, 9> kStatuses{200, 301, 302, 303, 307, 308, 404, 410, 451};
constexpr std::size_t kMaxPlaceholders = 64;

using Placeholders = std::vector<std::pair<std::string_view, std::string_view>>;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    auto first = line.find_first_not_of(" \t");
    if (first == line.npos) return words;
    line = line.substr(first);
    auto end = line.find_first_of(" \t");
    words.push_back(line.substr(0, end));
    if (end == line.npos) return words;
    line = line.substr(end);
  }
}

std::string_view take_segment(std::string_view& path) {
  auto at = path.find('/');
  auto segment = path.substr(0, at);
  path = at == path.npos ? std::string_view() : path.substr(at + 1);
  return segment;
}

bool name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// "" when the rule is good.
std::string fault_of(const RedirectRule& rule) {
  if (!rule.from.starts_with('/')) return "the path to redirect from must begin with '/'";
  bool absolute = rule.to.starts_with("http://") || rule.to.starts_with("https://");
  if (!absolute && !rule.to.starts_with('/')) return "the target must begin with '/', http:// or https://";
  if (rule.to.starts_with("//")) return "the target must not begin with '//'";
  for (unsigned char c : rule.to)
    if (c < 0x21 || c == 0x7f) return "control characters in the target";
  auto star = rule.from.find('*');
  if (star != rule.from.npos && star + 1 != rule.from.size()) return "'*' is allowed at the end only";
  std::vector<std::string_view> seen;
  std::string_view rest = rule.from;
  while (!rest.empty()) {
    auto segment = take_segment(rest);
    if (!segment.starts_with(':')) continue;
    if (std::ranges::find(seen, segment) != seen.end()) return fmt::format("the placeholder {} twice", segment);
    seen.push_back(segment);
  }
  if (seen.size() > kMaxPlaceholders) return "too many placeholders";
  bool page = rule.status == 200 || rule.status >= 400;
  if (page && absolute) return "a page of another site can only be redirected to";
  return {};
}

std::optional<Placeholders> match(std::string_view from, std::string_view path) {
  Placeholders found;
  from.remove_prefix(1);
  path.remove_prefix(1);
  while (true) {
    if (from == "*") {
      found.emplace_back("splat", path);
      return found;
    }
    bool last_from = from.find('/') == from.npos, last_path = path.find('/') == path.npos;
    auto pattern = take_segment(from), segment = take_segment(path);
    if (last_from && pattern.ends_with('*') && segment.starts_with(pattern.substr(0, pattern.size() - 1))) {
      found.emplace_back(
          "splat", std::string_view(
                       segment.data() + pattern.size() - 1,
                       static_cast<std::size_t>(path.data() + path.size() - segment.data()) - (pattern.size() - 1)));
      return found;
    }
    if (pattern.starts_with(':') && !segment.empty()) {
      found.emplace_back(pattern.substr(1), segment);
    } else if (pattern != segment) {
      return std::nullopt;
    }
    if (last_from || last_path) {
      if (last_from && last_path) return found;
      // "/a/*" is also "/a", as sites have come to expect.
      if (last_path && from == "*") {
        found.emplace_back("splat", std::string_view());
        return found;
      }
      return std::nullopt;
    }
  }
}

std::string fill(std::string_view to, const Placeholders& found) {
  std::string out;
  while (!to.empty()) {
    auto colon = to.find(':');
    out += to.substr(0, colon);
    if (colon == to.npos) break;
    auto end = colon + 1;
    while (end < to.size() && name_char(to[end])) ++end;
    auto name = to.substr(colon + 1, end - colon - 1);
    auto value = std::ranges::find(found, name, [](auto& pair) { return pair.first; });
    if (name.empty() || value == found.end()) {
      out += to.substr(colon, end - colon);
    } else {
      out += http::percent_encode(value->second, "/$+,;=@!()*");
    }
    to = to.substr(end);
  }
  return out;
}

}  // namespace

base::Result<std::vector<RedirectRule>> parse_redirects(std::string_view text) {
  if (text.size() > kMaxRedirectsFile) {
    return fail(Errc::invalid_argument, fmt::format("redirects file size cannot exceed {} bytes", kMaxRedirectsFile));
  }
  std::vector<RedirectRule> rules;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto at = text.find('\n');
    auto line = text.substr(0, at);
    text = at == text.npos ? std::string_view() : text.substr(at + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto words = words_of(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    auto bad = [number](std::string_view why) {
      return fail(Errc::invalid_argument, fmt::format("line {}: {}", number, why));
    };
    if (words.size() < 2 || words.size() > 3) return bad("a rule is \"from to [status]\"");
    RedirectRule rule{std::string(words[0]), std::string(words[1]), 301};
    if (words.size() == 3) {
      auto known = std::ranges::find(kStatuses, words[2], [](unsigned status) { return std::to_string(status); });
      if (known == kStatuses.end()) return bad(fmt::format("'{}' is not a status that rules may have", words[2]));
      rule.status = *known;
    }
    if (auto fault = fault_of(rule); !fault.empty()) return bad(fault);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::optional<Redirect> match_redirect(const std::vector<RedirectRule>& rules, std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (auto& rule : rules) {
    auto found = match(rule.from, path);
    if (!found) continue;
    auto to = fill(rule.to, *found);
    // A splat at the very beginning must not make another host of it.
    if (to.starts_with("//")) to.erase(0, to.find_first_not_of('/') - 1);
    return Redirect{std::move(to), rule.status};
  }
  return std::nullopt;
}

std::string with_query(std::string_view to, std::string_view query) {
  auto name_of = [](std::string_view part) { return part.substr(0, part.find('=')); };
  auto mark = to.find('?');
  std::string out(to.substr(0, mark));
  std::string_view fixed = mark == to.npos ? std::string_view() : to.substr(mark + 1);
  auto parts_of = [](std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
      auto at = text.find('&');
      if (at != 0) parts.push_back(text.substr(0, at));
      text = at == text.npos ? std::string_view() : text.substr(at + 1);
    }
    return parts;
  };
  auto asked = parts_of(query);
  char before = '?';
  auto append = [&](std::string_view part) {
    out += before;
    out += part;
    before = '&';
  };
  for (auto part : parts_of(fixed)) {
    auto same = [&](std::string_view other) { return name_of(other) == name_of(part); };
    if (std::ranges::none_of(asked, same)) append(part);
  }
  for (auto part : asked) append(part);
  return out;
}

}  // namespace openmcp::api::gateway
