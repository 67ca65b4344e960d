#include "context/attestation.hpp"

#include <fmt/format.h>

#include "context/identity.hpp"
#include "ipld/dag_cbor.hpp"

namespace openmcp::context {

namespace {

constexpr std::uint64_t kSchema = 1;
constexpr std::string_view kAlgorithm = "ed25519";

base::Bytes signed_message(const ipld::Cid& manifest) {
  static constexpr std::string_view kDomain("openmcp attestation v1\0", 23);
  auto message = base::to_bytes(kDomain);
  manifest.append_to(message);
  return message;
}

base::Result<Attestation> read_fields(const ipld::Node& node) {
  Attestation out;
  auto manifest = node.field<ipld::Cid>("manifest");
  if (!manifest) return std::unexpected(std::move(manifest).error());
  out.manifest = *manifest;
  auto key = node.field<base::BytesView>("key");
  if (!key) return std::unexpected(std::move(key).error());
  auto signature = node.field<base::BytesView>("sig");
  if (!signature) return std::unexpected(std::move(signature).error());
  if (key->size() != out.key.size() || signature->size() != out.signature.size())
    return base::fail(base::Errc::corrupt, "a key or signature of the wrong length");
  std::copy(key->begin(), key->end(), out.key.begin());
  std::copy(signature->begin(), signature->end(), out.signature.begin());
  auto previous = node.optional_field<const ipld::List*>("previous");
  if (!previous) return std::unexpected(std::move(previous).error());
  if (*previous) {
    if ((**previous)->size() > kMaxParents) return base::fail(base::Errc::corrupt, "too many previous attestations");
    for (const auto& item : ***previous) {
      auto cid = item.as<ipld::Cid>();
      if (!cid) return std::unexpected(std::move(cid).error());
      out.previous.push_back(*cid);
    }
  }
  return out;
}

}  // namespace

Attestation attest(const Identity& identity, const ipld::Cid& manifest, std::vector<ipld::Cid> previous) {
  Attestation out{.manifest = manifest, .key = identity.public_key(), .signature = {}, .previous = std::move(previous)};
  out.signature = identity.sign(signed_message(manifest));
  return out;
}

bool signature_valid(const Attestation& attestation) {
  return crypto::ed25519_verify({attestation.key}, signed_message(attestation.manifest), attestation.signature);
}

ipld::Block encode(const Attestation& attestation) {
  ipld::Map map;
  map.reserve(6);
  map.append("v", kSchema);
  map.append("alg", kAlgorithm);
  map.append("key", ipld::Node::bytes(attestation.key));
  map.append("sig", ipld::Node::bytes(attestation.signature));
  map.append("manifest", attestation.manifest);
  if (!attestation.previous.empty()) {
    ipld::List previous;
    previous.reserve(attestation.previous.size());
    for (const auto& cid : attestation.previous) previous.emplace_back(cid);
    map.append("previous", std::move(previous));
  }
  auto bytes = base::unwrap(ipld::encode_dag_cbor(std::move(map)));
  return ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(std::move(bytes)));
}

base::Result<Attestation> decode_attestation(base::BytesView block) {
  auto node = ipld::decode_dag_cbor(block);
  if (!node) return std::unexpected(node.error().within("reading an attestation"));
  auto schema = node->field<std::uint64_t>("v");
  auto algorithm = node->field<std::string_view>("alg");
  if (!schema || !algorithm) return base::fail(base::Errc::corrupt, "reading an attestation: no schema or algorithm");
  if (*schema != kSchema || *algorithm != kAlgorithm)
    return base::fail(base::Errc::unsupported, fmt::format("an attestation of schema {} by '{}'", *schema, *algorithm),
                      "a newer OpenMCP reads it");
  auto out = read_fields(*node);
  if (!out) return base::fail(base::Errc::corrupt, out.error().within("reading an attestation").message());
  if (!base::equal(encode(*out).data, block))
    return base::fail(base::Errc::corrupt, "reading an attestation: unknown or empty fields");
  return out;
}

}  // namespace openmcp::context
