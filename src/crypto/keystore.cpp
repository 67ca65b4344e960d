#include "crypto/keystore.hpp"

#include <algorithm>

#include "crypto/openssl.hpp"

namespace openmcp::crypto {
namespace {

using openssl::check;

constexpr std::size_t kMaxSecret = 1024;
// Work that a file may ask for; ten to thirty times what wallets write (n * r * p = 2^21, c = 2^18).
constexpr std::uint64_t kMaxScryptWork = std::uint64_t{1} << 26;
constexpr std::uint32_t kMaxIterations = 10'000'000;

/// AES-128 in counter mode, which is its own inverse.
base::Bytes aes_128_ctr(std::span<const std::uint8_t, 16> key, std::span<const std::uint8_t, 16> iv,
                        base::BytesView in) {
  static const EVP_CIPHER* const cipher = openssl::fetch_cipher("AES-128-CTR");
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  base::Bytes out(in.size());
  int written = 0;
  check(context != nullptr && EVP_EncryptInit_ex2(context.get(), cipher, key.data(), iv.data(), nullptr) == 1 &&
            EVP_EncryptUpdate(context.get(), out.data(), &written, in.data(), static_cast<int>(in.size())) == 1,
        "running AES-128-CTR");
  return out;
}

/// 32 bytes: the first half encrypts, the second goes into the MAC.
base::Result<Secret> derive(const KeystoreFile& file, base::BytesView password, std::uint64_t memory_limit) {
  Secret key(32);
  base::Result<void> done;
  if (const auto* cost = std::get_if<ScryptCost>(&file.cost)) {
    // Divisions, because the factors come from a file.
    if (cost->r != 0 && cost->p != 0 && cost->n > kMaxScryptWork / cost->r / cost->p) {
      return base::fail(base::Errc::too_large, "unlocking a keystore: its scrypt cost is out of bounds",
                        "it is not a wallet's file, or was made to keep this program busy");
    }
    done = scrypt(password, file.salt, *cost, memory_limit, key.mutable_view());
  } else {
    const auto iterations = std::get<Pbkdf2Cost>(file.cost).iterations;
    if (iterations > kMaxIterations) {
      return base::fail(base::Errc::too_large, "unlocking a keystore: its number of iterations is out of bounds",
                        "it is not a wallet's file, or was made to keep this program busy");
    }
    done = pbkdf2_sha256(password, file.salt, iterations, key.mutable_view());
  }
  if (!done) return std::unexpected(std::move(done).error());
  return key;
}

Digest32 mac_of(const Secret& key, base::BytesView ciphertext) {
  Secret input(16 + ciphertext.size());
  std::ranges::copy(key.view().last(16), input.mutable_view().begin());
  std::ranges::copy(ciphertext, input.mutable_view().begin() + 16);
  return keccak256(input.view());
}

std::string uuid(std::array<std::uint8_t, 16> bytes) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // RFC 9562, section 5.4: version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  auto text = base::to_hex(bytes);
  for (std::size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

base::Result<KeystoreFile> KeystoreFile::lock(base::BytesView secret, base::BytesView password,
                                              const KeystoreFresh& fresh, KeystoreCost cost) {
  if (secret.empty() || secret.size() > kMaxSecret)
    return base::fail(base::Errc::invalid_argument, "locking a keystore: a secret has 1 to 1024 bytes");
  KeystoreFile file;
  file.cost = cost;
  file.salt.assign(fresh.salt.begin(), fresh.salt.end());
  file.iv = fresh.iv;
  file.id = uuid(fresh.id);
  const auto key = derive(file, password, ~std::uint64_t{0});
  if (!key) return std::unexpected(key.error());
  file.ciphertext = aes_128_ctr(key->fixed<16>(), file.iv, secret);
  file.mac = mac_of(*key, file.ciphertext);
  return file;
}

base::Result<Secret> KeystoreFile::unlock(base::BytesView password, std::uint64_t memory_limit) const {
  const auto key = derive(*this, password, memory_limit);
  if (!key) return std::unexpected(key.error());
  if (!constant_time_equal(mac_of(*key, ciphertext), mac)) {
    return base::fail(base::Errc::permission, "unlocking a keystore: the password does not fit",
                      "type the password again; if it is right, the file was altered");
  }
  auto plain = aes_128_ctr(key->fixed<16>(), iv, ciphertext);
  Secret secret(plain);
  wipe(plain);
  return secret;
}

}  // namespace openmcp::crypto
