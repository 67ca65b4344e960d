#include "cli/server/remote_io.hpp"

#include <algorithm>
#include <cstring>

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr std::size_t kLittle = 1u << 20;  ///< bytes on their way that make long outputs wait
constexpr std::size_t kMost = 256u << 20;  ///< bytes of an output that does not wait, such as one large JSON object

std::size_t weight(const Frame& frame) {
  constexpr std::size_t kOverhead = 64;
  if (auto* piece = std::get_if<OutputPiece>(&frame)) return piece->bytes.size() + kOverhead;
  if (auto* line = std::get_if<LinePiece>(&frame)) return line->text.size() + kOverhead;
  return kOverhead;
}

}  // namespace

void Outbox::push(Frame frame) {
  if (gone_) throw OutputClosed();
  if (bytes_ > kMost) {
    throw Error(Errc::too_large, "the output is not being read: too much of it waits in the server",
                "write it to a file, or ask for less");
  }
  bytes_ += weight(frame);
  frames_.push_back(std::move(frame));
  changed_.wake_all();
}

base::Task<void> Outbox::room() {
  while (bytes_ > kLittle && !gone_) co_await changed_.wait();
  if (gone_) throw OutputClosed();
}

base::Task<void> Outbox::pump(Channel& channel) {
  while (!gone_) {
    while (frames_.empty() && !ended_) co_await changed_.wait();
    try {
      if (frames_.empty()) {
        co_await channel.stream().close();
        break;
      }
      auto frame = std::move(frames_.front());
      frames_.pop_front();
      bytes_ -= weight(frame);
      co_await channel.send(std::move(frame));
    } catch (const Error&) {
      gone_ = true;  // whoever writes next learns it
    }
    changed_.wake_all();
  }
  frames_.clear();
  bytes_ = 0;
  finished_ = true;
  changed_.wake_all();
}

base::Task<void> Outbox::finished() {
  while (!finished_) co_await changed_.wait();
}

void Outbox::end() {
  ended_ = true;
  changed_.wake_all();
}

void RemoteOutput::write_parts(std::span<const base::BytesView> parts) {
  flush();
  for (auto part : parts) {
    for (auto text = base::as_text(part); !text.empty(); text.remove_prefix(std::min(text.size(), kMaxPiece))) {
      outbox_.push(OutputPiece{error_, std::string(text.substr(0, kMaxPiece))});
    }
  }
}

void RemoteOutput::write_shared(const base::SharedBytes& bytes) {
  auto one = std::array{bytes.view()};
  write_parts(one);
}

base::Task<std::size_t> RemoteInput::read_some(base::MutableBytes into) {
  begun_ = true;
  if (into.empty()) co_return 0;
  while (used_ == piece_.size() && !ended_) {
    if (!asked_) {
      asked_ = true;
      outbox_.push(NeedInput{std::min(into.size(), kMaxPiece)});
    }
    co_await changed_.wait();
  }
  auto size = std::min(into.size(), piece_.size() - used_);
  std::memcpy(into.data(), piece_.data() + used_, size);
  used_ += size;
  co_return size;
}

void RemoteInput::arrived(std::string bytes) {
  if (!asked_) throw Error(Errc::corrupt, "the store's socket: input that nobody asked for");
  asked_ = false;
  ended_ = bytes.empty();
  piece_ = std::move(bytes);
  used_ = 0;
  changed_.wake_all();
}

}  // namespace openmcp::cli
