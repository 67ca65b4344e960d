#include "ipld/car/index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/varint.hpp"
#include "ipld/car/little_endian.hpp"

namespace openmcp::ipld::car {
namespace {

using base::Bytes;
using base::BytesView;
using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kOffsetBytes = 8;

auto corrupt(std::string_view what) { return fail(Errc::corrupt, fmt::format("CAR index: {}", what)); }

int compare(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) noexcept {
  return bytes == 0 ? 0 : std::memcmp(a, b, bytes);
}

template <std::unsigned_integral T>
std::optional<T> take(BytesView& in) {
  if (in.size() < sizeof(T)) return std::nullopt;
  auto value = get_little_endian<T>(in);
  in = in.subspan(sizeof(T));
  return value;
}

}  // namespace

std::size_t Index::size() const noexcept {
  std::size_t count = 0;
  for (auto& [code, widths] : by_code_) {
    for (auto& [width, records] : widths) count += records.bytes.size() / width;
  }
  return count;
}

void Index::add(const Multihash& hash, std::uint64_t offset) {
  if (hash.code() == HashCode::identity) return;
  auto digest = hash.digest();
  auto width = static_cast<std::uint32_t>(digest.size() + kOffsetBytes);
  auto code = codec_ == IndexCodec::sorted ? 0 : static_cast<std::uint64_t>(hash.code());
  auto& records = by_code_[code][width];
  records.bytes.insert(records.bytes.end(), digest.begin(), digest.end());
  put_little_endian(records.bytes, offset);
  records.sorted = false;
}

void Index::sort(std::uint32_t width, Records& records) {
  if (records.sorted) return;
  std::vector<std::size_t> order(records.bytes.size() / width);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i * width;
  auto digest_bytes = width - kOffsetBytes;
  const auto* data = records.bytes.data();
  auto less = [&](std::size_t a, std::size_t b) {
    auto by_digest = compare(data + a, data + b, digest_bytes);
    if (by_digest != 0) return by_digest < 0;
    auto offset = [&](std::size_t at) {
      return get_little_endian<std::uint64_t>({data + at + digest_bytes, kOffsetBytes});
    };
    return offset(a) < offset(b);
  };
  std::ranges::sort(order, less);
  Bytes sorted;
  sorted.reserve(records.bytes.size());
  for (auto at : order) sorted.insert(sorted.end(), data + at, data + at + width);
  records.bytes = std::move(sorted);
  records.sorted = true;
}

std::vector<std::uint64_t> Index::find(const Multihash& hash) {
  std::vector<std::uint64_t> offsets;
  auto group = by_code_.find(codec_ == IndexCodec::sorted ? 0 : static_cast<std::uint64_t>(hash.code()));
  if (group == by_code_.end()) return offsets;
  auto digest = hash.digest();
  auto found = group->second.find(static_cast<std::uint32_t>(digest.size() + kOffsetBytes));
  if (found == group->second.end()) return offsets;
  auto& [width, records] = *found;
  sort(width, records);
  std::size_t low = 0, high = records.bytes.size() / width;
  while (low < high) {
    auto middle = low + (high - low) / 2;
    if (compare(&records.bytes[middle * width], digest.data(), digest.size()) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (auto at = low * width; at < records.bytes.size(); at += width) {
    if (compare(&records.bytes[at], digest.data(), digest.size()) != 0) break;
    offsets.push_back(get_little_endian<std::uint64_t>({&records.bytes[at] + digest.size(), kOffsetBytes}));
  }
  std::ranges::sort(offsets);
  return offsets;
}

void Index::encode_widths(ByWidth& widths, Bytes& out) {
  put_little_endian(out, static_cast<std::uint32_t>(widths.size()));
  for (auto& [width, records] : widths) {
    sort(width, records);
    put_little_endian(out, width);
    put_little_endian(out, static_cast<std::uint64_t>(records.bytes.size()));
    out.insert(out.end(), records.bytes.begin(), records.bytes.end());
  }
}

Bytes Index::encode() {
  Bytes out;
  base::put_varint(out, static_cast<std::uint64_t>(codec_));
  if (codec_ == IndexCodec::sorted) {
    encode_widths(by_code_[0], out);
    return out;
  }
  put_little_endian(out, static_cast<std::uint32_t>(by_code_.size()));
  for (auto& [code, widths] : by_code_) {
    put_little_endian(out, code);
    encode_widths(widths, out);
  }
  return out;
}

Result<Index::ByWidth> Index::take_widths(BytesView& in) {
  ByWidth widths;
  auto count = take<std::uint32_t>(in);
  if (!count) return corrupt("cut off");
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto width = take<std::uint32_t>(in);
    auto length = take<std::uint64_t>(in);
    if (!width || !length) return corrupt("cut off");
    if (*width < kOffsetBytes || *width > kMaxDigest + kOffsetBytes) return corrupt("record width out of bounds");
    if (!widths.empty() && widths.rbegin()->first >= *width) return corrupt("widths are not ascending");
    if (*length > in.size()) return corrupt("cut off");
    if (*length % *width != 0) return corrupt("records do not fill their group");
    auto bytes = in.first(static_cast<std::size_t>(*length));
    in = in.subspan(bytes.size());
    for (std::size_t at = *width; at < bytes.size(); at += *width) {
      if (compare(&bytes[at - *width], &bytes[at], *width - kOffsetBytes) > 0) return corrupt("records are not sorted");
    }
    widths[*width] = {base::to_bytes(bytes), true};
  }
  return widths;
}

Result<Index> Index::decode(BytesView bytes) {
  auto codec = base::take_varint(bytes);
  if (!codec) return corrupt("no codec");
  if (*codec != static_cast<std::uint64_t>(IndexCodec::sorted) &&
      *codec != static_cast<std::uint64_t>(IndexCodec::multihash_sorted)) {
    return fail(Errc::unsupported, fmt::format("CAR index of codec 0x{:x} is not known", *codec));
  }
  Index index(static_cast<IndexCodec>(*codec));
  std::uint32_t groups = 1;
  if (index.codec_ == IndexCodec::multihash_sorted) {
    auto count = take<std::uint32_t>(bytes);
    if (!count) return corrupt("cut off");
    groups = *count;
  }
  for (std::uint32_t i = 0; i < groups; ++i) {
    std::uint64_t code = 0;
    if (index.codec_ == IndexCodec::multihash_sorted) {
      auto taken = take<std::uint64_t>(bytes);
      if (!taken) return corrupt("cut off");
      code = *taken;
      if (!index.by_code_.empty() && index.by_code_.rbegin()->first >= code) {
        return corrupt("hash functions are not ascending");
      }
    }
    auto widths = take_widths(bytes);
    if (!widths) return std::unexpected(std::move(widths).error());
    index.by_code_[code] = *std::move(widths);
  }
  if (!bytes.empty()) return corrupt("has bytes behind its end");
  return index;
}

}  // namespace openmcp::ipld::car
