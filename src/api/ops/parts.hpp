// Inside of api/ops: what its sources share.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "api/json_writer.hpp"
#include "api/ops/ops.hpp"

namespace openmcp::api::ops {

/// Of one server: what its routes stand on.
struct Ops {
  Router& router;
  Service& service;
  const bool& draining;
  OpsSources sources;
  base::WallTime started;
};

void add_health(const std::shared_ptr<Ops>& ops);
void add_metrics(const std::shared_ptr<Ops>& ops);
void add_status(const std::shared_ptr<Ops>& ops);
void add_sessions(const std::shared_ptr<Ops>& ops);
void add_tokens(const std::shared_ptr<Ops>& ops);
void add_audit(const std::shared_ptr<Ops>& ops);
void add_events(const std::shared_ptr<Ops>& ops);

struct Check {
  std::string name;
  bool ok = true;
  std::string detail;
};
/// Those that decide whether the server is ready, then (`all`) those that only say what is not well.
base::Task<std::vector<Check>> checks(std::shared_ptr<Ops> ops, bool all);

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
