#include "cli/invocation.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "cli/process.hpp"
#include "cli/server/place.hpp"
#include "cli/settings.hpp"
#include "cli/text.hpp"
#include "context/search/embedding.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

std::vector<std::string> word_tables(const base::Config& settings, const Surroundings& from) {
  auto& named = settings.text("search.embeddings");
  if (named == "none") return {};
  if (!named.empty()) return {named};
  return context::search::word_table_places(from.variable("OPENMCP_EMBEDDINGS"), program_directory());
}

}  // namespace

Surroundings::Surroundings() : working_directory(cli::working_directory()), variable(std::getenv) {}

Invocation::Invocation(base::Env& env, const Command& command, Args args, Globals globals, Input& in, Output& out,
                       Output& err, Surroundings surroundings)
    : env_(env),
      command_(command),
      args_(std::move(args)),
      globals_(std::move(globals)),
      in_(in),
      out_(out),
      err_(err),
      surroundings_(std::move(surroundings)) {}

Invocation::Invocation(base::Env& env, const Command& command, Args args, Globals globals, Input& in, Output& out,
                       Output& err, Surroundings surroundings, Home home, const Lent& lent)
    : Invocation(env, command, std::move(args), std::move(globals), in, out, err, std::move(surroundings)) {
  home_ = std::move(home);
  lent_ = &lent;
}

Invocation::~Invocation() = default;

base::Path Invocation::absolute(const base::Path& typed) const {
  return absolute_path(surroundings_.working_directory, typed);
}

const Home& Invocation::home() {
  if (!home_) {
    HomeQuestion question{globals_.home, surroundings_.variable, surroundings_.working_directory, owned_by_us};
    home_ = find_home(env_.disk(), question);
  }
  return *home_;
}

void Invocation::use_home(base::Path path) {
  if (lent_) {
    if (path == home_->path) return;
    throw Error(Errc::internal, fmt::format("the server of {} was asked for {}", home_->path, path));
  }
  globals_.home = std::move(path);
  home_.reset();
}

const base::Config& Invocation::config() {
  if (!config_) {
    config_ = read_settings(env_.disk(), home().path, surroundings_.variable);
    if (lent_) return *config_;  // the log is the server's
    auto level = log_level_of(*config_);
    if (globals_.quiet) level = std::max(level, base::LogLevel::error);
    if (globals_.verbose == 1) level = std::min(level, base::LogLevel::info);
    if (globals_.verbose > 1) level = base::LogLevel::trace;
    base::set_log_level(level);
    if (auto& file = config_->text("log.file"); !file.empty()) base::set_log_file(absolute_path(home().path, file));
  }
  return *config_;
}

bool Invocation::store_exists() {
  return home().exists && env_.disk().stat(base::join(home().path, "packs")).has_value();
}

void Invocation::require_store() {
  if (store_exists()) return;
  throw Error(Errc::not_found, fmt::format("there is no store in {}", home().path),
              "'openmcp commit FILE' or 'openmcp init' makes one; --home DIR names another");
}

base::Task<void> Invocation::open_store(Access access, base::Duration lock_wait) {
  auto& settings = config();
  if (access == Access::write) env_.disk().make_directories(home().path, 0700);
  storage::LocalStoreOptions options;
  options.path = home().path;
  options.read_only = access == Access::read;
  options.create = access == Access::write;
  options.lock_wait = lock_wait;
  options.holder = fmt::format("openmcp {}", command_.name);
  options.segment_bytes = static_cast<std::uint64_t>(settings.integer("store.segment_mib")) << 20;
  options.flush_bytes = static_cast<std::uint64_t>(settings.integer("store.flush_mib")) << 20;
  options.index_cache_bytes = static_cast<std::size_t>(settings.integer("store.index_cache_mib")) << 20;
  options.compact_below = settings.number("store.compact_below");
  store_ = co_await storage::LocalStore::open(env_, std::move(options));
}

base::Task<void> Invocation::open_workspace(bool search) {
  auto& settings = config();
  context::WorkspaceOptions options;
  options.home = home().path;
  options.root = settings.text("workspace.root").empty() ? home().root
                                                         : absolute_path(home().path, settings.text("workspace.root"));
  options.author = settings.text("workspace.author");
  options.search = search && settings.flag("search.enabled");
  options.read_only = store_->read_only();
  if (options.search) options.word_tables = word_tables(settings, surroundings_);
  workspace_ = co_await context::Workspace::open(env_, *store_, std::move(options));
}

base::Task<void> Invocation::leave_to_server() {
  if (command_.place == Place::here || in_.begun()) co_return;
  if (co_await is_served(env_, home().path)) throw StoreIsServed();
}

base::Task<void> Invocation::open_to_write() {
  constexpr base::Duration kSlice = std::chrono::milliseconds(250);
  auto wait = std::chrono::seconds(config().integer("store.lock_wait_seconds"));
  auto end = env_.steady() + lock_wait_.value_or(wait);
  for (;;) {
    co_await leave_to_server();
    auto left = std::max(base::Duration::zero(), end - env_.steady());
    try {
      co_await open_store(Access::write, std::min(left, kSlice));
      co_return;
    } catch (const Error& error) {
      if (error.code() != Errc::busy || left <= kSlice) throw;
    }
  }
}

base::Task<storage::LocalStore*> Invocation::store(Access access) {
  asked_to_write_ = asked_to_write_ || access == Access::write;
  if (lent_) co_return &lent_->store;
  if (!store_) {
    if (access == Access::read) {
      require_store();
      co_await open_store(access, {});
    } else {
      co_await open_to_write();
    }
  }
  if (access == Access::write && store_->read_only()) {
    if (command_.place == Place::either) co_await leave_to_server();
    throw Error(Errc::internal, "the store was opened for reading only");
  }
  co_return store_.get();
}

base::Task<bool> Invocation::open_views_as_they_are(bool search) {
  auto there = [this](std::string_view file) { return env_.disk().stat(base::join(home().path, file)).has_value(); };
  bool searched = search && config().flag("search.enabled");
  if (!there("keys/ed25519") || !there("workspace.db") || (searched && !there("search.db"))) co_return false;
  co_await open_store(Access::read, {});
  co_await open_workspace(search);
  auto at = co_await workspace_->positions();
  // A writer may have gone on between the opening of the store and that of the catalog.
  if (at.catalog > at.store) co_await store_->refresh();
  co_return at.catalog >= at.store&& at.search >= at.store;
}

base::Task<void> Invocation::open_to_read(bool search) {
  if (co_await open_views_as_they_are(search)) co_return;
  // The views lag behind. Whoever writes brings them forward; when nobody does, we do.
  std::optional<Error> refused;
  try {
    co_await close();
    co_await leave_to_server();
    co_await open_store(Access::write, {});
    co_await open_workspace(search);
    co_return;
  } catch (const Error& error) {
    if (error.code() != Errc::busy && error.code() != Errc::permission && error.code() != Errc::no_space) throw;
    refused = error;
  }
  co_await close();
  co_await open_views_as_they_are(search);
  if (!workspace_) throw *refused;
}

base::Task<context::Workspace*> Invocation::workspace(Access access, bool search) {
  asked_to_write_ = asked_to_write_ || access == Access::write;
  if (lent_) co_return &lent_->workspace;
  if (workspace_) co_return workspace_.get();
  if (access == Access::write) {
    co_await store(access);
    co_await open_workspace(search);
  } else if (store_) {
    co_await open_workspace(search);
  } else {
    require_store();
    co_await open_to_read(search);
  }
  co_return workspace_.get();
}

base::Task<api::Auth*> Invocation::auth() {
  if (lent_) co_return &lent_->auth;
  if (!auth_) {
    co_await store(Access::write);
    auth_ = co_await api::Auth::open(env_, home().path, workspace_name(config()));
  }
  co_return auth_.get();
}

base::Task<api::AuditLog*> Invocation::audit() {
  if (lent_) co_return &lent_->audit;
  if (!audit_) {
    co_await store(Access::write);
    audit_ = co_await api::AuditLog::open(env_, home().path);
  }
  co_return audit_.get();
}

std::optional<std::string> Invocation::author(std::optional<std::string> option) {
  if (option || !lent_) return option;
  auto& named = config().text("workspace.author");
  return named.empty() ? std::nullopt : std::optional(named);
}

base::Task<void> Invocation::close() {
  if (audit_) co_await audit_->close();
  audit_.reset();
  auth_.reset();
  if (workspace_) co_await workspace_->close();
  workspace_.reset();
  if (store_) co_await store_->close();
  store_.reset();
}

std::unique_ptr<Progress> Invocation::progress(std::string label, Unit unit) {
  bool shown = err_.terminal() && !globals_.quiet && !globals_.json && !globals_.no_progress;
  return std::make_unique<Progress>(env_, shown ? &err_ : nullptr, std::move(label), unit);
}

void Invocation::note(std::string_view text) {
  if (globals_.quiet || globals_.json) return;
  out_.flush();
  err_.line(text);
  err_.flush();
}

void Invocation::warn(std::string_view text) {
  if (globals_.quiet || globals_.json) return;
  out_.flush();
  err_.line(fmt::format("openmcp: {} {}", err_.styled(Style::yellow, "warning:"), escape(text)));
  err_.flush();
}

base::Task<bool> Invocation::confirm(std::string question) {
  out_.flush();
  err_.write(fmt::format("{} [y/N] ", question));
  err_.flush();
  std::string answer;
  std::uint8_t byte = 0;
  while (co_await in_.read({&byte, 1}) == 1 && byte != '\n') {
    if (answer.size() < 16) answer += static_cast<char>(byte);
  }
  co_return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace openmcp::cli
