// IPNS records (ipfs/specs ipns-record.md): signed pointers from a name to a content path. Only signatures of version
// 2 count; fields of version 1 must say the same or be absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/gateway/ipns_name.hpp"
#include "base/bytes.hpp"
#include "base/env.hpp"
#include "base/result.hpp"

namespace openmcp::api::gateway {

inline constexpr std::size_t kMaxRecordBytes = 10u << 10;  ///< specification, "Record Size Limit"

/// What a record says once it is verified.
struct IpnsRecord {
  std::string value;         ///< "/ipfs/...", "/ipns/..."
  base::WallTime expires{};  ///< valid before it
  std::uint64_t sequence = 0;
  std::chrono::seconds ttl{};  ///< how long it may be cached
};

/// The protobuf as it is on the wire, nothing verified.
struct IpnsEntry {
  std::optional<base::Bytes> value, signature_v1, validity, public_key, signature_v2, data;
  std::optional<std::uint64_t> validity_type, sequence, ttl;
};
/// Known fields at most once and of their own wire type; unknown ones are passed over. Errors: too_large above
/// kMaxRecordBytes, corrupt.
base::Result<IpnsEntry> decode_entry(base::BytesView bytes);

/// Decodes and checks everything but the time: key and name belong together, the signature, that version 1 and 2 say
/// the same. Errors: corrupt (also a wrong signature), too_large, unsupported (no version 2, another kind of key).
base::Result<IpnsRecord> open_record(const IpnsName& name, base::BytesView bytes);
/// And that it has not expired: Error unavailable.
base::Result<IpnsRecord> verify_record(const IpnsName& name, base::BytesView bytes, base::WallTime now);

/// True when a should replace b: higher sequence, then the one that is valid for longer.
bool newer(const IpnsRecord& a, const IpnsRecord& b) noexcept;

}  // namespace openmcp::api::gateway
