#include "support/echo.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <stdexcept>

#include "support/load.hpp"

namespace openmcp::bench {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kPiece = 48u << 10;  ///< less than one packet: longer ones are up to three times slower
constexpr std::string_view kBytes = "/bytes/";

asio::awaitable<void> echo(asio::ip::tcp::socket socket, const std::string& text) {
  std::vector<char> buffer(4096), piece(kPiece, 'x');
  try {
    for (;;) {
      auto got = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);
      std::string_view asked(buffer.data(), got);
      auto at = asked.substr(0, 64).find(kBytes);
      if (at == std::string_view::npos) {
        co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
        continue;
      }
      auto size = std::stoull(std::string(asked.substr(at + kBytes.size())));
      auto head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
      co_await asio::async_write(socket, asio::buffer(head), asio::use_awaitable);
      for (std::uint64_t sent = 0; sent < size; sent += kPiece) {
        auto part = std::min<std::uint64_t>(kPiece, size - sent);
        co_await asio::async_write(socket, asio::buffer(piece.data(), part), asio::use_awaitable);
      }
    }
  } catch (const std::exception&) {  // the client left
  }
}

}  // namespace

Child::Child(unsigned core, const std::function<void(int pipe)>& serve) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe to a server");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    use_core(core);
    serve(ends[1]);
    std::_Exit(0);
  }
  ::close(ends[1]);
  auto got = ::read(ends[0], &port_, sizeof port_);
  ::close(ends[0]);
  if (got != sizeof port_) throw std::runtime_error("a server did not start");
}

Child::~Child() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void write_port(int pipe, std::uint16_t port) {
  if (::write(pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
}

void serve_echo(int pipe, const std::string& text) {
  asio::io_context context(1);
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  write_port(pipe, acceptor.local_endpoint().port());
  auto accept = [&]() -> asio::awaitable<void> {
    for (;;) {
      auto socket = co_await acceptor.async_accept(asio::use_awaitable);
      socket.set_option(asio::ip::tcp::no_delay(true));
      asio::co_spawn(context, echo(std::move(socket), text), asio::detached);
    }
  };
  asio::co_spawn(context, accept(), asio::detached);
  context.run();
}

}  // namespace openmcp::bench
