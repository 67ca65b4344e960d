#include "api/mcp/replies.hpp"

#include <fmt/format.h>

#include "context/text.hpp"

namespace openmcp::api::mcp {

base::Task<SharedObject> Replies::wait(std::string id) {
  auto pending = std::make_shared<Pending>(env_.executor());
  pending_.emplace(id, pending);
  std::exception_ptr interrupted;
  try {
    while (!pending->done && !pending->gone) co_await pending->changed.wait();
  } catch (...) {
    interrupted = std::current_exception();
  }
  pending_.erase(id);
  if (interrupted) std::rethrow_exception(interrupted);
  if (pending->gone) throw base::Error(base::Errc::timeout, "asking the client: no answer came");
  if (!pending->result)
    throw base::Error(base::Errc::unavailable, fmt::format("asking the client: it answered: {}", pending->error));
  co_return pending->result;
}

bool Replies::take(const Message& response) {
  auto found = pending_.find(response.id);
  if (found == pending_.end()) return false;
  auto& pending = *found->second;
  pending.done = true;
  pending.result = response.result;
  pending.error = context::to_valid_utf8(response.error_message, 500);
  pending.changed.wake_all();
  return true;
}

void Replies::beat() {
  for (auto& [id, pending] : pending_) {
    if (++pending->beats < kPatience) continue;
    pending->gone = true;
    pending->changed.wake_all();
  }
}

void Replies::fail_all() {
  for (auto& [id, pending] : pending_) {
    pending->gone = true;
    pending->changed.wake_all();
  }
}

}  // namespace openmcp::api::mcp
