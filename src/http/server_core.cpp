#include "http/server_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/log.hpp"
#include "http/syntax.hpp"

namespace openmcp::http {
namespace {

using base::Errc;
using base::Error;
using base::Task;

bool is_request_id(std::string_view text) noexcept {
  auto fits = [](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, fits);
}

/// W3C Trace Context, section 3.2.
bool is_traceparent(std::string_view text) noexcept {
  constexpr std::size_t kSize = 55;  // version 00: 2 + 32 + 16 + 2 digits and three dashes
  if (text.size() < kSize || text.size() > 128 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  auto version = text.substr(0, 2), trace = text.substr(3, 32), parent = text.substr(36, 16),
       flags = text.substr(53, 2);
  auto hex = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  };
  auto zero = [](std::string_view part) { return part.find_first_not_of('0') == std::string_view::npos; };
  if (!hex(version) || !hex(trace) || !hex(parent) || !hex(flags) || zero(trace) || zero(parent)) return false;
  if (version == "ff") return false;
  return version == "00" ? text.size() == kSize : text.size() == kSize || text[kSize] == '-';
}

Error error_of(const std::exception_ptr& failure, const Request& request) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "http", "request {}: a handler failed: {}", request.id, error.what());
  } catch (...) {
    base::log(base::LogLevel::error, "http", "request {}: a handler failed", request.id);
  }
  return {Errc::internal, "the server could not answer", "the server's log says why"};
}

}  // namespace

unsigned status_of(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::corrupt:
      return 400;
    case Errc::permission:
      return 403;
    case Errc::not_found:
      return 404;
    case Errc::timeout:
      return 408;
    case Errc::already_exists:
    case Errc::conflict:
      return 409;
    case Errc::too_large:
      return 413;
    case Errc::unsupported:
      return 501;
    case Errc::no_space:
      return 507;
    case Errc::busy:
    case Errc::unavailable:
    case Errc::cancelled:
      return 503;
    case Errc::io:
    case Errc::internal:
      break;
  }
  return 500;
}

Task<bool> ServerCore::handle(ServerExchange& exchange) {
  auto begin = env.steady();
  struct Counted {
    std::size_t& count;
    explicit Counted(std::size_t& of) : count(of) { ++count; }
    ~Counted() { --count; }
  };
  Counted counted(in_flight);
  std::exception_ptr failure;
  try {
    co_await handler(exchange);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure && !exchange.started()) {
    failure = std::make_exception_ptr(Error(Errc::internal, "the server has no answer to this request"));
  }
  if (failure && !closed) {
    Error error = error_of(failure, exchange.request());
    if (!exchange.started()) {
      try {
        Response response;
        if (options.failed) {
          response = options.failed(error, exchange.request());
        } else {
          response.status = status_of(error.code());
          response.headers.add("Content-Type", "text/plain; charset=utf-8");
          response.body = error.message() + "\n";
        }
        co_await exchange.send(std::move(response));
      } catch (const std::exception&) {
        // the client is gone
      }
    } else if (!exchange.finished()) {
      base::log(base::LogLevel::debug, "http", "request {}: the answer was cut: {}", exchange.request().id,
                error.message());
    }
  }
  report(exchange.request(), &exchange, exchange.status(), env.steady() - begin);
  co_return exchange.finished();
}

void ServerCore::report(const Request& request, ServerExchange* exchange, unsigned status,
                        base::Duration took) noexcept {
  if (!options.done || closed) return;
  Done done{.request = request, .route = {}, .caller = {}, .status = status, .took = took};
  if (exchange) {
    done.route = exchange->route();
    done.caller = exchange->caller();
    done.received = exchange->received();
    done.sent = exchange->sent();
  }
  try {
    options.done(done);
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "http", "{}: noting a request failed: {}", options.name, error.what());
  }
}

void ServerCore::random_hex(std::string& out, std::size_t digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < digits; i += 2) {
    if (random_left_ == 0) {
      env.random(random_);
      random_left_ = random_.size();
    }
    auto byte = random_[--random_left_];
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

void ServerCore::identify(Request& request) {
  const std::string* id = nullptr;
  const std::string* trace = nullptr;
  for (const auto& [name, value] : request.headers) {
    if (name.size() == 12 && equal_without_case(name, "X-Request-Id")) id = &value;
    if (name.size() == 11 && equal_without_case(name, "traceparent")) trace = &value;
  }
  if (id && is_request_id(*id)) {
    request.id = *id;
  } else {
    request.id.reserve(16);
    random_hex(request.id, 16);
  }
  if (trace && is_traceparent(*trace)) {
    request.trace = *trace;
  } else {
    request.trace.reserve(55);
    request.trace = "00-";
    random_hex(request.trace, 32);
    request.trace += '-';
    random_hex(request.trace, 16);
    request.trace += "-00";
  }
}

std::string_view ServerCore::date() {
  using namespace std::chrono;
  auto now = floor<seconds>(env.now());
  if (now.time_since_epoch().count() == date_second_) return date_;
  date_second_ = now.time_since_epoch().count();
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto day = floor<days>(now);
  year_month_day date(day);
  hh_mm_ss time(now - day);
  date_ =
      fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                  static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                  static_cast<int>(date.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
  return date_;
}

}  // namespace openmcp::http
