// One call of a command: what the user typed, where input and output go, and the store, opened when it is first used.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/config.hpp"
#include "base/env.hpp"
#include "cli/command.hpp"
#include "cli/home.hpp"
#include "cli/parser.hpp"
#include "cli/progress.hpp"
#include "cli/stdio.hpp"

namespace openmcp::storage {
class LocalStore;
}
namespace openmcp::context {
class Workspace;
}
namespace openmcp::api {
class AuditLog;
class Auth;
}  // namespace openmcp::api

namespace openmcp::cli {

enum class Access : unsigned char {
  read,   ///< no lock, nothing is made
  write,  ///< the one writer; the store is made when there is none
};

/// Where the caller stands. The default is this process.
struct Surroundings {
  Surroundings();
  Surroundings(base::Path directory, std::function<const char*(const char*)> lookup)
      : working_directory(std::move(directory)), variable(std::move(lookup)) {}
  base::Path working_directory;  ///< absolute
  std::function<const char*(const char*)> variable;
};

/// What a server has open, lent to a command that it runs for another process.
struct Lent {
  storage::LocalStore& store;
  context::Workspace& workspace;
  api::Auth& auth;
  api::AuditLog& audit;
  std::string facts;  ///< of the server itself, a JSON object
};

/// Thrown where a command of Place::either needs the store that a server has: it is to run there.
class StoreIsServed : public std::exception {
public:
  const char* what() const noexcept override { return "a server has the store"; }
};

class Invocation {
public:
  Invocation(base::Env& env, const Command& command, Args args, Globals globals, Input& in, Output& out, Output& err,
             Surroundings surroundings = {});
  /// A command of another process, on what a server has open. `home` is the store as that process found it.
  Invocation(base::Env& env, const Command& command, Args args, Globals globals, Input& in, Output& out, Output& err,
             Surroundings surroundings, Home home, const Lent& lent);
  ~Invocation();
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;

  const Command& command() const noexcept { return command_; }
  const Args& args() const noexcept { return args_; }
  const Globals& globals() const noexcept { return globals_; }
  bool json() const noexcept { return globals_.json; }
  base::Env& env() noexcept { return env_; }
  Input& in() noexcept { return in_; }
  Output& out() noexcept { return out_; }
  Output& err() noexcept { return err_; }

  /// A path that the user typed, seen from the working directory.
  base::Path absolute(const base::Path& typed) const;
  const base::Path& working_directory() const noexcept { return surroundings_.working_directory; }
  const Surroundings& surroundings() const noexcept { return surroundings_; }
  /// Null: this process works by itself.
  const Lent* lent() const noexcept { return lent_; }
  bool asked_to_write() const noexcept { return asked_to_write_; }

  const Home& home();
  /// Uses this directory instead of what the lookup finds (init).
  void use_home(base::Path path);
  const base::Config& config();
  /// A store was made in home().
  bool store_exists();
  /// Throws Error not_found with a hint when there is no store.
  void require_store();

  /// Instead of store.lock_wait_seconds.
  void set_lock_wait(base::Duration wait) { lock_wait_ = wait; }
  /// Opened at the first call; later calls must not ask for more access.
  base::Task<storage::LocalStore*> store(Access access);
  /// `search`: with the search index.
  base::Task<context::Workspace*> workspace(Access access, bool search = false);
  /// Tokens and audit log: the server's, or opened here, with the lock, because both are files that one process writes.
  base::Task<api::Auth*> auth();
  base::Task<api::AuditLog*> audit();
  /// The author that an option names, else that of the caller's settings; nullopt: the workspace's own.
  std::optional<std::string> author(std::optional<std::string> option);
  /// Closes what was opened.
  base::Task<void> close();

  /// A bar on the terminal, or nothing in pipes and with --quiet, --json or --no-progress.
  std::unique_ptr<Progress> progress(std::string label, Unit unit);
  /// A line for people on standard error, unless --quiet.
  void note(std::string_view text);
  void warn(std::string_view text);
  /// Asks a question on the terminal; false when the answer is not yes.
  base::Task<bool> confirm(std::string question);

private:
  base::Task<void> open_store(Access access, base::Duration lock_wait);
  /// Waits for the lock, or for a server that turns up meanwhile: then StoreIsServed.
  base::Task<void> open_to_write();
  base::Task<void> leave_to_server();
  base::Task<void> open_workspace(bool search);  ///< over the store that is open
  /// Without a lock; false when the catalog or the index is not at the store's log (then they may not be open at all).
  base::Task<bool> open_views_as_they_are(bool search);
  base::Task<void> open_to_read(bool search);

  base::Env& env_;
  const Command& command_;
  Args args_;
  Globals globals_;
  Input& in_;
  Output& out_;
  Output& err_;
  Surroundings surroundings_;
  const Lent* lent_ = nullptr;
  bool asked_to_write_ = false;
  std::optional<base::Duration> lock_wait_;
  std::optional<Home> home_;
  std::optional<base::Config> config_;
  std::unique_ptr<storage::LocalStore> store_;
  std::unique_ptr<context::Workspace> workspace_;
  std::unique_ptr<api::Auth> auth_;
  std::unique_ptr<api::AuditLog> audit_;
};

}  // namespace openmcp::cli
