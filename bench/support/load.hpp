// Clients of an HTTP server on this machine: they keep their connections, always have requests under way, and throw
// away what they read.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace openmcp::bench {

/// Keeps this process, and those it starts, on one core.
void use_core(unsigned core);
void use_all_cores();
/// As many open sockets as this process may have.
void raise_descriptor_limit();

double cpu_seconds(int process);
double resident_mib(int process);

int dial(std::uint16_t port);
void send_all(int socket, std::string_view text);
/// No connection, or none that answers: 0.
unsigned try_status(std::uint16_t port, std::string_view request);

struct Answer {
  unsigned status = 0;
  std::string head, body;
  /// Of the head; "" when there is none.
  std::string field(std::string_view name) const;
};
/// One request on a connection. Throws std::runtime_error when no whole answer comes.
Answer ask_once(int socket, std::string_view request);

struct Load {
  int connections = 1;
  int depth = 1;  ///< requests that each has under way
  double seconds = 1;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();  ///< requests, then it ends earlier
};
struct Rate {
  double wall = 0, cpu = 0;             ///< answers a second, and a second of the server's processor time
  std::uint64_t done = 0, refused = 0;  ///< refused: status other than 2xx
  std::vector<double> ms;               ///< from each request to the end of its answer, ascending; with depth 1
  double at(double share) const { return ms.empty() ? 0 : ms[static_cast<std::size_t>(share * double(ms.size() - 1))]; }
};
/// `next` makes the text of a request; the view is used before the next call. Answers must have a Content-Length.
/// Throws std::runtime_error when the server leaves.
Rate ask(std::uint16_t port, int process, const Load& load, const std::function<std::string_view()>& next);

/// Bytes a second of one great answer, read into a buffer and forgotten; its length from the answer's head.
double fetch(std::uint16_t port, std::string_view request);

}  // namespace openmcp::bench
