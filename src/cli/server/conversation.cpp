#include "cli/server/conversation.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/result.hpp"

namespace openmcp::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kFewLines = 16;

MessageFacts facts_of_object(const json::value& value) {
  MessageFacts facts;
  auto* object = value.if_object();
  if (!object) return facts;
  if (auto* method = object->if_contains("method"); method && method->is_string()) facts.method = method->as_string();
  if (auto* id = object->if_contains("id"); id && !id->is_null()) facts.id = json::serialize(*id);
  return facts;
}

}  // namespace

std::vector<MessageFacts> facts_of_message(std::string_view line) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view(line.data(), line.size()), error);
  std::vector<MessageFacts> all;
  if (error) return all;
  if (auto* batch = value.if_array()) {
    for (auto& each : *batch) all.push_back(facts_of_object(each));
  } else {
    all.push_back(facts_of_object(value));
  }
  return all;
}

base::Task<void> Conversation::read_client() {
  struct End {
    Conversation& self;
    ~End() {
      self.ended_ = true;
      self.changed_.wake_all();
    }
  } end{*this};
  base::Bytes piece(64u << 10);
  std::string line;
  while (auto got = co_await in_.read_some(piece)) {
    auto text = base::as_text(base::BytesView(piece).first(got));
    while (!text.empty()) {
      auto stop = text.find('\n');
      line += text.substr(0, stop);
      if (line.size() > kMaxLine) {
        throw base::Error(base::Errc::too_large, fmt::format("a message of more than {} bytes", kMaxLine));
      }
      if (stop == std::string_view::npos) break;
      text.remove_prefix(stop + 1);
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) lines_.push_back(std::exchange(line, {}));
      changed_.wake_all();
    }
    while (lines_.size() >= kFewLines) co_await changed_.wait();
  }
  if (!line.empty()) lines_.push_back(std::move(line));
}

void Conversation::begin() {
  paused_ = false;
  replay_.clear();
  swallow_ = false;
  if (!greeted_before_) return;
  replay_.push_back(initialize_);
  if (!initialized_.empty()) replay_.push_back(initialized_);
  swallow_ = true;
}

void Conversation::note_request(const std::string& line) {
  for (auto& facts : facts_of_message(line)) {
    if (facts.method == "initialize") {
      initialize_ = line;
      greeting_id_ = facts.id;
    }
    if (facts.method == "notifications/initialized") initialized_ = line;
    if (!facts.method.empty() && !facts.id.empty()) under_way_.insert(facts.id);
  }
}

base::Task<std::optional<std::string>> Conversation::next() {
  for (;;) {
    if (paused_) co_return std::nullopt;
    std::optional<std::string> line;
    // The second line of a repeated greeting waits for the answer to the first.
    bool first = replay_.size() == (initialized_.empty() ? 1u : 2u);
    if (!replay_.empty() && (first || !swallow_)) {
      line = std::move(replay_.front());
      replay_.pop_front();
      co_return line;
    }
    if (replay_.empty() && !swallow_ && !lines_.empty()) {
      line = std::move(lines_.front());
      lines_.pop_front();
      note_request(*line);
      changed_.wake_all();
      co_return line;
    }
    if (ended_ && lines_.empty()) co_return std::nullopt;
    co_await changed_.wait();
  }
}

base::Task<void> Conversation::answer(std::string line) {
  for (auto& facts : facts_of_message(line)) {
    if (!facts.method.empty() || facts.id.empty()) continue;
    if (swallow_ && facts.id == greeting_id_) {
      swallow_ = false;
      changed_.wake_all();
      co_return;
    }
    if (facts.id == greeting_id_) greeted_before_ = true;
    under_way_.erase(facts.id);
  }
  co_await write(std::move(line));
}

void Conversation::pause() {
  paused_ = true;
  changed_.wake_all();
}

base::Task<void> Conversation::lost() {
  for (auto& id : std::exchange(under_way_, {})) {
    auto answer = fmt::format(
        R"({{"jsonrpc":"2.0","id":{},"error":{{"code":-32000,"message":"the process that had the store ended while it answered this; ask again"}}}})",
        id);
    co_await write(std::move(answer));
  }
}

base::Task<void> Conversation::write(std::string line) {
  line += '\n';
  co_await writing_.acquire();
  struct Turn {
    base::Semaphore& turn;
    ~Turn() { turn.release(); }
  } held{writing_};
  co_await out_.write(std::move(line));
}

}  // namespace openmcp::cli
