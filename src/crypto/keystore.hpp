// A secret locked with a password: Web3 Secret Storage, version 3 (ethereum.org, "Web3 Secret Storage Definition"), the
// file format of Ethereum wallets. The password becomes a key by scrypt or PBKDF2-HMAC-SHA256; AES-128-CTR encrypts;
// Keccak-256 of key and ciphertext tells whether the password was right.
// This is the form of the file only; who writes it gives it mode 0600.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/kdf.hpp"
#include "crypto/secp256k1.hpp"
#include "crypto/secret.hpp"

namespace openmcp::crypto {

struct Pbkdf2Cost {
  std::uint32_t iterations = 262144;
  bool operator==(const Pbkdf2Cost&) const = default;
};
using KeystoreCost = std::variant<ScryptCost, Pbkdf2Cost>;

/// The random part of a new file, drawn from Env.
struct KeystoreFresh {
  std::array<std::uint8_t, 32> salt;
  std::array<std::uint8_t, 16> iv;
  std::array<std::uint8_t, 16> id;  ///< becomes a UUID of version 4
};

struct KeystoreFile {
  KeystoreCost cost;
  base::Bytes salt;
  std::array<std::uint8_t, 16> iv{};
  base::Bytes ciphertext;
  Digest32 mac{};
  std::string id;                          ///< a UUID, or empty
  std::optional<EthereumAddress> address;  ///< of the secret when it is an Ethereum key; not authenticated

  bool operator==(const KeystoreFile&) const = default;

  /// Errors: corrupt (not a keystore file), too_large (over 64 KiB), unsupported (other version, cipher or derivation).
  static base::Result<KeystoreFile> from_json(std::string_view text);
  std::string to_json() const;

  /// Locks a secret of 1 to 1024 bytes. It takes as long as the derivation (a second by default): call it on a worker.
  static base::Result<KeystoreFile> lock(base::BytesView secret, base::BytesView password, const KeystoreFresh& fresh,
                                         KeystoreCost cost = ScryptCost{});

  /// The secret; on a worker, too. `memory_limit` bounds scrypt, in bytes.
  /// Errors: permission (wrong password, or altered file), too_large (the file asks for more memory than allowed, or
  /// for more than about a minute of work).
  base::Result<Secret> unlock(base::BytesView password, std::uint64_t memory_limit = std::uint64_t{1} << 30) const;
};

}  // namespace openmcp::crypto
