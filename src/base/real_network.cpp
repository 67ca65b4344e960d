#include "base/real_network.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "base/os_error.hpp"
#include "base/result.hpp"
#include "base/waiters.hpp"

namespace openmcp::base {
namespace asio = boost::asio;
namespace {

using Protocol = asio::generic::stream_protocol;  // TCP and socket files in one
using Socket = asio::basic_stream_socket<Protocol, Executor>;
using Acceptor = asio::basic_socket_acceptor<Protocol, Executor>;
using ErrorCode = boost::system::error_code;

std::string name_of(const Endpoint& endpoint) {
  if (endpoint.host.starts_with('/')) return endpoint.host;
  bool six = endpoint.host.find(':') != std::string::npos;
  return six ? fmt::format("[{}]:{}", endpoint.host, endpoint.port)
             : fmt::format("{}:{}", endpoint.host, endpoint.port);
}

bool is_socket_file(const Endpoint& endpoint) { return endpoint.host.starts_with('/'); }

Protocol::endpoint to_system(const Endpoint& endpoint) {
  if (is_socket_file(endpoint)) {
    try {
      return asio::local::stream_protocol::endpoint(endpoint.host);
    } catch (const boost::system::system_error&) {
      throw Error(Errc::invalid_argument, fmt::format("the path of the socket is too long: {}", endpoint.host),
                  "a socket's path has at most 107 bytes");
    }
  }
  ErrorCode error;
  auto address = asio::ip::make_address(endpoint.host, error);
  if (error) {
    throw Error(Errc::invalid_argument, fmt::format("'{}' is not an IP address", endpoint.host),
                "give a literal IPv4 or IPv6 address");
  }
  return asio::ip::tcp::endpoint(address, endpoint.port);
}

Endpoint from_system(const Protocol::endpoint& endpoint) {
  asio::ip::tcp::endpoint tcp;
  tcp.resize(endpoint.size());
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  return {tcp.address().to_string(), tcp.port()};
}

/// Throws what the network reported; a cancellation counts as delivered. `closed_here` is the code for an operation
/// that ended because we closed the socket under it.
Task<void> fail_with(ErrorCode error, Errc closed_here, std::string_view doing, std::string what) {
  if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
    co_await throw_if_cancelled();
    throw Error(closed_here, fmt::format("{} {}: it was closed here", doing, what));
  }
  throw os_error(error.value(), doing, what);
}

class RealStream final : public Stream {
public:
  /// `peer` is for messages.
  RealStream(Socket socket, std::string peer)
      : connection_(std::make_shared<Connection>(std::move(socket), std::move(peer))) {}
  ~RealStream() override {
    ErrorCode ignored;
    connection_->socket.close(ignored);
  }

  Task<std::size_t> read(MutableBytes into) override {
    co_await throw_if_cancelled();
    auto connection = connection_;  // the stream may be destroyed while this waits
    ErrorCode error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    auto buffer = asio::buffer(into.data(), into.size());
    std::size_t got = co_await connection->socket.async_read_some(buffer, token);
    if (error == asio::error::eof) co_return 0;
    if (error) co_await fail_with(error, Errc::unavailable, "reading from", connection->peer);
    co_return got;
  }

  Task<void> write(BytesView from) override {
    co_await throw_if_cancelled();
    auto connection = connection_;
    ErrorCode error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    auto buffer = asio::buffer(from.data(), from.size());
    co_await asio::async_write(connection->socket, buffer, token);
    if (error) co_await fail_with(error, Errc::unavailable, "writing to", connection->peer);
  }

  Task<void> close() override {
    ErrorCode error;
    connection_->socket.shutdown(Socket::shutdown_send, error);
    // The peer may have closed everything already; then there is nothing left to close.
    if (error == asio::error::not_connected || !error) co_return;
    co_await fail_with(error, Errc::unavailable, "closing the connection to", connection_->peer);
  }

  void reset() noexcept override {
    ErrorCode ignored;
    asio::socket_base::linger at_once(true, 0);  // makes close() send RST
    connection_->socket.set_option(at_once, ignored);
    connection_->socket.close(ignored);
  }

private:
  struct Connection {
    Socket socket;
    std::string peer;
  };
  std::shared_ptr<Connection> connection_;
};

void prepare(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  ErrorCode ignored;
  asio::ip::tcp::no_delay no_delay(true);
  socket.set_option(no_delay, ignored);  // fails for socket files
}

class RealListener final : public Listener {
public:
  RealListener(Acceptor acceptor, Endpoint endpoint)
      : acceptor_(std::make_shared<Acceptor>(std::move(acceptor))), endpoint_(std::move(endpoint)) {}
  ~RealListener() override { close(); }

  Task<std::unique_ptr<Stream>> accept() override {
    co_await throw_if_cancelled();
    auto acceptor = acceptor_;
    auto name = name_of(endpoint_);
    ErrorCode error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    Socket socket = co_await acceptor->async_accept(token);
    if (error) co_await fail_with(error, Errc::cancelled, "accepting at", name);
    prepare(socket);
    co_return std::make_unique<RealStream>(std::move(socket), "a client of " + name);
  }

  Endpoint endpoint() const override { return endpoint_; }

  void close() noexcept override {
    if (!acceptor_->is_open()) return;
    ErrorCode ignored;
    acceptor_->close(ignored);
    if (is_socket_file(endpoint_)) ::unlink(endpoint_.host.c_str());
  }

private:
  std::shared_ptr<Acceptor> acceptor_;
  Endpoint endpoint_;
};

class RealNetwork final : public Network {
public:
  explicit RealNetwork(Executor executor) : executor_(std::move(executor)) {}

  Task<std::unique_ptr<Stream>> connect(Endpoint remote) override {
    co_await throw_if_cancelled();
    auto name = name_of(remote);
    Socket socket(executor_);
    auto target = to_system(remote);
    ErrorCode error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await socket.async_connect(target, token);
    if (error) co_await fail_with(error, Errc::unavailable, "connecting to", name);
    prepare(socket);
    co_return std::make_unique<RealStream>(std::move(socket), std::move(name));
  }

  Task<std::unique_ptr<Listener>> listen(Endpoint local) override {
    auto target = to_system(local);
    Acceptor acceptor(executor_);
    ErrorCode error = bind(acceptor, target, local);
    if (error == asio::error::address_in_use && is_socket_file(local) && nobody_listens(target)) {
      ::unlink(local.host.c_str());  // left behind by a process that was killed
      error = bind(acceptor, target, local);
    }
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) throw listen_error(error, local);
    if (!is_socket_file(local)) local = from_system(acceptor.local_endpoint());
    co_return std::make_unique<RealListener>(std::move(acceptor), std::move(local));
  }

private:
  static ErrorCode bind(Acceptor& acceptor, const Protocol::endpoint& target, const Endpoint& local) {
    ErrorCode error, ignored;
    if (acceptor.is_open()) acceptor.close(ignored);
    acceptor.open(target.protocol(), error);
    if (error) return error;
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    if (is_socket_file(local)) {
      ::fchmod(acceptor.native_handle(), 0600);  // the mode that bind() gives to the file
    } else {
      asio::socket_base::reuse_address reuse(true);
      acceptor.set_option(reuse, ignored);
    }
    acceptor.bind(target, error);
    return error;
  }

  bool nobody_listens(const Protocol::endpoint& target) {
    Socket probe(executor_);
    ErrorCode error;
    probe.connect(target, error);
    return error == asio::error::connection_refused;
  }

  static Error listen_error(ErrorCode error, const Endpoint& local) {
    Error made = os_error(error.value(), "listening at", name_of(local));
    if (error != asio::error::address_in_use) return made;
    return {made.code(), made.message(), "another program listens there: stop it or choose another port"};
  }

  Executor executor_;
};

}  // namespace

std::unique_ptr<Network> make_real_network(Executor executor) {
  return std::make_unique<RealNetwork>(std::move(executor));
}

}  // namespace openmcp::base
