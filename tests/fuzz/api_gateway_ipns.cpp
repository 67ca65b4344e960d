// An IPNS record from a stranger: decoding never reads beyond it, and what is accepted for a name is signed by it.

#include "api/gateway/ipns_record.hpp"
#include "crypto/sign.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView bytes(data, size);
  // The key whose seed is 32 times 01: the kept corpus is signed by it.
  static const auto name = [] {
    std::array<std::uint8_t, 32> seed{};
    seed.fill(1);
    return api::gateway::IpnsName::of_ed25519(crypto::Ed25519KeyPair::from_seed(seed).public_key().bytes);
  }();
  auto entry = api::gateway::decode_entry(bytes);
  auto record = api::gateway::open_record(name, bytes);
  need(!record || (entry && entry->signature_v2 && entry->data));
  need(!record || record->value.starts_with('/'));
  return 0;
}
