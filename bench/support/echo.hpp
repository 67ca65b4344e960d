// The limit of a server on this machine: a bare Asio loop that answers whatever it reads, and knows no HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace openmcp::bench {

/// A server in a process of its own on one core; ends with this object.
class Child {
public:
  /// `serve` says its port by write_port() and then never returns.
  Child(unsigned core, const std::function<void(int pipe)>& serve);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();
  int pid() const noexcept { return pid_; }
  std::uint16_t port() const noexcept { return port_; }

private:
  int pid_ = -1;
  std::uint16_t port_ = 0;
};
void write_port(int pipe, std::uint16_t port);

/// Answers with `text`; where what it reads has "/bytes/N", with a head that says N bytes and as many.
void serve_echo(int pipe, const std::string& text);

}  // namespace openmcp::bench
