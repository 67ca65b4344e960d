#include "cli/human.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "api/time.hpp"

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
