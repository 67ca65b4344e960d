#include "api/gateway/ipns_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/gateway/ipns_key.hpp"
#include "api/time.hpp"
#include "base/varint.hpp"
#include "ipld/dag_cbor.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::string_view kSignedPrefix = "ipns-signature:";
constexpr std::uint64_t kMaxTtl = 365ull * 86'400;  ///< seconds; more is no use to a cache

std::unexpected<base::Error> bad(std::string_view what) {
  return fail(Errc::corrupt, fmt::format("IPNS record: {}", what));
}

enum WireType : std::uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// One field's content: a number, or a view of bytes.
struct Field {
  std::uint64_t number = 0, type = 0, value = 0;
  base::BytesView body;
};

Result<Field> take_field(base::BytesView& in) {
  auto tag = base::take_varint64(in, true);
  if (!tag) return bad("a field is cut short");
  Field field{.number = *tag >> 3, .type = *tag & 7, .body = {}};
  if (field.number == 0) return bad("field number 0");
  std::size_t length = 0;
  switch (field.type) {
    case WireType::varint: {
      auto value = base::take_varint64(in, false);
      if (!value) return bad("a number is cut short");
      field.value = *value;
      return field;
    }
    case WireType::fixed64:
      length = 8;
      break;
    case WireType::fixed32:
      length = 4;
      break;
    case WireType::bytes: {
      auto size = base::take_varint64(in, false);
      if (!size || *size > in.size()) return bad("a field is longer than the record");
      length = static_cast<std::size_t>(*size);
      break;
    }
    default:
      return bad("an unknown wire type");
  }
  if (length > in.size()) return bad("a field is cut short");
  field.body = in.first(length);
  in = in.subspan(length);
  return field;
}

/// The signed document.
struct Document {
  base::Bytes value, validity;
  std::uint64_t validity_type = 0, sequence = 0, ttl = 0;
};

Result<Document> decode_document(base::BytesView data) {
  auto node = ipld::decode_dag_cbor(data);
  if (!node) return std::unexpected(std::move(node.error().within("IPNS record: data")));
  auto value = node->field<base::BytesView>("Value"), validity = node->field<base::BytesView>("Validity");
  auto type = node->field<std::uint64_t>("ValidityType"), sequence = node->field<std::uint64_t>("Sequence");
  auto ttl = node->field<std::uint64_t>("TTL");
  if (!value || !validity || !type || !sequence || !ttl) {
    return bad("data has not all of Value, Validity, ValidityType, Sequence and TTL");
  }
  return Document{base::to_bytes(*value), base::to_bytes(*validity), *type, *sequence, *ttl};
}

bool same(const std::optional<base::Bytes>& field, const base::Bytes& signed_value) {
  return base::equal(field ? *field : base::Bytes{}, signed_value);
}

/// Readers of version 1 believe the fields beside `data`: a record in which the two differ deceives one of them.
bool versions_agree(const IpnsEntry& entry, const Document& document) {
  if (!entry.signature_v1 && !entry.value) return true;
  return same(entry.value, document.value) && same(entry.validity, document.validity) &&
         entry.validity_type.value_or(0) == document.validity_type && entry.sequence.value_or(0) == document.sequence &&
         entry.ttl.value_or(0) == document.ttl;
}

Result<base::Bytes> key_of(const IpnsName& name, const IpnsEntry& entry) {
  if (entry.public_key) {
    auto& key = *entry.public_key;
    auto code = name.hash.code();
    if (code != ipld::HashCode::identity && code != ipld::HashCode::sha2_256) {
      return fail(Errc::unsupported, "IPNS record: the name's hash function is not one of names");
    }
    auto hash = ipld::hash(code, key);
    if (!hash || *hash != name.hash) return bad("its key is not that of the name " + name.text());
    return key;
  }
  if (name.hash.code() != ipld::HashCode::identity) return bad("it has no key and the name is only a hash");
  return base::to_bytes(name.hash.digest());
}

}  // namespace

Result<IpnsEntry> decode_entry(base::BytesView in) {
  if (in.size() > kMaxRecordBytes) {
    return fail(Errc::too_large, fmt::format("an IPNS record has {} bytes, more than {}", in.size(), kMaxRecordBytes));
  }
  IpnsEntry entry;
  while (!in.empty()) {
    auto field = take_field(in);
    if (!field) return std::unexpected(std::move(field).error());
    std::optional<base::Bytes>* text = nullptr;
    std::optional<std::uint64_t>* number = nullptr;
    switch (field->number) {
      case 1:
        text = &entry.value;
        break;
      case 2:
        text = &entry.signature_v1;
        break;
      case 3:
        number = &entry.validity_type;
        break;
      case 4:
        text = &entry.validity;
        break;
      case 5:
        number = &entry.sequence;
        break;
      case 6:
        number = &entry.ttl;
        break;
      case 7:
        text = &entry.public_key;
        break;
      case 8:
        text = &entry.signature_v2;
        break;
      case 9:
        text = &entry.data;
        break;
      default:
        continue;
    }
    if ((text && *text) || (number && *number)) return bad("a field is there twice");
    if (field->type != (text ? WireType::bytes : WireType::varint)) return bad("a field is of another type");
    if (text) *text = base::to_bytes(field->body);
    if (number) *number = field->value;
  }
  return entry;
}

Result<IpnsRecord> open_record(const IpnsName& name, base::BytesView bytes) {
  auto entry = decode_entry(bytes);
  if (!entry) return std::unexpected(std::move(entry).error());
  if (!entry->signature_v2 || entry->signature_v2->empty() || !entry->data || entry->data->empty()) {
    return fail(Errc::unsupported, "IPNS record: it has no signature of version 2",
                "publish the name again with present software");
  }
  auto key = key_of(name, *entry);
  if (!key) return std::unexpected(std::move(key).error());
  auto message = base::to_bytes(kSignedPrefix);
  message.insert(message.end(), entry->data->begin(), entry->data->end());
  auto valid = signature_valid(*key, message, *entry->signature_v2);
  if (!valid) return std::unexpected(std::move(valid).error());
  if (!*valid) return bad("its signature is not that of the name " + name.text());

  auto document = decode_document(*entry->data);
  if (!document) return std::unexpected(std::move(document).error());
  if (!versions_agree(*entry, *document)) return bad("its fields of version 1 differ from the signed ones");
  if (document->validity_type != 0) return fail(Errc::unsupported, "IPNS record: an unknown type of validity");
  auto validity = base::as_text(document->validity);
  if (validity.find('T') == validity.npos) return bad("its end is no time");
  auto expires = parse_time(validity, base::WallTime{});
  if (!expires) return bad("its end is no time");
  auto value = base::as_text(document->value);
  if (!value.starts_with('/') || value.find('\0') != value.npos || !ipld::valid_utf8(value)) {
    return bad("its value is no content path");
  }
  auto seconds = std::min(document->ttl / 1'000'000'000, kMaxTtl);
  return IpnsRecord{std::string(value), *expires, document->sequence,
                    std::chrono::seconds(static_cast<std::int64_t>(seconds))};
}

Result<IpnsRecord> verify_record(const IpnsName& name, base::BytesView bytes, base::WallTime now) {
  auto record = open_record(name, bytes);
  if (record && record->expires <= now) {
    return fail(Errc::unavailable,
                fmt::format("the record of {} expired at {}", name.text(), iso_time(record->expires)));
  }
  return record;
}

bool newer(const IpnsRecord& a, const IpnsRecord& b) noexcept {
  return a.sequence != b.sequence ? a.sequence > b.sequence : a.expires > b.expires;
}

}  // namespace openmcp::api::gateway
