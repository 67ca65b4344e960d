// Inside of http: what the connections of one server share, and what it knows of them.
#pragma once

#include <array>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/env.hpp"
#include "base/sync.hpp"
#include "http/server.hpp"

namespace openmcp::http {

inline constexpr base::Instant kNever = base::Instant::max();

/// One connection, whatever it speaks.
class Connection {
public:
  virtual ~Connection() = default;
  /// Until it ends. Errors of the client end it and are not thrown.
  virtual base::Task<void> run() = 0;
  /// Ends what has taken too long.
  virtual void check(base::Instant now) = 0;
  /// The server drains: ends it now when nothing is under way, otherwise after that.
  virtual void drain() = 0;
  /// Drops the connection's stream at once.
  virtual void reset() noexcept = 0;
};

/// What the server itself needs of an exchange.
class ServerExchange : public Exchange {
public:
  /// The answer went out as a whole.
  virtual bool finished() const noexcept = 0;

  bool started() const noexcept override { return status_ != 0; }
  unsigned status() const noexcept { return status_; }
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t sent() const noexcept { return sent_; }

protected:
  unsigned status_ = 0;  ///< of the answer that was started
  std::uint64_t received_ = 0, sent_ = 0;
};

class ServerCore {
public:
  ServerCore(base::Env& on, ServerOptions with, Handler by)
      : env(on), options(std::move(with)), handler(std::move(by)), ended(on.executor()) {}

  /// Runs the handler and answers for it when it fails. Throws nothing. True: the answer is complete.
  base::Task<bool> handle(ServerExchange& exchange);
  /// Tells Done.
  void report(const Request& request, ServerExchange* exchange, unsigned status, base::Duration took) noexcept;
  /// Gives a request its id and trace, taking over the client's where they are good.
  void identify(Request& request);
  /// Of now, for the Date field.
  std::string_view date();

  base::Env& env;
  const ServerOptions options;
  const Handler handler;

  /// A connection and what runs for it.
  struct Hosted {
    explicit Hosted(base::Env& env) : tasks(env) {}
    base::TaskGroup tasks;
    base::Stream* stream = nullptr;  ///< until there is a connection
    std::shared_ptr<Connection> connection;
    base::Instant deadline = kNever;  ///< of the TLS handshake
    std::string counted;              ///< the address it counts for; "" none
  };
  std::list<Hosted*> hosted;
  std::map<std::string, std::size_t, std::less<>> of_address;  ///< connections
  base::Signal ended;                                          ///< a connection ended
  std::size_t in_flight = 0;
  bool draining = false;
  bool closed = false;  ///< the server is gone: no handler may be called
  bool sweeping = false;

private:
  void random_hex(std::string& out, std::size_t digits);

  std::array<std::uint8_t, 4096> random_{};
  std::size_t random_left_ = 0;
  std::int64_t date_second_ = -1;
  std::string date_;
};

/// The status that fits an error where nobody says better.
unsigned status_of(base::Errc code) noexcept;

}  // namespace openmcp::http
