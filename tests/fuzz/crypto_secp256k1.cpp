// Public keys and signatures from a stranger: a key that is read is written back as it came, and a signature that names
// a signer is valid for that signer.
// Input: 65 bytes of signature (r, s, recovery), then a public key in SEC 1 form.
#include <algorithm>

#include "crypto/secp256k1.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 65) return 0;
  const base::BytesView input(data, size), sec1 = input.subspan(65);
  const auto digest = crypto::sha256({});
  crypto::Secp256k1Signature signature;
  std::copy_n(data, 64, signature.rs.begin());
  signature.recovery = data[64];
  if (const auto signer = crypto::secp256k1_recover(digest, signature)) {
    need(crypto::secp256k1_verify(*signer, digest, signature.rs));
    need(crypto::Secp256k1PublicKey::from_bytes(signer->compressed()) == *signer);
  }
  if (const auto key = crypto::Secp256k1PublicKey::from_bytes(sec1)) {
    base::Bytes full = {4};
    full.insert(full.end(), key->xy.begin(), key->xy.end());
    need(base::equal(sec1, sec1.size() == 33 ? base::to_bytes(base::BytesView(key->compressed())) : full));
  }
  return 0;
}
