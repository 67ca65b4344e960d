#include "base/real_network.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
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
#include <cerrno>
#include <cstring>

#include "base/os_error.hpp"
#include "base/pieces.hpp"
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
  auto address = tcp.address();
  // A client of version 4 at a socket that listens for both.
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return {address.to_string(), tcp.port()};
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

/// Sends what the socket takes at once, without the event loop. Less than all: the rest has to wait.
std::size_t send_now(int socket, std::span<const BytesView> parts) {
  constexpr std::size_t kParts = 16;
  std::array<iovec, kParts> list;
  std::size_t sent = 0;
  while (!parts.empty()) {
    std::size_t count = std::min(parts.size(), kParts), size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      list[i] = {const_cast<std::uint8_t*>(parts[i].data()), parts[i].size()};
      size += parts[i].size();
    }
    msghdr message{};
    message.msg_iov = list.data();
    message.msg_iovlen = count;
    ssize_t took = 0;
    do {
      took = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (took < 0 && errno == EINTR);
    if (took <= 0) break;  // an error comes up again in the write that follows
    sent += static_cast<std::size_t>(took);
    if (static_cast<std::size_t>(took) < size) break;
    parts = parts.subspan(count);
  }
  return sent;
}

class RealStream final : public Stream {
public:
  /// `name` is for messages.
  RealStream(Socket socket, std::string name, Endpoint peer)
      : connection_(std::make_shared<Connection>(std::move(socket), std::move(name))), peer_(std::move(peer)) {}
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
    if (error) co_await fail_with(error, Errc::unavailable, "reading from", connection->name);
    co_return got;
  }

  Task<void> write(BytesView from) override {
    co_await throw_if_cancelled();
    auto connection = connection_;
    // Most writes fit into the socket's buffer: those take no turn of the event loop.
    auto sent = connection->socket.is_open() ? send_now(connection->socket.native_handle(), {&from, 1}) : 0;
    if (sent == from.size()) co_return;
    ErrorCode error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    auto buffer = asio::buffer(from.data() + sent, from.size() - sent);
    co_await asio::async_write(connection->socket, buffer, token);
    if (error) co_await fail_with(error, Errc::unavailable, "writing to", connection->name);
  }

  Task<void> write_parts(std::span<const BytesView> parts) override {
    co_await throw_if_cancelled();
    auto connection = connection_;
    auto sent = connection->socket.is_open() ? send_now(connection->socket.native_handle(), parts) : 0;
    drop_done(parts, sent);
    if (parts.empty()) co_return;
    std::vector<asio::const_buffer> rest;
    for (auto part : parts) rest.emplace_back(part.data(), part.size());
    rest.front() += sent;
    ErrorCode error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await asio::async_write(connection->socket, rest, token);
    if (error) co_await fail_with(error, Errc::unavailable, "writing to", connection->name);
  }

  std::size_t write_now(std::span<const BytesView> parts) override {
    return connection_->socket.is_open() ? send_now(connection_->socket.native_handle(), parts) : 0;
  }

  Task<void> close() override {
    ErrorCode error;
    connection_->socket.shutdown(Socket::shutdown_send, error);
    // The peer may have closed everything already; then there is nothing left to close.
    if (error == asio::error::not_connected || !error) co_return;
    co_await fail_with(error, Errc::unavailable, "closing the connection to", connection_->name);
  }

  void reset() noexcept override {
    ErrorCode ignored;
    asio::socket_base::linger at_once(true, 0);  // makes close() send RST
    connection_->socket.set_option(at_once, ignored);
    connection_->socket.close(ignored);
  }

  Endpoint peer() const override { return peer_; }

private:
  struct Connection {
    Socket socket;
    std::string name;
  };
  std::shared_ptr<Connection> connection_;
  Endpoint peer_;
};

bool on_this_machine(const Endpoint& peer) {
  ErrorCode not_a_number;
  return asio::ip::make_address(peer.host, not_a_number).is_loopback();
}

void prepare(Socket& socket, const Endpoint& peer) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  // Where the system's congestion control spaces out what it sends (BBR), that costs a fifth of the speed (measured,
  // 1 GiB: 4.3 against 5.4 GB/s), and between two programs of one machine there is nothing to be congested.
  if (on_this_machine(peer)) ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
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
    auto endpoint_here = endpoint_;  // the listener may end while this waits
    auto name = name_of(endpoint_here);
    ErrorCode error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    Socket socket = co_await acceptor->async_accept(token);
    if (error) co_await fail_with(error, Errc::cancelled, "accepting at", name);
    auto remote = is_socket_file(endpoint_here) ? Protocol::endpoint() : socket.remote_endpoint(error);
    Endpoint peer = error || is_socket_file(endpoint_here) ? Endpoint() : from_system(remote);
    prepare(socket, peer);
    auto client = is_socket_file(endpoint_here) ? "a client of " + name : "the client " + name_of(peer);
    co_return std::make_unique<RealStream>(std::move(socket), std::move(client), std::move(peer));
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
    prepare(socket, remote);
    co_return std::make_unique<RealStream>(std::move(socket), std::move(name), std::move(remote));
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

  Task<std::vector<Endpoint>> resolve(std::string host, std::uint16_t port) override {
    co_await throw_if_cancelled();
    ErrorCode error;
    asio::ip::make_address(host, error);
    std::vector<Endpoint> found;
    if (!error) {
      found.push_back({std::move(host), port});
      co_return found;
    }
    asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(executor_);  // asks on a thread of its own
    auto service = std::to_string(port);
    auto token = asio::redirect_error(asio::use_awaitable, error);
    auto results = co_await resolver.async_resolve(host, service, token);
    if (error == asio::error::operation_aborted) co_await throw_if_cancelled();
    for (auto& each : results) found.push_back({each.endpoint().address().to_string(), each.endpoint().port()});
    if (error || found.empty()) {
      bool later = error == asio::error::host_not_found_try_again;
      throw Error(later ? Errc::unavailable : Errc::not_found, fmt::format("resolving {}: {}", host, error.message()),
                  "check the spelling of the name and this machine's name server");
    }
    co_return found;
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
