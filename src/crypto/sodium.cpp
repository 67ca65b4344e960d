#include "crypto/sodium.hpp"

#include <sodium.h>

#include "base/result.hpp"

namespace openmcp::crypto {

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  if (!started) [[unlikely]]
    throw base::Error(base::Errc::internal, "libsodium could not be started",
                      "check that /dev/urandom can be read by this process");
}

}  // namespace openmcp::crypto
