// Starts libsodium. Included by sources of this room only.
#pragma once

namespace openmcp::crypto {

/// Lets libsodium choose its implementations for this processor; without it the slow portable ones would be used.
/// Thread-safe, cheap after the first call.
void start_sodium();

}  // namespace openmcp::crypto
