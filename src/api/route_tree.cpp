#include "api/route_tree.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "http/url.hpp"

namespace openmcp::api {

using base::Errc;

namespace {

constexpr std::size_t kMaxPath = 8192;  ///< bytes, encoded
constexpr std::size_t kMaxSegments = 256;

/// A segment of a path: as it was sent, and decoded when that differs.
struct Segment {
  std::string_view raw;
  std::string decoded;
  std::string_view text() const noexcept { return decoded.empty() ? raw : std::string_view(decoded); }
};

std::unexpected<base::Error> refuse(std::string_view why) {
  return base::fail(Errc::invalid_argument, fmt::format("the path of the request {}", why));
}

bool is_dots(std::string_view text) noexcept { return text == "." || text == ".."; }

/// An encoded slash is part of its segment, but whoever takes the value for a path must not be led upwards by it.
bool has_dots(std::string_view text) noexcept {
  for (auto slash = text.find('/'); slash != std::string_view::npos; slash = text.find('/')) {
    if (is_dots(text.substr(0, slash))) return true;
    text.remove_prefix(slash + 1);
  }
  return is_dots(text);
}

base::Result<void> decode(Segment& segment) {
  if (segment.raw.find('%') != std::string_view::npos) {
    auto text = http::percent_decode(segment.raw);
    if (!text) return refuse("has a '%' that is not followed by two hex digits");
    segment.decoded = *std::move(text);
  }
  if (segment.text().find('\0') != std::string_view::npos) return refuse("has a NUL");
  if (has_dots(segment.text())) return refuse("has a segment '.' or '..'");
  return {};
}

}  // namespace

struct RouteTree::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  ///< sorted
  std::unique_ptr<Node> any;                                            ///< {name}
  std::optional<std::size_t> ends, tail;                                ///< a pattern that ends here; {*}

  const Node* literal(std::string_view text) const {
    auto found =
        std::ranges::lower_bound(literals, text, {}, [](const auto& each) { return std::string_view(each.first); });
    return found != literals.end() && found->first == text ? found->second.get() : nullptr;
  }
  Node& make_literal(std::string_view text) {
    auto found =
        std::ranges::lower_bound(literals, text, {}, [](const auto& each) { return std::string_view(each.first); });
    if (found == literals.end() || found->first != text)
      found = literals.emplace(found, std::string(text), std::make_unique<Node>());
    return *found->second;
  }

  bool match(const std::vector<Segment>& segments, std::size_t at, Match& out) const {
    if (at == segments.size()) {
      if (!ends) return false;
      out.pattern = *ends;
      return true;
    }
    const auto& segment = segments[at];
    if (auto next = literal(segment.text()); next && next->match(segments, at + 1, out)) return true;
    if (any && !segment.text().empty()) {
      out.values.emplace_back(segment.text());
      if (any->match(segments, at + 1, out)) return true;
      out.values.pop_back();
    }
    if (!tail) return false;
    // The tail is decoded as one; its slashes and those that were encoded are the same from here on.
    std::string rest;
    for (auto i = at; i < segments.size(); ++i) {
      if (i > at) rest += '/';
      rest += segments[i].text();
    }
    out.values.push_back(std::move(rest));
    out.pattern = *tail;
    return true;
  }
};

RouteTree::RouteTree() : root_(std::make_unique<Node>()) {}
RouteTree::~RouteTree() = default;

std::size_t RouteTree::add(std::string_view pattern) {
  auto wrong = [pattern](std::string_view why) {
    throw base::Error(Errc::invalid_argument, fmt::format("the route '{}' {}", pattern, why));
  };
  if (!pattern.starts_with('/')) wrong("does not begin with '/'");
  auto* node = root_.get();
  auto rest = pattern.substr(1);
  for (bool last = false; !last;) {
    const auto slash = rest.find('/');
    last = slash == std::string_view::npos;
    const auto segment = rest.substr(0, slash);
    if (!last) rest.remove_prefix(slash + 1);
    if (segment == "{*}") {
      if (!last) wrong("goes on behind {*}");
      if (!node->tail) node->tail = patterns_++;
      return *node->tail;
    }
    if (segment.starts_with('{')) {
      if (!segment.ends_with('}')) wrong("has a '{' that is not closed");
      if (!node->any) node->any = std::make_unique<Node>();
      node = node->any.get();
    } else {
      node = &node->make_literal(segment);
    }
  }
  if (!node->ends) node->ends = patterns_++;
  return *node->ends;
}

base::Result<std::optional<RouteTree::Match>> RouteTree::match(std::string_view path) const {
  if (!path.starts_with('/')) return std::nullopt;
  if (path.size() > kMaxPath) return refuse("is too long");
  std::vector<Segment> segments;
  segments.reserve(8);
  for (auto rest = path.substr(1);;) {
    if (segments.size() == kMaxSegments) return refuse("has too many parts");
    const auto slash = rest.find('/');
    segments.push_back({.raw = rest.substr(0, slash), .decoded = {}});
    if (auto ok = decode(segments.back()); !ok) return std::unexpected(std::move(ok).error());
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  Match out;
  if (!root_->match(segments, 0, out)) return std::nullopt;
  return out;
}

}  // namespace openmcp::api
