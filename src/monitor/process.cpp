#include "monitor/process.hpp"

#include <charconv>
#include <vector>

#include "base/result.hpp"

namespace openmcp::monitor {

namespace {

constexpr double kTicks = 100;  // USER_HZ, the same on every Linux (proc(5))
constexpr double kPage = 4096;  // x86-64
constexpr std::uint64_t kMost = 1u << 20;

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const auto begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<double> number(std::string_view text) {
  double out = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<ProcessFigures> parse_process(std::string_view stat, std::string_view uptime, std::string_view limits,
                                            double now) {
  // The second field is the program's name in parentheses, which may hold anything: what counts begins behind them.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const auto fields = words(stat.substr(name_end + 1));
  auto field = [&fields](std::size_t number_in_manual) -> std::optional<double> {
    const auto at = number_in_manual - 3;
    return at < fields.size() ? number(fields[at]) : std::nullopt;
  };
  const auto user = field(14), system = field(15), threads = field(20), started = field(22), size = field(23),
             resident = field(24);
  const auto up = words(uptime);
  const auto since_boot = up.empty() ? std::nullopt : number(up.front());
  if (!user || !system || !threads || !started || !size || !resident || !since_boot) return std::nullopt;
  ProcessFigures out;
  out.cpu_seconds = (*user + *system) / kTicks;
  out.threads = *threads;
  out.virtual_bytes = *size;
  out.resident_bytes = *resident * kPage;
  out.start_seconds = now - *since_boot + *started / kTicks;
  constexpr std::string_view row = "Max open files";
  if (const auto at = limits.find(row); at != std::string_view::npos) {
    const auto columns = words(limits.substr(at + row.size(), 60));
    if (!columns.empty()) out.max_files = number(columns.front());
  }
  return out;
}

base::Task<std::optional<ProcessFigures>> read_process(base::Env& env) {
  auto work = [&env]() -> std::optional<ProcessFigures> {
    try {
      auto& disk = env.disk();
      const auto stat = base::read_file(disk, "/proc/self/stat", kMost);
      const auto uptime = base::read_file(disk, "/proc/uptime", kMost);
      const auto limits = base::read_file(disk, "/proc/self/limits", kMost);
      const auto now = std::chrono::duration<double>(env.now().time_since_epoch()).count();
      auto out = parse_process(base::as_text(stat), base::as_text(uptime), base::as_text(limits), now);
      if (out) out->open_files = static_cast<double>(disk.list("/proc/self/fd").size()) - 1;  // and the list itself
      return out;
    } catch (const base::Error&) {
      return std::nullopt;
    }
  };
  co_return co_await env.run(std::move(work));
}

ProcessMetrics::ProcessMetrics(Metrics& metrics)
    : cpu_(metrics.counter("process_cpu_seconds_total", "Processor time of the process, user and system")),
      resident_(metrics.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM")),
      virtual_(metrics.gauge("process_virtual_memory_bytes", "Address space of the process")),
      start_(metrics.gauge("process_start_time_seconds", "When the process began, since 1970")),
      threads_(metrics.gauge("process_threads", "Threads of the process")),
      open_files_(metrics.gauge("process_open_fds", "Open file descriptors")),
      max_files_(metrics.gauge("process_max_fds", "How many file descriptors may be open; 0: no limit")) {}

void ProcessMetrics::set(const ProcessFigures& figures) {
  if (figures.cpu_seconds > counted_) {
    cpu_.add(figures.cpu_seconds - counted_);
    counted_ = figures.cpu_seconds;
  }
  resident_.set(figures.resident_bytes);
  virtual_.set(figures.virtual_bytes);
  start_.set(figures.start_seconds);
  threads_.set(figures.threads);
  open_files_.set(figures.open_files);
  max_files_.set(figures.max_files.value_or(0));
}

}  // namespace openmcp::monitor
