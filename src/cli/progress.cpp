#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/human.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::seconds;

std::string progress_line(const ProgressState& state, std::size_t columns) {
  auto amount = [&](std::uint64_t value) { return state.unit == Unit::bytes ? human_size(value) : human_count(value); };
  bool known = state.total > 0;
  auto done = known ? std::min(state.done, state.total) : state.done;
  std::string tail;
  if (known) {
    auto percent = static_cast<unsigned>(static_cast<double>(done) * 100 / static_cast<double>(state.total));
    tail = fmt::format("{:3}%  {} / {}", percent, amount(done), amount(state.total));
  } else {
    tail = amount(done);
  }
  if (state.rate > 0) {
    tail += fmt::format("  {}/s", amount(static_cast<std::uint64_t>(state.rate)));
    if (known && done < state.total) {
      auto left = std::ceil(static_cast<double>(state.total - done) / state.rate);
      if (left < 1e7) tail += fmt::format("  ETA {}", human_duration(seconds(static_cast<long>(left))));
    }
  }
  if (!known || state.rate <= 0) {
    if (state.elapsed >= 2s) tail += fmt::format("  {}", human_duration(state.elapsed));
  }
  auto text = std::string(state.label) + "  ";
  constexpr std::size_t kLeastBar = 10, kMostBar = 40;
  if (known && text.size() + tail.size() + kLeastBar + 4 <= columns) {
    auto bar = std::min(columns - text.size() - tail.size() - 4, kMostBar);
    auto filled = static_cast<std::size_t>(static_cast<double>(bar) * static_cast<double>(done) /
                                           static_cast<double>(state.total));
    std::string body(filled, '=');
    if (filled < bar) body += '>';
    body.resize(bar, ' ');
    text += fmt::format("[{}]  ", body);
  }
  return fit(text + tail, columns);
}

Progress::Progress(base::Env& env, Output* out, std::string label, Unit unit)
    : env_(env), out_(out), label_(std::move(label)), unit_(unit), start_(env.steady()), last_(start_) {}

Progress::~Progress() {
  try {
    finish();
  } catch (const std::exception&) {
    out_ = nullptr;  // the terminal is gone; the command itself will say so if it matters
  }
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  done_ = done;
  total_ = total;
  if (!out_) return;
  auto now = env_.steady();
  if (now - last_ >= 100ms) draw(now);
}

void Progress::draw(base::Instant now) {
  auto passed = duration<double>(now - last_).count();
  auto fresh = static_cast<double>(done_ > last_done_ ? done_ - last_done_ : 0) / passed;
  // Smoothed over about two seconds, so that the ETA does not jump.
  double weight = 1 - std::exp(-passed / 2);
  rate_ = rate_ == 0 ? fresh : rate_ + weight * (fresh - rate_);
  last_ = now;
  last_done_ = done_;
  ProgressState state{label_, unit_, done_, total_, rate_, duration_cast<seconds>(now - start_)};
  out_->write("\r" + progress_line(state, out_->columns() > 1 ? out_->columns() - 1 : 79) + "\x1b[K");
  out_->flush();
  drawn_ = true;
}

void Progress::finish() {
  if (!out_ || !drawn_) return;
  drawn_ = false;
  out_->write("\r\x1b[K");
  out_->flush();
}

std::function<void(std::uint64_t, std::uint64_t)> Progress::callback() {
  return [this](std::uint64_t done, std::uint64_t total) { update(done, total); };
}

}  // namespace openmcp::cli
