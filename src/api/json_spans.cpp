#include "api/json_spans.hpp"

namespace openmcp::api {

namespace {

class Scanner {
public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(char wanted) {
    blank();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool ended() {
    blank();
    return at_ == text_.size();
  }
  std::optional<std::string_view> string() {
    if (!take('"')) return std::nullopt;
    const auto begin = at_;
    if (!skip_string()) return std::nullopt;
    return text_.substr(begin, at_ - begin - 1);
  }
  std::optional<std::string_view> value() {
    blank();
    const auto begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (depth == 0 && (c == ',' || c == ']' || c == '}')) break;
      ++at_;
      if (c == '"') {
        if (!skip_string()) return std::nullopt;
      } else if (c == '[' || c == '{') {
        ++depth;
      } else if (c == ']' || c == '}') {
        --depth;
      }
    }
    if (depth != 0) return std::nullopt;
    auto end = at_;
    while (end > begin && is_blank(text_[end - 1])) --end;
    if (end == begin) return std::nullopt;
    return text_.substr(begin, end - begin);
  }

private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  void blank() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  /// From behind the opening quote to behind the closing one.
  bool skip_string() {
    while (true) {
      at_ = text_.find_first_of("\"\\", at_);
      if (at_ == std::string_view::npos) {
        at_ = text_.size();
        return false;
      }
      if (text_[at_++] == '"') return true;
      if (at_ == text_.size()) return false;
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
  Scanner in(text);
  std::vector<JsonMember> out;
  if (!in.take('{')) return std::nullopt;
  if (!in.take('}')) {
    do {
      auto key = in.string();
      if (!key || !in.take(':')) return std::nullopt;
      auto value = in.value();
      if (!value) return std::nullopt;
      out.push_back({*key, *value});
    } while (in.take(','));
    if (!in.take('}')) return std::nullopt;
  }
  if (!in.ended()) return std::nullopt;
  return out;
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view text) {
  Scanner in(text);
  std::vector<std::string_view> out;
  if (!in.take('[')) return std::nullopt;
  if (!in.take(']')) {
    do {
      auto value = in.value();
      if (!value) return std::nullopt;
      out.push_back(*value);
    } while (in.take(','));
    if (!in.take(']')) return std::nullopt;
  }
  if (!in.ended()) return std::nullopt;
  return out;
}

std::optional<std::string_view> json_member(std::string_view text, std::string_view name) {
  auto members = json_members(text);
  if (!members) return std::nullopt;
  std::optional<std::string_view> out;
  for (const auto& member : *members)
    if (member.key == name) out = member.value;
  return out;
}

}  // namespace openmcp::api
