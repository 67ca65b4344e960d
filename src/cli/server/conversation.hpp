// The Model Context Protocol with the client at our standard input, whoever answers it: this process while it has the
// store, or the process that has it. When that changes, the client notices nothing but an error for the requests that
// were under way: the new server is greeted in its place.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.hpp"
#include "base/sync.hpp"
#include "cli/server/lines.hpp"
#include "cli/stdio.hpp"

namespace openmcp::cli {

/// What a message is to a relay.
struct MessageFacts {
  std::string method;  ///< "" an answer
  std::string id;      ///< as JSON; "" none
};
/// Of one message or of each in a batch; empty when it is no JSON.
std::vector<MessageFacts> facts_of_message(std::string_view line);

class Conversation {
public:
  Conversation(base::Env& env, Input& in, int out)
      : in_(in), out_(env, out), changed_(env.executor()), writing_(env.executor(), 1) {}

  /// Reads what the client says, until it ends.
  base::Task<void> read_client();
  /// The client ended and all its lines were taken.
  bool over() const noexcept { return ended_ && lines_.empty(); }

  /// A server begins: if the client has greeted already, its greeting is repeated.
  void begin();
  /// What the server should read next; nullopt: the client ended, or pause() was called.
  base::Task<std::optional<std::string>> next();
  /// What the server says.
  base::Task<void> answer(std::string line);
  /// The server is to end; lines that come are kept for the next one.
  void pause();
  /// The server is gone: what it was asked gets an error.
  base::Task<void> lost();

private:
  base::Task<void> write(std::string line);
  void note_request(const std::string& line);

  Input& in_;
  PatientOutput out_;
  base::Signal changed_;
  base::Semaphore writing_;
  std::deque<std::string> lines_;
  bool ended_ = false, paused_ = false, greeted_before_ = false;
  std::string initialize_, initialized_;  ///< the client's greeting, in the eras that have one
  std::string greeting_id_;               ///< of `initialize_`
  std::deque<std::string> replay_;        ///< to be said to the new server before anything else
  bool swallow_ = false;                  ///< its answer to the repeated greeting is not for the client
  std::set<std::string> under_way_;       ///< ids of requests without an answer
};

}  // namespace openmcp::cli
