#include "cli/stdio.hpp"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstdlib>
#include <vector>

#include "base/result.hpp"
#include "cli/signals.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr std::size_t kGather = 64u << 10;

std::size_t terminal_columns(int descriptor) {
  if (const char* text = std::getenv("COLUMNS")) {
    std::size_t columns = 0;
    auto [end, failure] = std::from_chars(text, text + strlen(text), columns);
    if (failure == std::errc() && *end == 0 && columns > 0) return columns;
  }
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

[[noreturn]] void stopped() { throw Error(Errc::cancelled, "stopped by a signal"); }

/// Waits until `descriptor` is ready or a signal came.
void wait_for(int descriptor, short events) {
  std::array<pollfd, 2> set = {pollfd{descriptor, events, 0}, pollfd{stop_descriptor(), POLLIN, 0}};
  while (poll(set.data(), set[1].fd < 0 ? 1 : 2, -1) < 0) {
    if (errno != EINTR) throw Error(Errc::io, fmt::format("waiting for a descriptor: {}", strerror(errno)));
    if (stop_signal() != 0) stopped();
  }
  if (set[1].revents != 0) stopped();
}

}  // namespace

Output::Output(int descriptor, bool colours) : descriptor_(descriptor) {
  terminal_ = isatty(descriptor) == 1;
  colours_ = terminal_ && colours;
  if (terminal_) columns_ = terminal_columns(descriptor);
}

std::string Output::styled(Style style, std::string_view text) const {
  static constexpr std::array<std::string_view, 8> kCodes = {"", "1", "2", "31", "32", "33", "34", "36"};
  if (!colours_ || style == Style::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(style)], text);
}

void Output::write(std::string_view text) {
  if (gathered_.size() + text.size() > kGather) flush();
  if (text.size() >= kGather) return write_all(base::as_bytes(text));
  gathered_ += text;
}

void Output::flush() {
  if (gathered_.empty()) return;
  auto out = std::move(gathered_);
  gathered_.clear();
  write_all(base::as_bytes(out));
}

void Output::failed(int error) {
  if (error == EPIPE) throw OutputClosed();
  if (error == ENOSPC || error == EDQUOT) {
    throw Error(Errc::no_space, "writing the output: no space is left", "free some space, or write elsewhere");
  }
  throw Error(Errc::io, fmt::format("writing the output: {}", strerror(error)));
}

void Output::write_all(base::BytesView bytes) {
  auto one = std::array{bytes};
  write_parts(one);
}

void Output::look_at_pipe() {
  if (pipe_known_) return;
  pipe_known_ = true;
  struct stat info{};
  pipe_ = fstat(descriptor_, &info) == 0 && S_ISFIFO(info.st_mode);
  // A pipe of 64 KiB makes both sides wait for each other 16 times a MiB. Where it may not grow it stays as it is.
  if (pipe_) fcntl(descriptor_, F_SETPIPE_SZ, 1 << 20);
}

void Output::write_shared(const base::SharedBytes& bytes) {
  if (bytes.size() >= kGather) look_at_pipe();
  if (!pipe_ || !bytes.mapped() || bytes.size() < kGather) return write_all(bytes);
  flush();
  // Pages of the file itself go into the pipe. Copying them there costs more than everything else that cat does
  // (measured: 0.27 s a GiB, against 0.06 s).
  //
  // A reader holds the pipe's lock while it copies, and a writer that waits for room spins on that lock: it takes the
  // core that checks the next blocks (measured: 4.2 GB/s, against 5.7). So it sleeps a moment first, as long as the
  // reader is quick.
  constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 20'000};
  constexpr int kNaps = 50;
  int naps = 0;
  auto rest = bytes.view();
  while (!rest.empty()) {
    if (stop_signal() != 0) stopped();
    iovec part{const_cast<std::uint8_t*>(rest.data()), rest.size()};
    auto moved = ::vmsplice(descriptor_, &part, 1, SPLICE_F_NONBLOCK);
    if (moved >= 0) {
      rest = rest.subspan(static_cast<std::size_t>(moved));
      naps = 0;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (naps++ < kNaps) {
        ::nanosleep(&kNap, nullptr);
      } else {
        wait_for(descriptor_, POLLOUT);
      }
    } else if (errno == EPIPE) {
      failed(errno);
    } else if (errno != EINTR) {
      pipe_ = false;  // a system that does not do this: copy
      return write_all(rest);
    }
  }
}

void Output::write_parts(std::span<const base::BytesView> parts) {
  flush();
  if (!parts.empty() && parts.front().size() >= kGather) look_at_pipe();
  constexpr std::size_t kVectors = 64;
  std::array<iovec, kVectors> vectors;
  std::size_t index = 0, offset = 0;
  while (index < parts.size()) {
    std::size_t count = 0;
    for (std::size_t i = index; i < parts.size() && count < kVectors; ++i) {
      auto part = i == index ? parts[i].subspan(offset) : parts[i];
      vectors[count++] = {const_cast<std::uint8_t*>(part.data()), part.size()};
    }
    if (stop_signal() != 0) stopped();
    auto written = ::writev(descriptor_, vectors.data(), static_cast<int>(count));
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) failed(errno);
      wait_for(descriptor_, POLLOUT);
      continue;
    }
    auto left = static_cast<std::size_t>(written);
    while (index < parts.size() && left >= parts[index].size() - offset) {
      left -= parts[index].size() - offset;
      offset = 0;
      ++index;
    }
    offset += left;
  }
}

base::Task<void> Output::ready() { co_return; }

base::Task<std::size_t> Input::read(base::MutableBytes into) {
  std::size_t have = 0;
  while (have < into.size()) {
    auto got = co_await read_some(into.subspan(have));
    if (got == 0) break;
    have += got;
  }
  co_return have;
}

namespace {

/// Waits on the event loop where the system can (terminals, pipes, sockets); files are always ready.
base::Task<void> until_ready(base::Env& env, int descriptor, short event) {
  using Watched = boost::asio::posix::stream_descriptor;
  pollfd now{descriptor, event, 0};
  if (poll(&now, 1, 0) != 0) co_return;
  Watched watched(env.executor());
  boost::system::error_code error;
  watched.assign(descriptor, error);
  if (error) co_return;
  // It is the caller's descriptor: only watched here, never closed.
  struct Release {
    Watched& watched;
    ~Release() { watched.release(); }
  } release{watched};
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, error);
  co_await watched.async_wait(event == POLLIN ? Watched::wait_read : Watched::wait_write, token);
  if (error != boost::asio::error::operation_aborted) co_return;
  co_await env.sleep({});  // throws, because we were cancelled
  throw Error(Errc::cancelled, "waiting for a descriptor was cancelled");
}

}  // namespace

/// Reads while more comes within `patience` milliseconds.
std::size_t StandardInput::read_now(base::MutableBytes into, int patience) const {
  std::size_t have = 0;
  while (have < into.size()) {
    auto got = ::read(descriptor_, into.data() + have, std::min<std::size_t>(into.size() - have, SSIZE_MAX));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      wait_for(descriptor_, POLLIN);
      continue;
    }
    if (got < 0) throw Error(Errc::io, fmt::format("reading standard input: {}", strerror(errno)));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
    pollfd more{descriptor_, POLLIN, 0};
    if (patience == 0 || poll(&more, 1, patience) <= 0) break;
  }
  return have;
}

base::Task<std::size_t> StandardInput::read_some(base::MutableBytes into) {
  begun_ = true;
  co_await until_ready(env_, descriptor_, POLLIN);
  co_return read_now(into, 0);
}

base::Task<std::size_t> StandardInput::read(base::MutableBytes into) {
  begun_ = true;
  std::size_t have = 0;
  while (have < into.size()) {
    co_await until_ready(env_, descriptor_, POLLIN);
    // Pieces of a pipe are gathered by a worker: a change of threads for each of them would cost more than reading.
    constexpr int kPatience = 5;
    auto rest = into.subspan(have);
    auto gather = [this, rest] { return read_now(rest, kPatience); };
    auto got = co_await env_.run(std::move(gather));
    if (got == 0) break;
    have += got;
  }
  co_return have;
}

bool StandardInput::terminal() const noexcept { return isatty(descriptor_) == 1; }

base::Task<void> PatientOutput::write(std::string text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    co_await until_ready(env_, descriptor_, POLLOUT);
    // What is ready takes so much without making us wait (PIPE_BUF; a socket has far more room then).
    auto put = ::write(descriptor_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (put >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EPIPE) {
      throw OutputClosed();
    } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
      throw Error(Errc::io, fmt::format("writing the output: {}", strerror(errno)));
    }
  }
}

}  // namespace openmcp::cli
