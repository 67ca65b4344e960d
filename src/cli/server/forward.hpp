// The client's side: sends a command to the server that has the store open, and is its terminal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/invocation.hpp"
#include "cli/server/channel.hpp"

namespace openmcp::cli {

/// A connection to the store's server, and how it greeted.
struct Reached {
  std::unique_ptr<Channel> channel;
  Greeting greeting;
};

/// nullopt: there is none. Throws Error timeout when it does not answer, unsupported when it speaks otherwise.
base::Task<std::optional<Reached>> reach_server(base::Env& env, base::Path home);
/// The server's facts, a JSON object; nullopt: there is none.
base::Task<std::optional<std::string>> server_facts(base::Env& env, base::Path home);

/// Those facts for people: "serve, process 77, for 3 min: http://127.0.0.1:7777, gateway http://127.0.0.1:7780".
std::string server_text(const std::string& facts);

/// Runs the command of `call` there; `words` are those of the command line. The exit code; nullopt: there is no server.
/// Throws what the command threw. A signal cancels the command there, and its end is waited for.
base::Task<std::optional<int>> forward(Invocation& call, std::vector<std::string> words);

}  // namespace openmcp::cli
