#include "cli/server/command_server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "api/audit.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/server/channel.hpp"
#include "cli/server/lines.hpp"
#include "cli/server/place.hpp"
#include "cli/server/remote_io.hpp"
#include "cli/server/within.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr std::size_t kMostClients = 256;
constexpr base::Duration kLastWords = std::chrono::seconds(1);  ///< for a client to take its answer when we stop

}  // namespace

struct CommandServer::State {
  State(base::Env& environment, CommandServerParts given)
      : env(environment), parts(std::move(given)), place(parts.home), tasks(environment), changed(env.executor()) {}

  base::Env& env;
  CommandServerParts parts;
  SocketPlace place;
  std::unique_ptr<base::Listener> listener;
  base::TaskGroup tasks;  ///< the listener's and one for each client
  base::Signal changed;
  std::size_t clients = 0;
  std::uint64_t served = 0;
  std::size_t busy = 0;  ///< clients whose work is not done
  bool stopping = false;
};

namespace {

using State = CommandServer::State;

/// Counts while it lives.
class Counted {
public:
  Counted(std::size_t& count, base::Signal& changed) : count_(count), changed_(changed) { ++count_; }
  ~Counted() { done(); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  void done() {
    if (std::exchange(over_, true)) return;
    --count_;
    changed_.wake_all();
  }

private:
  std::size_t& count_;
  base::Signal& changed_;
  bool over_ = false;
};

// --- a command -------------------------------------------------------------------------------------------------------

struct Remote {
  Remote(base::Env& env, const RunCommand& asked)
      : outbox(env),
        in(env, outbox, asked.input_terminal),
        out(outbox, false, asked.out),
        err(outbox, true, asked.err) {}
  Outbox outbox;
  RemoteInput in;
  RemoteOutput out, err;
};

Surroundings surroundings_of(const RunCommand& asked) {
  auto lookup = [variables = asked.variables](const char* name) -> const char* {
    auto found = std::ranges::find(variables, std::string_view(name), [](auto& pair) -> auto& { return pair.first; });
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  return {asked.directory, std::move(lookup)};
}

Home home_of(const RunCommand& asked) {
  auto from = static_cast<HomeFrom>(std::min<std::uint64_t>(asked.found, static_cast<std::uint64_t>(HomeFrom::user)));
  return {.path = asked.home, .from = from, .root = asked.root, .exists = true};
}

void record(State& state, Invocation& call, std::string result) {
  constexpr std::size_t kTarget = 200;
  if (!call.asked_to_write()) return;
  api::AuditEntry entry;
  entry.who = "local";
  entry.from = "cli";
  entry.action = fmt::format("cli.{}", call.command().name);
  std::ranges::replace(entry.action, ' ', '_');
  entry.target = clip(call.args().at(0), kTarget);
  entry.result = std::move(result);
  state.parts.audit.record(std::move(entry));
}

base::Task<int> run_parsed(State& state, const RunCommand& asked, Remote& remote) {
  if (asked.home != state.parts.home) {
    throw Error(Errc::conflict, fmt::format("this server has the store {}, not {}", state.parts.home, asked.home));
  }
  std::vector<std::string_view> words(asked.words.begin(), asked.words.end());
  Globals globals;
  auto parsed = base::unwrap(parse(words, all_commands(), globals));
  if (!parsed.command || parsed.command->place == Place::here) {
    throw Error(Errc::invalid_argument, "this command does not run in a server");
  }
  Lent lent{state.parts.store, state.parts.workspace, state.parts.auth, state.parts.audit, state.parts.facts()};
  Invocation call(state.env, *parsed.command, std::move(parsed.args), globals, remote.in, remote.out, remote.err,
                  surroundings_of(asked), home_of(asked), lent);
  try {
    auto code = co_await call.command().run(call);
    record(state, call, code == kOk ? "ok" : fmt::format("exit {}", code));
    co_return code;
  } catch (const Error& error) {
    record(state, call, std::string(base::to_string(error.code())));
    throw;
  }
}

base::Task<void> run_command(State& state, const RunCommand& asked, Remote& remote, Counted& work) {
  CommandEnded ended;
  auto failed = [&ended](const Error& error) {
    ended.code = static_cast<std::uint64_t>(exit_code_for(error.code()));
    ended.error = ErrorFacts{static_cast<std::uint64_t>(error.code()), error.message(), error.hint()};
  };
  try {
    auto code = co_await run_parsed(state, asked, remote);
    ended.code = static_cast<std::uint64_t>(code);
  } catch (const OutputClosed&) {
    ended.code = kPipeClosed;
  } catch (const Error& error) {
    failed(error);
  } catch (const std::exception& error) {
    failed(Error(Errc::internal, fmt::format("unexpected: {}", error.what()),
                 "this is a bug: please report it with the command that you ran"));
  }
  try {
    remote.out.flush();
    remote.err.flush();
    remote.outbox.push(std::move(ended));
  } catch (const std::exception& error) {
    base::log(base::LogLevel::debug, "cli", "a client went away before the end of its command: {}", error.what());
  }
  remote.outbox.end();
  work.done();
}

/// What the client says while its command runs: input, that it wants to stop, and that it is gone.
base::Task<void> listen(Channel& channel, Remote& remote, base::TaskGroup& command) {
  for (;;) {
    auto frame = co_await channel.receive();
    if (frame && std::holds_alternative<InputPiece>(*frame)) {
      remote.in.arrived(std::move(std::get<InputPiece>(*frame).bytes));
      continue;
    }
    command.cancel();
    if (!frame) co_return;
    if (!std::holds_alternative<CancelCommand>(*frame)) {
      throw Error(Errc::corrupt, "the store's socket: a message that does not belong into a command");
    }
  }
}

/// The client still gets what was said if it takes it soon.
base::Task<void> last_words(State& state, Channel& channel, Outbox& outbox) {
  bool taken = co_await within(state.env, kLastWords, outbox.finished());
  if (!taken) channel.stream().reset();
}

base::Task<void> serve_command(State& state, Channel& channel, RunCommand asked) {
  Remote remote(state.env, asked);
  Counted work(state.busy, state.changed);
  auto both = [&](base::TaskGroup& sending) -> base::Task<void> {
    sending.spawn(remote.outbox.pump(channel));
    auto running = [&](base::TaskGroup& command) -> base::Task<void> {
      command.spawn(run_command(state, asked, remote, work));
      co_await listen(channel, remote, command);
    };
    std::exception_ptr failure;
    try {
      co_await base::with_group(state.env, std::move(running));
    } catch (...) {
      failure = std::current_exception();
    }
    if (!failure) co_return;
    co_await last_words(state, channel, remote.outbox);  // we stop, or the client broke the rules
    std::rethrow_exception(failure);
  };
  co_await base::with_group(state.env, std::move(both));
}

// --- the Model Context Protocol --------------------------------------------------------------------------------------

base::Task<void> receive_lines(Channel& channel, LineQueue& lines) {
  struct End {
    LineQueue& lines;
    ~End() { lines.end(); }
  } end{lines};
  LineJoiner joiner;
  while (auto frame = co_await channel.receive()) {
    auto* piece = std::get_if<LinePiece>(&*frame);
    if (!piece) throw Error(Errc::corrupt, "the store's socket: a message that is no line");
    if (auto line = joiner.add(std::move(*piece))) co_await lines.put(*std::move(line));
  }
}

/// When we stop, no new requests are taken; those in progress get their answers.
base::Task<void> end_at_stop(State& state, LineQueue& lines) {
  while (!state.stopping) co_await state.changed.wait();
  lines.end();
}

base::Task<void> serve_mcp(State& state, Channel& channel) {
  Outbox outbox(state.env);
  LineQueue lines(state.env);
  Counted work(state.busy, state.changed);
  auto both = [&](base::TaskGroup& group) -> base::Task<void> {
    group.spawn(outbox.pump(channel));
    auto talk = [&](base::TaskGroup& reading) -> base::Task<void> {
      reading.spawn(receive_lines(channel, lines));
      reading.spawn(end_at_stop(state, lines));
      ReadLine read_line = [&]() { return lines.take(); };
      WriteLine write_line = [&](std::string line) -> base::Task<void> {
        for (auto& piece : pieces_of(std::move(line))) outbox.push(std::move(piece));
        co_await outbox.room();
      };
      co_await state.parts.talk_mcp(std::move(read_line), std::move(write_line));
      reading.cancel();
    };
    try {
      co_await base::with_group(state.env, std::move(talk));
    } catch (const Error& error) {
      if (error.code() != Errc::cancelled) base::log(base::LogLevel::info, "mcp", "a relay: {}", error.message());
    } catch (const OutputClosed&) {
      base::log(base::LogLevel::debug, "mcp", "a relay went away");
    }
    outbox.end();
    work.done();
    co_await last_words(state, channel, outbox);
  };
  co_await base::with_group(state.env, std::move(both));
}

// --- clients ---------------------------------------------------------------------------------------------------------

base::Task<void> serve_client(State& state, Channel& channel) {
  Greeting greeting{kProtocol, std::string(kVersion), state.parts.kind, static_cast<std::uint64_t>(getpid())};
  co_await channel.send(std::move(greeting));
  while (auto frame = co_await channel.receive()) {
    if (auto* asked = std::get_if<RunCommand>(&*frame)) co_return co_await serve_command(state, channel, *asked);
    if (std::holds_alternative<SpeakMcp>(*frame)) co_return co_await serve_mcp(state, channel);
    if (std::holds_alternative<HandOver>(*frame) && state.parts.hand_over) {
      state.parts.hand_over();
    } else if (std::holds_alternative<AskFacts>(*frame)) {
      ServerFacts facts{state.parts.facts()};
      co_await channel.send(std::move(facts));
    } else {
      throw Error(Errc::corrupt, "the store's socket: a message that cannot come first");
    }
  }
}

base::Task<void> client(std::shared_ptr<State> state, std::unique_ptr<base::Stream> stream) {
  Counted here(state->clients, state->changed);
  Channel channel(state->env, std::move(stream));
  try {
    co_await serve_client(*state, channel);
  } catch (const Error& error) {
    // A stranger cannot get here; our own other versions and vanished clients can.
    auto level = error.code() == Errc::corrupt ? base::LogLevel::warn : base::LogLevel::debug;
    base::log(level, "cli", "a client of the socket file: {}", error.message());
  } catch (const OutputClosed&) {
    base::log(base::LogLevel::debug, "cli", "a client of the socket file went away");
  }
}

base::Task<void> accept(std::shared_ptr<State> state) {
  for (;;) {
    std::unique_ptr<base::Stream> stream;
    std::optional<Error> failure;
    try {
      stream = co_await state->listener->accept();
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled) co_return;
      failure = error;
    }
    if (failure) {  // such as too many open files
      base::log(base::LogLevel::error, "cli", "{}", failure->message());
      co_await state->env.sleep(std::chrono::milliseconds(100));
    } else if (state->clients < kMostClients) {
      ++state->served;
      state->tasks.spawn(client(state, std::move(stream)));
    }
  }
}

}  // namespace

CommandServer::CommandServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
CommandServer::~CommandServer() = default;

base::Task<std::unique_ptr<CommandServer>> CommandServer::start(base::Env& env, CommandServerParts parts) {
  auto state = std::make_shared<State>(env, std::move(parts));
  state->listener = co_await env.network().listen(state->place.endpoint());
  state->tasks.spawn(accept(state));
  co_return std::unique_ptr<CommandServer>(new CommandServer(state));
}

std::size_t CommandServer::clients() const noexcept { return state_->clients; }
std::uint64_t CommandServer::served() const noexcept { return state_->served; }

namespace {

base::Task<void> wait_for_work(std::shared_ptr<State> state) {
  while (state->busy > 0) co_await state->changed.wait();
}

}  // namespace

base::Task<void> CommandServer::stop(base::Duration grace) {
  auto state = state_;
  state->stopping = true;
  state->listener->close();
  state->changed.wake_all();
  co_await within(state->env, grace, wait_for_work(state));
  state->tasks.cancel();
  co_await state->tasks.join();
}

}  // namespace openmcp::cli
