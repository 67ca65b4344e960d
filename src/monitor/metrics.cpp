#include "monitor/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "base/result.hpp"
#include "monitor/exposition.hpp"

namespace openmcp::monitor {

namespace {

constexpr std::string_view kPrefix = "openmcp_", kProcess = "process_";

template <class T>
struct Families {
  std::map<std::string, prometheus::Family<T>*, std::less<>> by_name;

  /// The series in the family of that name; both are made when they are new.
  template <class Build, class... Args>
  T* series(prometheus::Registry& registry, Build build, std::string_view name, std::string_view help,
            const Labels& labels, const Args&... args) {
    try {
      auto found = by_name.find(name);
      if (found == by_name.end()) {
        auto full = name.starts_with(kProcess) ? std::string(name) : fmt::format("{}{}", kPrefix, name);
        auto& family = build().Name(full).Help(std::string(help)).Register(registry);
        found = by_name.emplace(name, &family).first;
      }
      return &found->second->Add(labels, args...);
    } catch (const std::exception& error) {
      throw base::Error(base::Errc::invalid_argument, fmt::format("the metric '{}': {}", name, error.what()));
    }
  }
};

}  // namespace

void Counter::add(double amount) const noexcept {
  if (impl_) static_cast<prometheus::Counter*>(impl_)->Increment(amount);
}
void Gauge::set(double value) const noexcept {
  if (impl_) static_cast<prometheus::Gauge*>(impl_)->Set(value);
}
void Gauge::add(double amount) const noexcept {
  if (impl_) static_cast<prometheus::Gauge*>(impl_)->Increment(amount);
}
void Histogram::observe(double value) const noexcept {
  if (impl_) static_cast<prometheus::Histogram*>(impl_)->Observe(value);
}

std::vector<double> http_buckets() { return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}; }
std::vector<double> fetch_buckets() { return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}; }
std::vector<double> size_buckets() {
  std::vector<double> out;
  for (std::uint64_t bytes = 256; bytes <= 256u << 20; bytes *= 4) out.push_back(static_cast<double>(bytes));
  return out;
}

struct Metrics::State {
  prometheus::Registry registry;
  Families<prometheus::Counter> counters;
  Families<prometheus::Gauge> gauges;
  Families<prometheus::Histogram> histograms;
  std::vector<std::function<void()>> collectors;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  Counter out;
  out.impl_ = state_->counters.series(state_->registry, prometheus::BuildCounter, name, help, labels);
  return out;
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  Gauge out;
  out.impl_ = state_->gauges.series(state_->registry, prometheus::BuildGauge, name, help, labels);
  return out;
}

Histogram Metrics::histogram(std::string_view name, std::string_view help, std::vector<double> buckets,
                             const Labels& labels) {
  Histogram out;
  out.impl_ = state_->histograms.series(state_->registry, prometheus::BuildHistogram, name, help, labels, buckets);
  return out;
}

void Metrics::on_collect(std::function<void()> collect) { state_->collectors.push_back(std::move(collect)); }

void Metrics::set_build(std::string version, std::string commit) {
  gauge("build_info", "1; the labels say which build it is",
        {{"version", std::move(version)}, {"commit", std::move(commit)}})
      .set(1);
}

std::string Metrics::page(bool open_metrics) {
  for (const auto& collect : state_->collectors) collect();
  return exposition(state_->registry.Collect(), open_metrics);
}

}  // namespace openmcp::monitor
