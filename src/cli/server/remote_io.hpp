// Input and output of a command that a server runs for a process at the other end of a channel.
#pragma once

#include <deque>
#include <string>

#include "base/env.hpp"
#include "base/sync.hpp"
#include "cli/server/channel.hpp"
#include "cli/stdio.hpp"

namespace openmcp::cli {

/// Frames on their way to the client. What is written only lies here until the pump has sent it: nothing that writes
/// waits on the executor.
class Outbox {
public:
  explicit Outbox(base::Env& env) : changed_(env.executor()) {}

  /// Throws OutputClosed when the client is gone, Error too_large when it reads nothing while a command goes on
  /// writing without waiting.
  void push(Frame frame);
  /// Waits until little is left to send.
  base::Task<void> room();
  /// Sends until end() was called and everything is out, then closes our side; or until the client is gone.
  base::Task<void> pump(Channel& channel);
  void end();
  /// Waits for the end of pump().
  base::Task<void> finished();
  bool gone() const noexcept { return gone_; }

private:
  base::Signal changed_;
  std::deque<Frame> frames_;
  std::size_t bytes_ = 0;
  bool ended_ = false, gone_ = false, finished_ = false;
};

class RemoteOutput final : public Output {
public:
  RemoteOutput(Outbox& outbox, bool error, const OutputFacts& facts)
      : Output(facts.terminal, facts.colours, static_cast<std::size_t>(facts.columns)),
        outbox_(outbox),
        error_(error) {}
  void write_parts(std::span<const base::BytesView> parts) override;
  void write_shared(const base::SharedBytes& bytes) override;
  base::Task<void> ready() override { return outbox_.room(); }

private:
  Outbox& outbox_;
  bool error_;
};

/// Pulls: the client reads only what a command asks for.
class RemoteInput final : public Input {
public:
  RemoteInput(base::Env& env, Outbox& outbox, bool terminal)
      : changed_(env.executor()), outbox_(outbox), terminal_(terminal) {}
  base::Task<std::size_t> read_some(base::MutableBytes into) override;
  bool terminal() const noexcept override { return terminal_; }
  bool begun() const noexcept override { return begun_; }
  /// What the client sent. Error corrupt when it was not asked.
  void arrived(std::string bytes);

private:
  base::Signal changed_;
  Outbox& outbox_;
  bool terminal_, begun_ = false, asked_ = false, ended_ = false;
  std::string piece_;
  std::size_t used_ = 0;
};

}  // namespace openmcp::cli
