// Answers that a legacy client owes to requests of the server.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/mcp/message.hpp"
#include "base/env.hpp"
#include "base/sync.hpp"

namespace openmcp::api::mcp {

class Replies {
public:
  explicit Replies(base::Env& env) : env_(env) {}
  /// For the next request, as JSON.
  std::string next_id() { return std::to_string(++last_); }
  /// Throws base::Error: what the client answered when it is an error; timeout after kPatience beats.
  base::Task<SharedObject> wait(std::string id);
  /// False: nobody waits for it.
  bool take(const Message& response);
  /// Called every kBeat while something waits.
  void beat();
  void fail_all();

  static constexpr unsigned kPatience = 80;  ///< beats: twenty minutes for a person to answer

private:
  struct Pending {
    explicit Pending(base::Executor executor) : changed(std::move(executor)) {}
    base::Signal changed;
    bool done = false, gone = false;
    SharedObject result;
    std::string error;
    unsigned beats = 0;
  };
  base::Env& env_;
  std::uint64_t last_ = 0;
  std::map<std::string, std::shared_ptr<Pending>, std::less<>> pending_;
};

}  // namespace openmcp::api::mcp
