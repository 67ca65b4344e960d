#include "cli/server/forward.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "cli/help.hpp"
#include "cli/human.hpp"
#include "cli/server/place.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

base::Task<std::optional<Reached>> reach_server(base::Env& env, base::Path home) {
  constexpr base::Duration kPatience = std::chrono::seconds(10);
  auto file = env.disk().stat(base::join(home, kSocketFile));
  if (!file || file->kind != base::FileKind::other) co_return std::nullopt;
  SocketPlace place(home);
  std::unique_ptr<base::Stream> stream;
  try {
    stream = co_await env.network().connect(place.endpoint());
  } catch (const Error& error) {
    if (error.code() == Errc::permission) {
      throw Error(Errc::permission, error.message(), "the server of this store runs as another user: be that user");
    }
    if (error.code() == Errc::cancelled) throw;
    co_return std::nullopt;  // left behind by a process that was killed
  }
  Reached reached;
  reached.channel = std::make_unique<Channel>(env, std::move(stream));
  std::optional<Frame> frame;
  try {
    frame = co_await reached.channel->receive_within(kPatience);
  } catch (const Error& error) {
    if (error.code() == Errc::unavailable) co_return std::nullopt;  // it ended at this very moment
    throw;
  }
  if (!frame) co_return std::nullopt;
  auto* greeting = std::get_if<Greeting>(&*frame);
  if (!greeting)
    throw Error(Errc::unsupported, fmt::format("what listens at {}/{} is no server of stores", home, kSocketFile));
  if (greeting->protocol != kProtocol) {
    throw Error(Errc::unsupported,
                fmt::format("the server of the store (process {}) is openmcp {}, this is openmcp {}", greeting->pid,
                            escape(greeting->version), kVersion),
                "restart the server, so that both are of one version");
  }
  reached.greeting = std::move(*greeting);
  co_return reached;
}

base::Task<std::optional<std::string>> server_facts(base::Env& env, base::Path home) {
  constexpr base::Duration kPatience = std::chrono::seconds(5);
  auto reached = co_await reach_server(env, std::move(home));
  if (!reached) co_return std::nullopt;
  AskFacts ask;
  co_await reached->channel->send(ask);
  auto frame = co_await reached->channel->receive_within(kPatience);
  auto* facts = frame ? std::get_if<ServerFacts>(&*frame) : nullptr;
  if (!facts) co_return std::nullopt;
  co_return std::move(facts->json);
}

std::string server_text(const std::string& facts) {
  try {
    auto value = boost::json::parse(facts).as_object();
    auto text = [&value](const char* key) { return std::string(value.at(key).as_string()); };
    auto up = std::chrono::seconds(value.at("uptime_seconds").to_number<std::int64_t>());
    auto line = fmt::format("{}, process {}, for {}", text("kind"), value.at("pid").to_number<std::int64_t>(),
                            human_duration(up));
    std::string_view separator = ": ";
    for (auto [key, label] : {std::pair("listen", ""), std::pair("gateway", "gateway ")}) {
      for (auto& url : value.at(key).as_array()) {
        line += fmt::format("{}{}{}", separator, label, std::string_view(url.as_string()));
        separator = ", ";
      }
    }
    if (text("version") != kVersion) line += fmt::format("; it is openmcp {}: restart it", text("version"));
    return line;
  } catch (const std::exception&) {
    return "one of another version: restart it";
  }
}

namespace {

/// The variables of the environment that commands look at.
std::vector<std::pair<std::string, std::string>> our_variables() {
  constexpr std::string_view kOurs = "OPENMCP_";
  std::vector<std::pair<std::string, std::string>> found;
  for (char** each = environ; each && *each; ++each) {
    std::string_view text = *each;
    auto equals = text.find('=');
    if (!text.starts_with(kOurs) || equals == std::string_view::npos) continue;
    found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

OutputFacts facts_of(const Output& out) { return {out.terminal(), out.colours(), out.columns()}; }

class Forwarding {
public:
  Forwarding(Invocation& call, Channel& channel) : call_(call), channel_(channel) {}

  base::Task<int> run(std::vector<std::string> words) {
    RunCommand command;
    command.words = std::move(words);
    command.directory = call_.working_directory();
    command.home = call_.home().path;
    command.root = call_.home().root;
    command.found = static_cast<std::uint64_t>(call_.home().from);
    command.variables = our_variables();
    command.input_terminal = call_.in().terminal();
    command.out = facts_of(call_.out());
    command.err = facts_of(call_.err());
    co_await channel_.send(std::move(command));
    auto body = [this](base::TaskGroup& feeding) -> base::Task<void> {
      while (!ended_) co_await step(feeding);
      feeding.cancel();  // it may wait for input that nobody needs now
    };
    try {
      co_await base::with_group(call_.env(), std::move(body));
    } catch (const Error& error) {
      if (!ended_ || error.code() != Errc::cancelled) throw;
    }
    call_.out().flush();
    call_.err().flush();
    if (failure_) throw *std::move(failure_);
    if (ended_->error) {
      auto& error = *ended_->error;
      auto code = static_cast<Errc>(std::min(error.code, static_cast<std::uint64_t>(Errc::internal)));
      throw Error(code, std::move(error.message), std::move(error.hint));
    }
    co_return static_cast<int>(ended_->code);
  }

private:
  base::Task<void> step(base::TaskGroup& feeding) {
    std::optional<Frame> frame;
    bool stopped = false;
    try {
      frame = co_await channel_.receive();
      if (!frame) {
        throw Error(Errc::unavailable, "the server of the store ended while the command ran",
                    "look whether its work was done; what was acknowledged is kept");
      }
      if (auto* piece = std::get_if<OutputPiece>(&*frame)) show(*piece);
    } catch (const Error& error) {
      if (error.code() != Errc::cancelled || cancelling_) throw;
      stopped = true;
    }
    if (stopped) co_return co_await cancel();
    if (auto* need = std::get_if<NeedInput>(&*frame)) feeding.spawn(feed(need->most));
    if (auto* ended = std::get_if<CommandEnded>(&*frame)) ended_ = std::move(*ended);
  }

  /// Once; then the end of the command is waited for.
  base::Task<void> cancel() {
    if (std::exchange(cancelling_, true)) co_return;
    CancelCommand stop;
    co_await channel_.send(stop);
  }

  void show(const OutputPiece& piece) {
    if (cancelling_ && !piece.error) return;
    auto& out = piece.error ? call_.err() : call_.out();
    auto one = std::array{base::as_bytes(piece.bytes)};
    out.write_parts(one);
  }

  base::Task<void> feed(std::uint64_t most) {
    InputPiece piece;
    piece.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, kMaxPiece)));
    std::optional<Error> failure;
    try {
      base::MutableBytes into{reinterpret_cast<std::uint8_t*>(piece.bytes.data()), piece.bytes.size()};
      auto got = co_await call_.in().read(into);
      piece.bytes.resize(got);
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled) throw;
      failure = error;
    }
    if (failure) {
      failure_ = std::move(failure);
      co_return co_await cancel();
    }
    co_await channel_.send(std::move(piece));
  }

  Invocation& call_;
  Channel& channel_;
  std::optional<CommandEnded> ended_;
  std::optional<Error> failure_;  ///< of our own input
  bool cancelling_ = false;
};

}  // namespace

base::Task<std::optional<int>> forward(Invocation& call, std::vector<std::string> words) {
  auto reached = co_await reach_server(call.env(), call.home().path);
  if (!reached) co_return std::nullopt;
  Forwarding forwarding(call, *reached->channel);
  auto code = co_await forwarding.run(std::move(words));
  co_return code;
}

}  // namespace openmcp::cli
