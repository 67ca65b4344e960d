#include "api/audit.hpp"

#include <fmt/format.h>

#include <utility>

#include "api/audit_file.hpp"
#include "api/audit_line.hpp"
#include "base/log.hpp"

namespace openmcp::api {

using base::Errc;

namespace {

constexpr auto kFlushDelay = std::chrono::seconds(1);
constexpr std::uint64_t kFlushBytes = 256u << 10;  ///< unsynced bytes that are synced without the delay
constexpr std::size_t kMaxPage = 1000;

base::Path log_file(const base::Path& home) { return base::join(home, "audit.log"); }

}  // namespace

struct AuditLog::State : std::enable_shared_from_this<AuditLog::State> {
  explicit State(base::Env& environment, base::Path directory)
      : env(environment), home(std::move(directory)), path(log_file(home)) {}

  base::Env& env;
  base::Path home, path;
  std::unique_ptr<base::FileLock> lock;
  std::shared_ptr<base::File> file;   ///< null: closed
  std::uint64_t end = 0, synced = 0;  ///< bytes
  std::uint64_t seq = 0;
  std::string head;
  std::uint64_t records = 0, failures = 0;
  bool valid = true;
  bool torn = false;  ///< a write failed: there may be bytes behind `end`
  bool flush_later = false, flushing = false;

  void failed(std::string_view what) noexcept {
    ++failures;
    base::log(base::LogLevel::error, "audit", "'{}': {}", path, what);
  }

  void append(AuditEntry entry) {
    if (!file) throw base::Error(Errc::cancelled, "the log is closed");
    if (torn) file->truncate(end);
    torn = true;
    auto line = encode_audit_line(seq + 1, env.now().time_since_epoch().count(), bounded(std::move(entry)), head);
    auto hash = audit_hash(line);
    line += '\n';
    file->write_at(end, base::as_bytes(line));
    torn = false;
    end += line.size();
    ++seq;
    head = std::move(hash);
    ++records;
  }

  base::Task<void> flush() {
    if (!file || end == synced) co_return;
    const auto upto = end;
    auto work = [kept = file] { kept->sync(); };
    try {
      co_await env.run(std::move(work));
    } catch (const base::Error& error) {
      failed(error.message());
      throw;
    }
    synced = std::max(synced, upto);
  }

  void flush_soon() {
    if (end - synced >= kFlushBytes && !std::exchange(flushing, true))
      env.spawn(background(weak_from_this(), &env, {}));
    if (!std::exchange(flush_later, true)) env.spawn(background(weak_from_this(), &env, kFlushDelay));
  }

  /// One flush, now or later; keeps nothing alive while it waits.
  static base::Task<void> background(std::weak_ptr<State> watched, base::Env* env, base::Duration delay) {
    if (delay.count() > 0) co_await env->sleep(delay);
    auto state = watched.lock();
    if (!state) co_return;
    (delay.count() > 0 ? state->flush_later : state->flushing) = false;
    try {
      co_await state->flush();
    } catch (const base::Error& error) {
      // Counted where it failed; the next record begins another.
      base::log(base::LogLevel::warn, "audit", "not flushed: {}", error.message());
    }
  }
};

namespace {

/// Opens the file, puts aside what a crash left behind its last whole line, and says where to go on.
AuditTail open_file(base::Disk& disk, AuditLog::State& state) {
  if (!disk.stat(state.home)) {
    disk.make_directories(state.home, 0700);
    disk.sync_directory(base::parent(state.home));
  }
  std::string holder;
  state.lock = disk.try_lock(base::join(state.home, "audit.lock"), "openmcp audit log", holder);
  if (!state.lock)
    throw base::Error(Errc::busy, fmt::format("'{}' is being written by another process ({})", state.path, holder),
                      "a server runs on this store: ask it");
  state.file = disk.open(state.path, base::OpenMode::create, 0600);
  disk.sync_directory(state.home);  // each time: whether the process that made the file lived to do it cannot be seen
  auto tail = find_tail(*state.file);
  if (tail.cut > 0) {
    base::Bytes rest(static_cast<std::size_t>(std::min<std::uint64_t>(tail.cut, 64u << 20)));
    rest.resize(state.file->read_at(tail.end, rest));
    const auto aside = fmt::format("{}.cut-{}", state.path, tail.seq + 1);
    base::write_file_atomic(disk, aside, rest, 0600);
    state.file->truncate(tail.end);
    state.file->sync();  // before anything is written there: else the old bytes might come back in between
  }
  return tail;
}

}  // namespace

AuditLog::AuditLog(std::shared_ptr<State> state) : state_(std::move(state)) {}
AuditLog::~AuditLog() = default;

base::Task<std::unique_ptr<AuditLog>> AuditLog::open(base::Env& env, base::Path home) {
  auto state = std::make_shared<State>(env, std::move(home));
  auto work = [&env, state] { return open_file(env.disk(), *state); };
  auto tail = co_await env.run(std::move(work));
  state->end = tail.end;  // and nothing is known to be synced: the process before may have been killed
  state->seq = tail.seq;
  state->head = std::move(tail.head);
  state->valid = tail.broken.empty();
  if (!tail.broken.empty())
    base::log(base::LogLevel::error, "audit", "the chain of '{}' is broken: {}", state->path, tail.broken);
  std::unique_ptr<AuditLog> log(new AuditLog(state));
  if (tail.cut > 0)
    log->record({.who = "server",
                 .token = {},
                 .from = "server",
                 .action = "audit.recovered",
                 .target = {},
                 .result = "ok",
                 .detail = fmt::format("{} bytes that are no lines were cut behind line {} and put aside", tail.cut,
                                       tail.seq)});
  co_return log;
}

void AuditLog::record(AuditEntry entry) noexcept {
  try {
    state_->append(std::move(entry));
    state_->flush_soon();
  } catch (const std::exception& error) {
    state_->failed(error.what());
  } catch (...) {
    state_->failed("unknown failure");
  }
}

base::Task<void> AuditLog::flush() {
  auto state = state_;
  co_await state->flush();
}

base::Task<AuditPage> AuditLog::read(std::uint64_t before, std::size_t limit) {
  auto state = state_;
  if (!state->file) throw base::Error(Errc::cancelled, "the audit log is closed");
  auto work = [file = state->file, end = state->end, before, limit] {
    return read_lines(*file, end, before, std::min(limit, kMaxPage));
  };
  co_return co_await state->env.run(std::move(work));
}

base::Task<AuditCheck> AuditLog::check() {
  auto state = state_;
  if (!state->file) throw base::Error(Errc::cancelled, "the audit log is closed");
  auto work = [file = state->file, end = state->end] { return check_lines(*file, end); };
  auto out = co_await state->env.run(std::move(work));
  state->valid = out.ok();
  co_return out;
}

std::uint64_t AuditLog::records() const noexcept { return state_->records; }
std::uint64_t AuditLog::failures() const noexcept { return state_->failures; }
bool AuditLog::valid() const noexcept { return state_->valid; }

base::Task<void> AuditLog::close() {
  auto state = state_;
  co_await state->flush();
  state->file.reset();
  state->lock.reset();
}

base::Task<AuditCheck> AuditLog::verify(base::Env& env, base::Path home) {
  auto work = [&env, path = log_file(home)] {
    if (!env.disk().stat(path))
      throw base::Error(Errc::not_found, fmt::format("there is no audit log '{}'", path),
                        "the server makes it at its first start");
    auto file = env.disk().open(path, base::OpenMode::read);
    return check_lines(*file, file->size());
  };
  co_return co_await env.run(std::move(work));
}

}  // namespace openmcp::api
