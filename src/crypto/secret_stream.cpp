#include "crypto/secret_stream.hpp"

#include <sodium.h>

#include "crypto/sodium.hpp"

namespace openmcp::crypto {

static_assert(kStreamHeaderSize == crypto_secretstream_xchacha20poly1305_HEADERBYTES);
static_assert(kStreamOverhead == crypto_secretstream_xchacha20poly1305_ABYTES);
static_assert(static_cast<int>(StreamTag::push) == crypto_secretstream_xchacha20poly1305_TAG_PUSH);
static_assert(static_cast<int>(StreamTag::rekey) == crypto_secretstream_xchacha20poly1305_TAG_REKEY);
static_assert(static_cast<int>(StreamTag::final) == crypto_secretstream_xchacha20poly1305_TAG_FINAL);

namespace {

void start(crypto_secretstream_xchacha20poly1305_state& state, Key32View key, StreamHeaderView header) {
  start_sodium();
  // Writer and reader begin in the same state. libsodium's init_push would draw the header from its own random source;
  // ours comes from the caller, so that a simulation repeats.
  crypto_secretstream_xchacha20poly1305_init_pull(&state, header.data(), key.data());
}

void forget(crypto_secretstream_xchacha20poly1305_state& state) { sodium_memzero(&state, sizeof state); }

void need(bool holds, const char* what) {
  if (!holds) throw base::Error(base::Errc::internal, what);
}

}  // namespace

SecretStreamPush::SecretStreamPush(Key32View key, StreamHeaderView header) { start(state_, key, header); }
SecretStreamPush::~SecretStreamPush() { forget(state_); }

void SecretStreamPush::push(base::BytesView plain, base::BytesView associated, StreamTag tag, base::MutableBytes out) {
  need(out.size() == plain.size() + kStreamOverhead, "sealing for a stream: the buffer has not its size");
  crypto_secretstream_xchacha20poly1305_push(&state_, out.data(), nullptr, plain.data(), plain.size(),
                                             associated.data(), associated.size(), static_cast<unsigned char>(tag));
}

SecretStreamPull::SecretStreamPull(Key32View key, StreamHeaderView header) { start(state_, key, header); }
SecretStreamPull::~SecretStreamPull() { forget(state_); }

base::Result<StreamTag> SecretStreamPull::pull(base::BytesView sealed, base::BytesView associated,
                                               base::MutableBytes out) {
  unsigned char tag = 0;
  if (sealed.size() >= kStreamOverhead) {
    need(out.size() + kStreamOverhead == sealed.size(), "opening from a stream: the buffer has not its size");
    if (crypto_secretstream_xchacha20poly1305_pull(&state_, out.data(), nullptr, &tag, sealed.data(), sealed.size(),
                                                   associated.data(), associated.size()) == 0 &&
        tag <= static_cast<unsigned char>(StreamTag::final)) {
      return static_cast<StreamTag>(tag);
    }
  }
  wipe(out);
  return base::fail(base::Errc::corrupt, "opening a sealed stream: its bytes are not authentic",
                    "the key is not the one it was sealed with, or the bytes were changed, moved or lost on the way");
}

}  // namespace openmcp::crypto
