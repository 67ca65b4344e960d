// An attestation from a stranger: what decodes encodes to the same bytes, and a signature that holds for it holds for
// no other manifest.
#include "context/attestation.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView block(data, size);
  auto attestation = context::decode_attestation(block);
  if (!attestation) return 0;
  need(base::equal(context::encode(*attestation).data, block));
  if (!context::signature_valid(*attestation)) return 0;
  auto other = *attestation;
  other.manifest = ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(base::to_bytes(block))).cid;
  need(!context::signature_valid(other));
  return 0;
}
