#include "api/serve/access_log.hpp"

#include <fmt/format.h>

#include "api/json_writer.hpp"
#include "api/time.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"

namespace openmcp::api::serve {

namespace {

constexpr std::size_t kLongestPath = 1024;
constexpr std::size_t kMostGathered = 8u << 20;  ///< bytes

}  // namespace

std::string access_line(const http::Done& done, std::string_view listener, base::WallTime now) {
  auto& request = done.request;
  auto milliseconds = std::chrono::duration<double, std::milli>(done.took).count();
  JsonWriter json;
  json.begin_object().field("time", iso_time(now)).field("id", request.id).field("peer", request.peer.host);
  json.field("listener", listener).field("method", request.method);
  json.field("path", std::string_view(request.path).substr(0, kLongestPath)).field("route", done.route);
  json.field("status", done.status).field("received", done.received).field("sent", done.sent);
  json.key("ms").raw(fmt::format("{:.3f}", milliseconds)).field("caller", done.caller).field("trace", request.trace);
  json.end_object();
  return json.take();
}

struct AccessLog::State {
  State(base::Env& environment, std::string destination)
      : env(environment), where(std::move(destination)), written(env.executor()) {}
  void open() {
    constexpr std::uint32_t kMode = 0600;
    file = env.disk().open(where, base::OpenMode::create, kMode);
    end = file->size();
  }
  bool to_file() const { return !where.empty() && where != "log"; }

  base::Env& env;
  std::string where;
  std::shared_ptr<base::File> file;
  std::uint64_t end = 0;
  std::string gathered;
  std::uint64_t dropped = 0;
  bool writing = false;
  base::Signal written;
};

AccessLog::AccessLog(base::Env& env, std::string where) : state_(std::make_shared<State>(env, std::move(where))) {
  if (state_->to_file()) state_->open();
}
AccessLog::~AccessLog() = default;

void AccessLog::record(const http::Done& done, std::string_view listener) {
  auto& state = *state_;
  if (state.where.empty()) return;
  if (!state.to_file()) {
    if (base::log_level() <= base::LogLevel::info) {
      base::log_line(base::LogLevel::info, "access", access_line(done, listener, state.env.now()));
    }
    return;
  }
  if (state.gathered.size() > kMostGathered) {
    ++state.dropped;
    return;
  }
  state.gathered += access_line(done, listener, state.env.now());
  state.gathered += '\n';
  if (std::exchange(state.writing, true)) return;
  state.env.spawn(write_out(state_));
}

base::Task<void> AccessLog::write_out(std::shared_ptr<State> state) {
  constexpr base::Duration kGather = std::chrono::milliseconds(100);
  while (!state->gathered.empty()) {
    co_await state->env.sleep(kGather);
    auto lines = std::exchange(state->gathered, {});
    auto write = [file = state->file, at = state->end, &lines] { file->write_at(at, base::as_bytes(lines)); };
    try {
      co_await state->env.run(std::move(write));
      state->end += lines.size();
    } catch (const base::Error& error) {
      base::log(base::LogLevel::error, "access", "{}", error.message());
    }
    if (auto dropped = std::exchange(state->dropped, 0); dropped > 0) {
      base::log(base::LogLevel::warn, "access", "{} lines were dropped: the disk is too slow for them", dropped);
    }
  }
  state->writing = false;
  state->written.wake_all();
}

void AccessLog::reopen() {
  if (state_->to_file()) state_->open();
}

base::Task<void> AccessLog::flush() {
  auto state = state_;
  while (state->writing) co_await state->written.wait();
}

}  // namespace openmcp::api::serve
