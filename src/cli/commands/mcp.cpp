#include <fmt/format.h>

#include "api/serve/serve.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/server/conversation.hpp"
#include "cli/server/forward.hpp"
#include "cli/server/hosting.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "conformance", .help = "for the test suites of others: fixtures beside the product's tools"},
};
constexpr std::string_view kExamples[] = {"openmcp mcp", "openmcp --home ~/notes/.openmcp mcp"};

constexpr base::Duration kGrace = std::chrono::seconds(5);

std::string_view kind_of(bool conformance) { return conformance ? "mcp conformance" : "mcp"; }

// --- another process has the store -----------------------------------------------------------------------------------

base::Task<void> send_lines(Channel& channel, Conversation& conversation) {
  while (auto line = co_await conversation.next()) {
    for (auto& piece : pieces_of(*std::move(line))) co_await channel.send(std::move(piece));
  }
  co_await channel.stream().close();
}

/// Until the client or that process ends.
base::Task<void> relay(Invocation& call, Channel& channel, Conversation& conversation) {
  SpeakMcp begin;
  co_await channel.send(begin);
  conversation.begin();
  bool ended = false;
  auto both = [&](base::TaskGroup& group) -> base::Task<void> {
    group.spawn(send_lines(channel, conversation));
    LineJoiner joiner;
    while (auto frame = co_await channel.receive()) {
      auto* piece = std::get_if<LinePiece>(&*frame);
      if (!piece) throw Error(Errc::corrupt, "the store's socket: a message that is no line");
      auto line = joiner.add(std::move(*piece));
      if (line) co_await conversation.answer(*std::move(line));
    }
    ended = true;
    group.cancel();
  };
  try {
    co_await base::with_group(call.env(), std::move(both));
  } catch (const Error& error) {
    if (error.code() != Errc::unavailable && (error.code() != Errc::cancelled || !ended)) throw;
  }
}

// --- we have it ------------------------------------------------------------------------------------------------------

base::Task<void> own(Invocation& call, Conversation& conversation, bool conformance) {
  auto settings = call.config();
  auto hosting = std::make_unique<Hosting>(call, settings, std::string(kind_of(conformance)));
  api::serve::ServeOptions options;
  options.listen.clear();
  options.conformance = conformance;
  options.version = kVersion;
  auto hand_over = [&conversation] { conversation.pause(); };
  co_await hosting->start(std::move(options), std::move(hand_over));
  std::exception_ptr failure;
  try {
    conversation.begin();
    ReadLine read_line = [&conversation] { return conversation.next(); };
    WriteLine write_line = [&conversation](std::string line) { return conversation.answer(std::move(line)); };
    co_await hosting->running().mcp().run_lines(local_caller(), std::move(read_line), std::move(write_line));
  } catch (...) {
    failure = std::current_exception();
  }
  co_await hosting->stop(kGrace);
  hosting.reset();
  co_await call.close();
  if (failure) std::rethrow_exception(failure);
}

/// One turn with whoever has the store. True: there was one.
base::Task<bool> talk(Invocation& call, Conversation& conversation, bool conformance) {
  auto reached = co_await reach_server(call.env(), call.home().path);
  if (reached) {
    if (conformance && !reached->greeting.kind.ends_with("conformance")) {
      throw Error(Errc::busy,
                  fmt::format("process {} has the store, and runs without --conformance", reached->greeting.pid),
                  "stop it, or name another store");
    }
    co_await relay(call, *reached->channel, conversation);
    co_return true;
  }
  bool busy = false;
  try {
    co_await call.store(Access::write);
  } catch (const Error& error) {
    if (error.code() != Errc::busy) throw;
    busy = true;
  }
  if (busy) co_return false;
  co_await own(call, conversation, conformance);
  co_return true;
}

base::Task<void> converse(Invocation& call, Conversation& conversation, bool conformance) {
  constexpr base::Duration kPause = std::chrono::milliseconds(50);
  constexpr base::Duration kPatience = std::chrono::seconds(30);
  call.set_lock_wait({});
  auto since = call.env().steady();
  while (!conversation.over()) {
    bool talked = co_await talk(call, conversation, conformance);
    if (talked) {
      co_await conversation.lost();
      since = call.env().steady();
    } else if (call.env().steady() - since > kPatience) {
      throw Error(Errc::busy, "another process writes to the store and does not end",
                  "'openmcp doctor' names it; stop it, or name another store");
    }
    if (conversation.over()) break;
    // Of several that lose their server at once one becomes the next: they do not all try at the same moment.
    std::array<std::uint8_t, 1> random{};
    call.env().random(random);
    co_await call.env().sleep(kPause + std::chrono::milliseconds(random[0]));
  }
}

base::Task<int> run(Invocation& call) {
  bool conformance = call.args().flag("conformance");
  Conversation conversation(call.env(), call.in(), 1);
  std::exception_ptr failure;
  auto both = [&](base::TaskGroup& reading) -> base::Task<void> {
    reading.spawn(conversation.read_client());
    co_await converse(call, conversation, conformance);
    reading.cancel();
  };
  try {
    co_await base::with_group(call.env(), std::move(both));
  } catch (const Error& error) {
    // Clients end a server by closing its input or by a signal.
    if (error.code() != Errc::cancelled) failure = std::current_exception();
  }
  if (failure) std::rethrow_exception(failure);
  co_return kOk;
}

}  // namespace

const Command kMcp{
    .name = "mcp",
    .group = Group::server,
    .summary = "Speak the Model Context Protocol with the AI client that started this",
    .details =
        "For the settings of AI clients: the command is 'openmcp', its argument 'mcp'. Messages are lines of standard "
        "input and output; logs go to standard error.\n"
        "Several may run on one store, also beside 'openmcp serve': one process has the store and answers for all; "
        "when "
        "it ends, another goes on in its place.",
    .options = kOptions,
    .examples = kExamples,
    .place = Place::here,
    .run = run,
};

}  // namespace openmcp::cli
