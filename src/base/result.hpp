// Error and Result<T>. Pure code returns Result; coroutines and code that touches the outside throw Error.
// Every error says what was being done, with what, and (in `hint`) what the user can do about it.
#pragma once

#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace openmcp::base {

/// What kind of failure; the command line's exit codes and each protocol's error codes derive from it.
enum class Errc : unsigned char {
  invalid_argument,  ///< the caller asked for something that cannot be
  not_found,         ///< the thing named does not exist
  already_exists,    ///< the thing to be created exists
  conflict,          ///< an expected state (parent version) is no longer true
  corrupt,           ///< bytes do not match their hash, checksum or format
  too_large,         ///< a bound on a stranger's input was exceeded
  unsupported,       ///< valid, but not something this build or object can do
  io,                ///< the operating system reported an error
  no_space,          ///< the disk is full
  permission,        ///< not allowed
  busy,              ///< another process holds the resource
  timeout,           ///< a deadline passed
  unavailable,       ///< a peer or service cannot be reached
  cancelled,         ///< the user or a shutdown stopped it
  internal           ///< a broken invariant of ours
};

std::string_view to_string(Errc code) noexcept;

class Error : public std::exception {
public:
  Error(Errc code, std::string message, std::string hint = {})
      : code_(code), message_(std::move(message)), hint_(std::move(hint)) {}

  Errc code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// Puts what was being done in front: "importing notes/a.md: <message>".
  Error& within(std::string_view doing) {
    message_.insert(0, ": ").insert(0, doing);
    return *this;
  }

private:
  Errc code_;
  std::string message_;
  std::string hint_;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string message, std::string hint = {}) {
  return std::unexpected<Error>(std::in_place, code, std::move(message), std::move(hint));
}

/// The value, or the error thrown: the step from pure code into coroutines.
template <class T>
T unwrap(Result<T> result) {
  if (!result) throw std::move(result).error();
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace openmcp::base
