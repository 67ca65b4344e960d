#include "cli/server/hosting.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "api/json_writer.hpp"
#include "base/sync.hpp"
#include "cli/process.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

api::Caller local_caller() { return {.name = "local", .token_id = {}, .role = api::Role::writer}; }

Hosting::Hosting(Invocation& call, const base::Config& settings, std::string kind)
    : call_(call), settings_(settings), kind_(std::move(kind)), care_(call.env()) {}

Hosting::~Hosting() = default;

std::string Hosting::facts() const {
  auto more = fmt::format("\"kind\":{},\"pid\":{},\"processes\":{}", api::json_quoted(kind_), getpid(),
                          commands_ ? commands_->clients() : 0);
  return running_->facts(more);
}

/// Code that was needed for the start, or for work a while ago, need not stay in memory.
base::Task<void> Hosting::give_back_when_idle() {
  constexpr base::Duration kLook = std::chrono::seconds(10);
  co_await call_.env().sleep(std::chrono::seconds(1));
  give_back_code();
  auto work = [this] { return running_->requests() + commands_->served(); };
  std::uint64_t given_back_at = work();
  for (auto before = given_back_at;;) {
    co_await call_.env().sleep(kLook);
    auto now = work();
    if (now == before && now != given_back_at) {
      give_back_code();
      given_back_at = now;
    }
    before = now;
  }
}

base::Task<void> Hosting::start(api::serve::ServeOptions options, std::function<void()> hand_over) {
  auto* store = co_await call_.store(Access::write);
  auto* workspace = co_await call_.workspace(Access::write, true);
  running_ = co_await api::serve::Running::start(call_.env(), *store, *workspace, settings_, call_.home().path,
                                                 std::move(options));
  auto& service = running_->service();
  CommandServerParts parts{
      .home = call_.home().path,
      .kind = kind_,
      .store = *store,
      .workspace = *workspace,
      .auth = service.auth,
      .audit = service.audit,
      .talk_mcp =
          [this](ReadLine read_line, WriteLine write_line) {
            return running_->mcp().run_lines(local_caller(), std::move(read_line), std::move(write_line));
          },
      .facts = [this] { return facts(); },
      .hand_over = std::move(hand_over),
  };
  std::exception_ptr failure;
  try {
    commands_ = co_await CommandServer::start(call_.env(), std::move(parts));
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) {
    care_.spawn(give_back_when_idle());
    co_return;
  }
  co_await running_->stop({});
  std::rethrow_exception(failure);
}

base::Task<void> Hosting::stop(base::Duration grace) {
  care_.cancel();
  try {
    co_await care_.join();
  } catch (const base::Error& error) {
    if (error.code() != base::Errc::cancelled) throw;
  }
  auto both = [this, grace](base::TaskGroup& group) -> base::Task<void> {
    group.spawn(commands_->stop(grace));
    group.spawn(running_->drain(grace));
    co_return;
  };
  co_await base::with_group(call_.env(), std::move(both));
  co_await running_->stop({});
}

}  // namespace openmcp::cli
