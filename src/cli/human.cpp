#include "cli/human.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace openmcp::cli {

using namespace std::chrono;
using base::Errc;
using base::WallTime;

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return value < 9.95 ? fmt::format("{:.1f} {}", value, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string human_count(std::uint64_t count) {
  auto digits = fmt::format("{}", count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ' ');
  return digits;
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
  if (count == 1) return fmt::format("1 {}", singular);
  if (!plural.empty()) return fmt::format("{} {}", human_count(count), plural);
  return fmt::format("{} {}s", human_count(count), singular);
}

std::string human_duration(seconds duration) {
  auto total = duration.count();
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{} min {} s", total / 60, total % 60);
  if (total < 86400) return fmt::format("{} h {} min", total / 3600, total % 3600 / 60);
  return fmt::format("{} d {} h", total / 86400, total % 86400 / 3600);
}

std::string human_age(WallTime then, WallTime now) {
  auto age = duration_cast<seconds>(now - then).count();
  if (age < -60) return short_time(then);
  if (age < 10) return "just now";
  if (age < 60) return fmt::format("{} s ago", age);
  if (age < 3600) return fmt::format("{} min ago", age / 60);
  if (age < 86400) return fmt::format("{} h ago", age / 3600);
  if (age < 2 * 86400) return "yesterday";
  if (age < 14 * 86400) return fmt::format("{} days ago", age / 86400);
  return short_time(then).substr(0, 10);
}

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

base::Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t amount = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), amount);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  struct Unit {
    std::string_view name;
    std::uint64_t factor;
  };
  static constexpr Unit kUnits[] = {{"", 1},
                                    {"B", 1},
                                    {"K", 1ull << 10},
                                    {"KiB", 1ull << 10},
                                    {"kB", 1000},
                                    {"M", 1ull << 20},
                                    {"MiB", 1ull << 20},
                                    {"MB", 1'000'000},
                                    {"G", 1ull << 30},
                                    {"GiB", 1ull << 30},
                                    {"GB", 1'000'000'000}};
  if (failure == std::errc()) {
    for (auto& known : kUnits) {
      if (known.name == unit && amount <= INT64_MAX / known.factor) return amount * known.factor;
    }
  }
  return base::fail(Errc::invalid_argument, fmt::format("'{}' is not a size", text), "bytes, or with KiB, MiB, GiB");
}

}  // namespace openmcp::cli
