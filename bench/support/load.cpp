#include "support/load.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace openmcp::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error(errno ? fmt::format("{}: {}", what, std::strerror(errno)) : std::string(what));
}

bool same_letters(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view field_of(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    auto line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':' || !same_letters(line.substr(0, name.size()), name))
      continue;
    line = line.substr(name.size() + 1, line.find("\r\n") - name.size() - 1);
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
  }
  return {};
}

unsigned status_of(std::string_view head) {
  unsigned status = 0;
  if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status);
  return status;
}

std::uint64_t length_of(std::string_view head) {
  auto text = field_of(head, "Content-Length");
  std::uint64_t length = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc()) {
    errno = 0;
    fail(fmt::format("an answer without a length: {}", head.substr(0, 200)));
  }
  return length;
}

struct Client {
  int socket = -1;
  std::string head;        ///< of the answer that is arriving, as far as it came
  std::uint64_t left = 0;  ///< of its body
  unsigned status = 0;
  int under_way = 0;
  Clock::time_point asked;
};

/// Takes answers out of what was read; calls `done(status)` at the end of each.
template <class Done>
void take(Client& client, std::string_view bytes, Done done) {
  while (!bytes.empty()) {
    if (client.left > 0) {
      auto part = std::min<std::uint64_t>(client.left, bytes.size());
      client.left -= part;
      bytes.remove_prefix(part);
      if (client.left == 0) done(client.status);
      continue;
    }
    std::string_view head = bytes;
    if (!client.head.empty()) {
      client.head += bytes;
      head = client.head;
    }
    auto end = head.find(kHeadEnd);
    if (end == std::string_view::npos) {
      if (client.head.empty()) client.head = bytes;
      return;
    }
    auto before = head.size() - bytes.size();  // of the head, in earlier pieces
    head = head.substr(0, end + kHeadEnd.size());
    client.status = status_of(head);
    client.left = length_of(head);
    bytes.remove_prefix(head.size() - before);
    client.head.clear();
    if (client.left == 0) done(client.status);
  }
}

}  // namespace

void use_core(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core % static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

void use_all_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (long core = 0; core < ::sysconf(_SC_NPROCESSORS_CONF); ++core) CPU_SET(static_cast<unsigned>(core), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

void raise_descriptor_limit() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

double cpu_seconds(int process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string skipped;
  std::getline(file, skipped, ')');
  for (int i = 0; i < 11; ++i) file >> skipped;
  long user = 0, system = 0;
  file >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_mib(int process) {
  std::ifstream file(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

int dial(std::uint16_t port) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket < 0 || ::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    if (socket >= 0) ::close(socket);
    fail("connecting");
  }
  int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    auto sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail("sending a request");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

unsigned try_status(std::uint16_t port, std::string_view request) {
  int socket = -1;
  unsigned status = 0;
  try {
    socket = dial(port);
    status = ask_once(socket, request).status;
  } catch (const std::runtime_error&) {  // it is not there yet
  }
  if (socket >= 0) ::close(socket);
  return status;
}

std::string Answer::field(std::string_view name) const { return std::string(field_of(head, name)); }

Answer ask_once(int socket, std::string_view request) {
  send_all(socket, request);
  Answer out;
  std::string buffer(64 << 10, '\0');
  auto more = [&](std::string& into) {
    errno = 0;
    auto got = ::read(socket, buffer.data(), buffer.size());
    if (got <= 0) fail("reading an answer");
    into.append(buffer, 0, static_cast<std::size_t>(got));
  };
  while (out.head.find(kHeadEnd) == std::string::npos) more(out.head);
  auto end = out.head.find(kHeadEnd) + kHeadEnd.size();
  out.body = out.head.substr(end);
  out.head.resize(end);
  out.status = status_of(out.head);
  if (out.status == 204 || out.status == 304) return out;
  if (field_of(out.head, "Transfer-Encoding") == "chunked") {
    auto chunked = std::move(out.body);
    out.body.clear();
    for (std::size_t at = 0, size = 1; size > 0;) {
      auto line = chunked.find("\r\n", at);
      while (line == std::string::npos) {
        more(chunked);
        line = chunked.find("\r\n", at);
      }
      size = std::stoull(chunked.substr(at, line - at), nullptr, 16);
      at = line + 2;
      while (chunked.size() < at + size + 2) more(chunked);
      out.body.append(chunked, at, size);
      at += size + 2;
    }
    return out;
  }
  for (auto length = length_of(out.head); out.body.size() < length;) more(out.body);
  return out;
}

Rate ask(std::uint16_t port, int process, const Load& load, const std::function<std::string_view()>& next) {
  int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Client> clients(static_cast<std::size_t>(load.connections));
  struct Closing {
    int poll;
    std::vector<Client>& clients;
    ~Closing() {
      for (auto& client : clients)
        if (client.socket >= 0) ::close(client.socket);
      ::close(poll);
    }
  } closing{poll, clients};
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i].socket = dial(port);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].socket, &event);
  }
  Rate rate;
  std::uint64_t asked = 0;
  std::string texts;
  auto fill = [&](Client& client) {
    client.asked = Clock::now();
    if (load.depth == 1) {
      if (asked++ < load.most) send_all(client.socket, next());
      return;
    }
    texts.clear();
    for (; client.under_way < load.depth && asked < load.most; ++client.under_way, ++asked) texts += next();
    send_all(client.socket, texts);
  };
  auto start = Clock::now();
  double cpu = cpu_seconds(process), passed = 0;
  for (auto& client : clients) fill(client);
  std::vector<char> buffer(64 << 10);
  std::array<epoll_event, 256> events;
  while (passed < load.seconds && rate.done < load.most) {
    int ready = ::epoll_wait(poll, events.data(), events.size(), 1000);
    for (int i = 0; i < ready; ++i) {
      auto& client = clients[events[static_cast<std::size_t>(i)].data.u64];
      errno = 0;
      auto got = ::recv(client.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) fail("a server left its clients");
      int answers = 0;
      take(client, {buffer.data(), static_cast<std::size_t>(got)}, [&](unsigned code) {
        ++answers;
        rate.refused += code / 100 != 2;
      });
      if (answers == 0) continue;
      rate.done += static_cast<std::uint64_t>(answers);
      client.under_way -= answers;
      if (load.depth > 1 && client.under_way > 0) continue;
      client.under_way = 0;
      if (load.depth == 1) rate.ms.push_back(since(client.asked) * 1e3);
      fill(client);
    }
    passed = since(start);
  }
  rate.wall = static_cast<double>(rate.done) / passed;
  rate.cpu = static_cast<double>(rate.done) / std::max(cpu_seconds(process) - cpu, 1e-9);
  std::ranges::sort(rate.ms);
  return rate;
}

double fetch(std::uint16_t port, std::string_view request) {
  int socket = dial(port);
  std::vector<char> buffer(100 << 10);  // as curl reads
  std::string head;
  auto start = Clock::now();
  send_all(socket, request);
  std::uint64_t left = 1, length = 0;
  while (left > 0) {
    errno = 0;
    auto read = ::read(socket, buffer.data(), buffer.size());
    if (read <= 0) fail("reading a great answer");
    auto got = static_cast<std::uint64_t>(read);
    if (length == 0) {
      head.append(buffer.data(), got);
      auto end = head.find(kHeadEnd);
      if (end == std::string::npos) continue;
      if (status_of(head) != 200) fail(fmt::format("a great answer: {}", head.substr(0, 200)));
      left = length = length_of(head.substr(0, end + kHeadEnd.size()));
      got = head.size() - end - kHeadEnd.size();
    }
    left -= std::min(left, got);
  }
  double took = since(start);
  ::close(socket);
  return static_cast<double>(length) / took;
}

}  // namespace openmcp::bench
