// Inside of api/ops: what its sources share.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_writer.hpp"
#include "api/ops/ops.hpp"
#include "base/sync.hpp"
#include "context/view.hpp"

namespace openmcp::api::ops {

struct Check {
  std::string name;
  bool ok = true;
  std::string detail;
  bool heard = true;  ///< it said something in time
};
bool all_ok(const std::vector<Check>& of);

/// Of one server: what its routes stand on.
struct Ops {
  Router& router;
  Service& service;
  const bool& draining;
  OpsSources sources;
  base::WallTime started;
  /// By the name of a check: one that hangs is not begun again beside itself, where each would hold a worker.
  std::map<std::string, base::Semaphore, std::less<>> turns = {};
};

void add_health(const std::shared_ptr<Ops>& ops);
void add_metrics(const std::shared_ptr<Ops>& ops);
void add_status(const std::shared_ptr<Ops>& ops);
void add_sessions(const std::shared_ptr<Ops>& ops);
void add_tokens(const std::shared_ptr<Ops>& ops);
void add_audit(const std::shared_ptr<Ops>& ops);
void add_events(const std::shared_ptr<Ops>& ops);

/// Runs the checks beside each other and calls `answer` with what they found: those that decide whether the server is
/// ready, then (`all`) those that only say what is not well. One that has said nothing after Ops::sources.patience has
/// failed. `answer` runs then, not when the last of them ends; this returns when all have.
using Answering = std::function<base::Task<void>(std::vector<Check>)>;
base::Task<void> with_checks(std::shared_ptr<Ops> ops, bool all, Answering answer);

/// Whether a view is level with the store's log, or near enough and on its way.
Check follows(std::string name, const context::Following& view);

/// The store is in a directory of this path: for its space.
base::Path store_path(const Service& service);

/// The one route of a handler that wants the shared parts.
void add(const std::shared_ptr<Ops>& ops, std::string method, std::string pattern, std::string_view name, Role needs,
         base::Task<void> (*handler)(std::shared_ptr<Ops>, Call&));

/// A small JSON body whose members are each asked for once; end() refuses what is left over: a misspelled end of a
/// token must not make one that never ends. (api::Body reads what the original lets pass.) Error invalid_argument.
class Fields {
public:
  explicit Fields(const std::string& text);
  ~Fields();
  std::string text(std::string_view name);  ///< must be there
  std::string text_or(std::string_view name, std::string other);
  std::optional<std::int64_t> integer(std::string_view name);  ///< null counts as absent
  void end() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

void write_time(JsonWriter& json, std::string_view name, std::optional<std::int64_t> micros);

/// A number in the query: absent `other`; Error invalid_argument outside of [0, most].
std::uint64_t number(const Call& call, std::string_view name, std::uint64_t other, std::uint64_t most);

}  // namespace openmcp::api::ops
