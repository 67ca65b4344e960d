#include "api/time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace openmcp::api {

using namespace std::chrono;
using base::Errc;
using base::WallTime;

namespace {

struct Parts {
  int year;
  unsigned month, day;
  long hour, minute, second, micro;
};

Parts parts_of(WallTime time) {
  auto day_start = floor<days>(time);
  year_month_day date{day_start};
  auto rest = (time - day_start).count();
  return {int(date.year()),       unsigned(date.month()), unsigned(date.day()), rest / 3'600'000'000,
          rest / 60'000'000 % 60, rest / 1'000'000 % 60,  rest % 1'000'000};
}

/// Takes exactly `count` digits.
bool take_digits(std::string_view& in, std::size_t count, int& out) {
  if (in.size() < count) return false;
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (in[i] < '0' || in[i] > '9') return false;
    out = out * 10 + (in[i] - '0');
  }
  in.remove_prefix(count);
  return true;
}

bool take_char(std::string_view& in, std::string_view any_of) {
  if (in.empty() || any_of.find(in[0]) == std::string_view::npos) return false;
  in.remove_prefix(1);
  return true;
}

bool take_fraction(std::string_view& in, microseconds& out) {
  long micro = 0, scale = 100'000;
  std::size_t digits = 0;
  while (!in.empty() && in[0] >= '0' && in[0] <= '9') {
    micro += (in[0] - '0') * scale;
    scale /= 10;
    ++digits;
    in.remove_prefix(1);
  }
  out = microseconds(micro);
  return digits > 0 && digits <= 9;
}

bool take_offset(std::string_view& in, minutes& out) {
  out = minutes(0);
  if (in.empty() || take_char(in, "Zz")) return true;
  bool west = in[0] == '-';
  int hour = 0, minute = 0;
  if (!take_char(in, "+-") || !take_digits(in, 2, hour)) return false;
  take_char(in, ":");
  if (!take_digits(in, 2, minute) || hour > 23 || minute > 59) return false;
  out = minutes((west ? -1 : 1) * (hour * 60 + minute));
  return true;
}

std::optional<WallTime> parse_absolute(std::string_view in) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (!take_digits(in, 4, y) || !take_char(in, "-") || !take_digits(in, 2, mo) || !take_char(in, "-") ||
      !take_digits(in, 2, d)) {
    return std::nullopt;
  }
  year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!date.ok()) return std::nullopt;
  WallTime out = sys_days(date);
  if (in.empty()) return out;
  if (!take_char(in, "Tt ") || !take_digits(in, 2, h) || !take_char(in, ":") || !take_digits(in, 2, mi)) {
    return std::nullopt;
  }
  if (take_char(in, ":") && !take_digits(in, 2, s)) return std::nullopt;
  microseconds fraction(0);
  if (take_char(in, ".") && !take_fraction(in, fraction)) return std::nullopt;
  minutes offset(0);
  if (!take_offset(in, offset) || !in.empty() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  return out + hours(h) + minutes(mi) + seconds(s) + fraction - offset;
}

}  // namespace

std::string iso_time(WallTime time) {
  auto p = parts_of(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", p.year, p.month, p.day, p.hour, p.minute, p.second,
                     p.micro);
}

std::string short_time(WallTime time) {
  auto p = parts_of(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", p.year, p.month, p.day, p.hour, p.minute);
}

base::Result<WallTime> parse_time(std::string_view text, WallTime now) {
  if (auto absolute = parse_absolute(text)) return *absolute;
  std::int64_t amount = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), amount);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (failure == std::errc() && amount >= 0 && amount < 100'000'000) {
    if (unit == "s") return now - seconds(amount);
    if (unit == "m" || unit == "min") return now - minutes(amount);
    if (unit == "h") return now - hours(amount);
    if (unit == "d") return now - days(amount);
    if (unit == "w") return now - weeks(amount);
  }
  return base::fail(Errc::invalid_argument, fmt::format("'{}' is not a time", text),
                    "a date (2026-11-23), a time (2026-11-23T08:35:00Z) or an age (90s, 15m, 3h, 2d, 4w)");
}

}  // namespace openmcp::api
