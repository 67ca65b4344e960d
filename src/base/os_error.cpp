#include "base/os_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace openmcp::base {
namespace {

struct Meaning {
  Errc code;
  const char* hint = "";
};

Meaning meaning(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {Errc::not_found};
    case EEXIST:
      return {Errc::already_exists};
    case EACCES:
    case EPERM:
      return {Errc::permission, "check the owner and the mode of the path and of the directories above it"};
    case EROFS:
      return {Errc::permission, "the file system is mounted read-only"};
    case ENOSPC:
      return {Errc::no_space, "free some space on this disk"};
    case EDQUOT:
      return {Errc::no_space, "your disk quota is used up"};
    case EFBIG:
      return {Errc::too_large};
    case EBUSY:
    case ETXTBSY:
    case EADDRINUSE:
      return {Errc::busy};
    case EMFILE:
    case ENFILE:
      return {Errc::io, "too many files are open: raise the limit (ulimit -n)"};
    case EIO:
      return {Errc::io, "the disk may be failing: look into the system's log"};
    case ELOOP:
      return {Errc::invalid_argument, "a symbolic link leads back to itself"};
    case ENAMETOOLONG:
    case EISDIR:
    case ENOTEMPTY:
    case EINVAL:
    case EILSEQ:
    case EADDRNOTAVAIL:
      return {Errc::invalid_argument};
    case EXDEV:
    case EOPNOTSUPP:
    case ENOSYS:
    case EAFNOSUPPORT:
      return {Errc::unsupported};
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case ENOTCONN:
      return {Errc::unavailable};
    case ETIMEDOUT:
      return {Errc::timeout};
    case ECANCELED:
      return {Errc::cancelled};
    default:
      return {Errc::io};
  }
}

}  // namespace

Error os_error(int number, std::string_view doing, std::string_view what) {
  auto [code, hint] = meaning(number);
  return {code, fmt::format("{} {}: {}", doing, what, std::generic_category().message(number)), hint};
}

}  // namespace openmcp::base
