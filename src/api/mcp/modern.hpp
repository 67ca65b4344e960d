// The era of 2026-07-28 without its transports: requests that stand for themselves.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "api/mcp/notices.hpp"
#include "api/mcp/turn.hpp"
#include "base/sync.hpp"

namespace openmcp::api::mcp {

struct ServerState;

/// The envelope, the version and the method, in this order. Throws RpcError.
ClientFacts check_modern(const Message& message);

/// The whole response to a request other than subscriptions/listen. Throws only cancellation (and what Outlet throws
/// when the client is gone). `status`: of HTTP, when nothing was sent before.
base::Task<std::string> answer_modern(std::shared_ptr<ServerState> state, Caller caller, ClientFacts client,
                                      Message message, Outlet& outlet, unsigned& status);

/// One subscriptions/listen.
class Listening final : public Subscriber {
public:
  Listening(base::Env& env, std::string id, Filter filter);
  void deliver(const Notice& notice) override;
  void close() override;
  using Send = std::function<base::Task<void>(std::string)>;
  /// Sends the acknowledgement, then what comes, until close(); then the result.
  base::Task<void> run(Send send);

private:
  static constexpr std::size_t kMost = 1024;  ///< notices that wait; the same one waits once
  std::string id_;
  Filter filter_;
  std::deque<Notice> waiting_;
  base::Signal changed_;
  bool closed_ = false;
};
/// What of the filter this server honours. Throws RpcError.
std::shared_ptr<Listening> start_listening(ServerState& state, const Message& message);

}  // namespace openmcp::api::mcp
