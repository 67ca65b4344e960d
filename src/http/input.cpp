#include "http/input.hpp"

#include <algorithm>
#include <cstring>

namespace openmcp::http {

using base::Task;

void Input::make_room(std::size_t most) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < capacity_) return;
  if (begin_ > 0 && end_ - begin_ <= capacity_ / 2) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  } else {
    std::size_t grown = capacity_ == 0 ? kIdle : std::max(kStep, capacity_ * 2);
    grown = std::max(std::min(grown, most), end_ - begin_ + 1);
    std::unique_ptr<char[]> larger(new char[grown]);
    if (end_ > begin_) std::memcpy(larger.get(), buffer_.get() + begin_, end_ - begin_);
    buffer_ = std::move(larger);
    capacity_ = grown;
  }
  end_ -= begin_;
  begin_ = 0;
}

base::Signal& Input::changed() {
  if (!changed_) changed_.emplace(executor_);
  return *changed_;
}

Task<std::size_t> Input::read_stream(base::MutableBytes into) {
  struct Reading {
    Input& input;
    explicit Reading(Input& of) : input(of) { input.reading_ = true; }
    ~Reading() {
      input.reading_ = false;
      if (input.changed_) input.changed_->wake_all();
    }
  };
  Reading reading(*this);
  auto got = co_await stream_.read(into);
  if (got == 0) ended_ = true;
  co_return got;
}

Task<bool> Input::fill(std::size_t most) {
  if (reading_) {
    auto had = size();
    while (reading_ && size() <= had) co_await changed().wait();
    if (size() > had) co_return true;
  }
  if (ended_) co_return false;
  make_room(most);
  base::MutableBytes room(reinterpret_cast<std::uint8_t*>(buffer_.get()) + end_, capacity_ - end_);
  auto got = co_await read_stream(room);
  end_ += got;
  co_return got > 0;
}

Task<std::size_t> Input::read(base::MutableBytes into) {
  // What would be read anyway in small pieces is read in one and kept.
  while (empty() && (reading_ || into.size() < kIdle)) {
    bool more = co_await fill(kStep);
    if (!more) co_return 0;
  }
  if (!empty()) {
    auto size_now = std::min(into.size(), size());
    std::memcpy(into.data(), view().data(), size_now);
    consume(size_now);
    co_return size_now;
  }
  if (ended_) co_return 0;
  co_return co_await read_stream(into);
}

void Input::shrink() noexcept {
  if (reading_ || capacity_ <= kIdle || !empty()) return;
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace openmcp::http
