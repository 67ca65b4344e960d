#include "context/conversation.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace openmcp::context {

namespace {

namespace json = boost::json;

std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

/// The texts in a value: a string, parts, or an object that holds one of them. nullopt: there is none.
std::optional<std::string> text_of(const json::value& value) {
  if (auto text = value.if_string()) return std::string(view(*text));
  if (value.is_null()) return std::string();  // an assistant's turn that only calls tools
  if (auto parts = value.if_array()) {
    std::string out;
    for (const auto& part : *parts) {
      auto text = part.is_null() ? std::nullopt : text_of(part);
      if (!text || text->empty()) continue;
      if (!out.empty()) out += '\n';
      out += *text;
    }
    return out;
  }
  if (auto object = value.if_object())
    for (auto key : {"content", "text", "parts", "message"})
      if (auto inner = object->if_contains(key)) return text_of(*inner);
  return std::nullopt;
}

std::string name_of(const json::value& value) {
  if (auto text = value.if_string()) return std::string(view(*text));
  if (auto object = value.if_object())
    for (auto key : {"name", "role"})
      if (auto inner = object->if_contains(key); inner && inner->is_string()) return name_of(*inner);
  return {};
}

std::string speaker_of(const json::object& line) {
  // The most personal name first: "name" beside "role" tells which of several users it was.
  for (auto key : {"name", "speaker", "author", "from", "role"})
    if (auto value = line.if_contains(key))
      if (auto name = name_of(*value); !name.empty()) return name;
  if (auto message = line.if_contains("message"); message && message->is_object())
    return speaker_of(message->get_object());
  return {};
}

std::string time_of(const json::object& line) {
  for (auto key : {"timestamp", "time", "created_at"}) {
    auto value = line.if_contains(key);
    if (!value) continue;
    if (value->is_string()) return std::string(view(value->get_string()));
    if (value->is_int64()) return fmt::format("{}", value->get_int64());
    if (value->is_uint64()) return fmt::format("{}", value->get_uint64());
    if (value->is_double()) return fmt::format("{}", value->get_double());
  }
  return {};
}

base::Error at_line(base::Errc code, std::size_t line, std::string_view what) {
  return base::Error(code, fmt::format("line {}: {}", line, what),
                     "each line of a conversation is a JSON object with a role (role, speaker, author or from) and a "
                     "text (content, text or message)");
}

base::Result<Turn> parse_line(std::string_view text, std::size_t number) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return std::unexpected(at_line(base::Errc::invalid_argument, number, "not JSON: " + error.message()));
  auto object = value.if_object();
  if (!object) return std::unexpected(at_line(base::Errc::invalid_argument, number, "not a JSON object"));
  Turn turn{.line = number, .speaker = speaker_of(*object), .text = {}, .time = time_of(*object)};
  for (auto key : {"content", "text", "message"}) {
    auto inner = object->if_contains(key);
    if (!inner) continue;
    auto found = text_of(*inner);
    if (!found)
      return std::unexpected(at_line(base::Errc::invalid_argument, number, fmt::format("'{}' holds no text", key)));
    turn.text = *std::move(found);
    return turn;
  }
  return std::unexpected(at_line(base::Errc::invalid_argument, number, "no content, text or message"));
}

}  // namespace

base::Result<std::vector<Turn>> parse_conversation(std::string_view jsonl) {
  static constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (jsonl.starts_with(kByteOrderMark)) jsonl.remove_prefix(kByteOrderMark.size());
  std::vector<Turn> turns;
  for (std::size_t number = 1; !jsonl.empty(); ++number) {
    auto end = std::min(jsonl.find('\n'), jsonl.size());
    auto line = jsonl.substr(0, end);
    jsonl.remove_prefix(std::min(end + 1, jsonl.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (line.size() > kMaxTurnLine)
      return std::unexpected(at_line(base::Errc::too_large, number, "longer than 16 MiB"));
    if (turns.size() == kMaxTurns)
      return std::unexpected(at_line(base::Errc::too_large, number, "more than 1000000 turns"));
    auto turn = parse_line(line, number);
    if (!turn) return std::unexpected(std::move(turn).error());
    turns.push_back(*std::move(turn));
  }
  return turns;
}

}  // namespace openmcp::context
