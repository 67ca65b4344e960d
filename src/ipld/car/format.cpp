#include "ipld/car/format.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/varint.hpp"
#include "ipld/car/little_endian.hpp"
#include "ipld/dag_cbor.hpp"

namespace openmcp::ipld::car {
namespace {

using base::Bytes;
using base::BytesView;
using base::Errc;
using base::fail;
using base::Result;

auto corrupt(std::string_view what) { return fail(Errc::corrupt, fmt::format("CAR header: {}", what)); }

}  // namespace

Result<HeaderV2> decode_header_v2(BytesView bytes) {
  if (bytes.size() != kHeaderV2Bytes) return corrupt("version 2 header is cut off");
  HeaderV2 header;
  std::ranges::copy(bytes.first(16), header.characteristics.begin());
  header.data_offset = get_little_endian<std::uint64_t>(bytes.subspan(16));
  header.data_size = get_little_endian<std::uint64_t>(bytes.subspan(24));
  header.index_offset = get_little_endian<std::uint64_t>(bytes.subspan(32));
  if (header.data_offset < kPragma.size() + kHeaderV2Bytes) return corrupt("data begins inside the header");
  std::uint64_t data_end = 0;
  if (__builtin_add_overflow(header.data_offset, header.data_size, &data_end) || data_end > INT64_MAX) {
    return corrupt("data ends beyond any file");
  }
  if (header.index_offset != 0 && header.index_offset < data_end) return corrupt("index begins inside the data");
  return header;
}

void encode_header_v2(const HeaderV2& header, Bytes& out) {
  out.insert(out.end(), header.characteristics.begin(), header.characteristics.end());
  put_little_endian(out, header.data_offset);
  put_little_endian(out, header.data_size);
  put_little_endian(out, header.index_offset);
}

Result<HeaderV1> decode_header_v1(BytesView cbor) {
  auto node = decode_dag_cbor(cbor);
  if (!node) return std::unexpected(std::move(node.error().within("CAR header")));
  auto* map = node->if_map();
  if (!map) return corrupt("not a map");
  auto version = node->field<std::uint64_t>("version");
  if (!version) return std::unexpected(std::move(version.error().within("CAR header")));
  HeaderV1 header{.version = *version, .roots = {}};
  if (header.version == 2 && map->size() == 1) return header;
  if (header.version != 1) {
    return fail(Errc::unsupported, fmt::format("CAR version {} is not known", header.version));
  }
  if (map->size() != 2) return corrupt("has other fields than roots and version");
  auto roots = node->field<const List*>("roots");
  if (!roots) return std::unexpected(std::move(roots.error().within("CAR header")));
  for (auto& root : **roots) {
    auto* link = root.if_link();
    if (!link) return corrupt("a root is not a CID");
    header.roots.push_back(*link);
  }
  return header;
}

Result<Bytes> encode_header_v1(const std::vector<Cid>& roots) {
  List list;
  for (auto& root : roots) list.emplace_back(root);
  auto cbor = encode_dag_cbor(Map{{"roots", std::move(list)}, {"version", 1}});
  if (!cbor) return cbor;
  if (cbor->size() > kMaxHeaderBytes) {
    return fail(Errc::too_large, fmt::format("{} roots are too many for the header of a CAR file", roots.size()),
                "put them into one directory or list and make that the root");
  }
  Bytes out;
  base::put_varint(out, cbor->size());
  out.insert(out.end(), cbor->begin(), cbor->end());
  return out;
}

void encode_section_prefix(const Cid& cid, std::size_t block_bytes, Bytes& out) {
  auto name = cid.bytes();
  base::put_varint(out, name.size() + block_bytes);
  out.insert(out.end(), name.begin(), name.end());
}

}  // namespace openmcp::ipld::car
