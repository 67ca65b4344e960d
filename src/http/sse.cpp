#include "http/sse.hpp"

#include <fmt/format.h>

#include <chrono>

namespace openmcp::http {
namespace {

/// Appends "name: line" for each line of `text`; CR, LF and CR LF end a line.
void put_lines(std::string& out, std::string_view name, std::string_view text) {
  for (;;) {
    auto end = text.find_first_of("\r\n");
    out.append(name).append(": ").append(text.substr(0, end)).append("\n");
    if (end == std::string_view::npos) return;
    bool pair = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (pair ? 2 : 1));
  }
}

/// A field of one line: what would end it, and NUL, which makes clients drop an id, is left out.
void put_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  out += '\n';
}

}  // namespace

base::Task<void> EventStream::start(Headers extra) {
  ResponseHead head;
  head.headers = std::move(extra);
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");
  co_await exchange_.start(std::move(head));
}

base::Task<void> EventStream::send(std::string data, std::string event, std::string id) {
  std::string out;
  out.reserve(data.size() + event.size() + id.size() + 32);
  if (!event.empty()) put_field(out, "event", event);
  if (!id.empty()) put_field(out, "id", id);
  put_lines(out, "data", data);
  out += '\n';
  co_await exchange_.write_text(std::move(out));
}

base::Task<void> EventStream::comment(std::string text) {
  std::string out;
  put_lines(out, "", text);
  out += '\n';
  co_await exchange_.write_text(std::move(out));
}

base::Task<void> EventStream::retry(base::Duration after) {
  auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(after).count();
  co_await exchange_.write_text(fmt::format("retry: {}\n\n", milliseconds));
}

base::Task<void> EventStream::finish() { co_await exchange_.finish(); }

}  // namespace openmcp::http
