#include "ipld/unixfs/data.hpp"

#include <fmt/format.h>

#include "base/varint.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Bytes;
using base::BytesView;
using base::Errc;
using base::fail;
using base::Result;

/// Field numbers of message Data (ipfs/specs unixfs.md).
enum Field : std::uint64_t {
  kType = 1,
  kData = 2,
  kFilesize = 3,
  kBlocksizes = 4,
  kHashType = 5,
  kFanout = 6,
  kMode = 7,
  kMtime = 8,
};
constexpr std::uint64_t kLastField = kMtime;
/// Field numbers of message UnixTime.
constexpr std::uint64_t kSeconds = 1, kNanoseconds = 2;
constexpr std::uint32_t kNanosecondsEnd = 1'000'000'000;

enum Wire : std::uint64_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

auto corrupt(std::string_view what) { return fail(Errc::corrupt, fmt::format("UnixFS data: {}", what)); }

/// Reads fields one after the other and remembers the first thing that is wrong.
class Fields {
public:
  explicit Fields(BytesView in) : in_(in) {}

  bool at_end() const noexcept { return in_.empty(); }
  bool failed() const noexcept { return failed_; }
  void refuse() noexcept { failed_ = true; }

  std::uint64_t varint() {
    auto value = base::take_varint64(in_, /*strict=*/true);
    if (!value) return refuse(), 0;
    return *value;
  }
  BytesView bytes(std::uint64_t length) {
    if (length > in_.size()) return refuse(), BytesView{};
    auto part = in_.first(static_cast<std::size_t>(length));
    in_ = in_.subspan(part.size());
    return part;
  }
  BytesView length_delimited() { return bytes(varint()); }
  std::uint32_t fixed32() {
    auto part = bytes(4);
    if (failed_) return 0;
    return static_cast<std::uint32_t>(part[0]) | static_cast<std::uint32_t>(part[1]) << 8 |
           static_cast<std::uint32_t>(part[2]) << 16 | static_cast<std::uint32_t>(part[3]) << 24;
  }
  void skip(std::uint64_t wire) {
    switch (wire) {
      case kVarint:
        varint();
        return;
      case kFixed64:
        bytes(8);
        return;
      case kLengthDelimited:
        length_delimited();
        return;
      case kFixed32:
        bytes(4);
        return;
      default:
        refuse();
    }
  }

private:
  BytesView in_;
  bool failed_ = false;
};

Result<UnixTime> decode_time(BytesView in, bool& canonical) {
  Fields fields(in);
  UnixTime time;
  std::uint64_t last = 0;
  while (!fields.at_end() && !fields.failed()) {
    auto key = fields.varint();
    auto field = key >> 3;
    if (field <= last) return corrupt("mtime has a field twice or out of order");
    last = field;
    if (key == (kSeconds << 3 | kVarint)) {
      time.seconds = static_cast<std::int64_t>(fields.varint());
    } else if (key == (kNanoseconds << 3 | kFixed32)) {
      time.nanoseconds = fields.fixed32();
      if (time.nanoseconds == 0) canonical = false;
    } else {
      return corrupt("mtime has an unknown field");
    }
    if (time.nanoseconds >= kNanosecondsEnd) return corrupt("mtime is out of range");
  }
  if (fields.failed()) return corrupt("mtime is cut off or malformed");
  if (in.empty() || in[0] != (kSeconds << 3 | kVarint)) return corrupt("mtime has no seconds");
  return time;
}

void put_field(Bytes& out, std::uint64_t field, std::uint64_t value) {
  base::put_varint64(out, field << 3 | kVarint);
  base::put_varint64(out, value);
}
void put_bytes(Bytes& out, std::uint64_t field, BytesView bytes) {
  base::put_varint64(out, field << 3 | kLengthDelimited);
  base::put_varint64(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::string_view to_string(NodeType type) noexcept {
  switch (type) {
    case NodeType::raw:
      return "raw";
    case NodeType::directory:
      return "directory";
    case NodeType::file:
      return "file";
    case NodeType::metadata:
      return "metadata";
    case NodeType::symlink:
      return "symlink";
    case NodeType::hamt_shard:
      return "hamt-shard";
  }
  return "unknown";
}

Result<Data> decode_data(BytesView bytes) {
  Fields fields(bytes);
  Data data;
  std::uint64_t last = 0;
  bool typed = false;
  while (!fields.at_end() && !fields.failed()) {
    auto key = fields.varint();
    auto field = key >> 3, wire = key & 7;
    if (fields.failed()) break;
    bool repeatable = field == kBlocksizes || field > kLastField;
    if (field == 0 || field < last || (field == last && !repeatable)) {
      return corrupt(fmt::format("field {} is repeated or out of order", field));
    }
    last = field;
    auto expected = field == kData || field == kMtime ? kLengthDelimited : kVarint;
    bool packed = field == kBlocksizes && wire == kLengthDelimited;
    if (field <= kLastField && wire != expected && !packed) {
      return corrupt(fmt::format("field {} has wire type {}", field, wire));
    }
    switch (field) {
      case kType: {
        auto type = fields.varint();
        if (type > static_cast<std::uint64_t>(NodeType::hamt_shard)) return corrupt(fmt::format("type {}", type));
        data.type = static_cast<NodeType>(type);
        typed = true;
        break;
      }
      case kData:
        data.data = fields.length_delimited();
        break;
      case kFilesize:
        data.filesize = fields.varint();
        break;
      case kBlocksizes:
        if (packed) {
          data.canonical = false;
          Fields sizes(fields.length_delimited());
          while (!sizes.at_end() && !sizes.failed()) data.blocksizes.push_back(sizes.varint());
          if (sizes.failed()) fields.refuse();
        } else {
          data.blocksizes.push_back(fields.varint());
        }
        break;
      case kHashType:
        data.hash_type = fields.varint();
        break;
      case kFanout:
        data.fanout = fields.varint();
        break;
      case kMode: {
        auto mode = fields.varint();
        if (mode > 0xffff'ffff) return corrupt("mode is out of range");
        data.mode = static_cast<std::uint32_t>(mode);
        break;
      }
      case kMtime: {
        auto body = fields.length_delimited();
        if (fields.failed()) break;
        auto time = decode_time(body, data.canonical);
        if (!time) return std::unexpected(std::move(time).error());
        data.mtime = *time;
        break;
      }
      default:
        fields.skip(wire);
        data.canonical = false;
    }
  }
  if (fields.failed()) return corrupt("cut off or malformed");
  if (!typed) return corrupt("no type");
  return data;
}

void encode_data(const Data& data, Bytes& out) {
  put_field(out, kType, static_cast<std::uint64_t>(data.type));
  if (data.data) put_bytes(out, kData, *data.data);
  if (data.filesize) put_field(out, kFilesize, *data.filesize);
  for (auto size : data.blocksizes) put_field(out, kBlocksizes, size);
  if (data.hash_type) put_field(out, kHashType, *data.hash_type);
  if (data.fanout) put_field(out, kFanout, *data.fanout);
  if (data.mode) put_field(out, kMode, *data.mode);
  if (data.mtime) {
    Bytes time;
    put_field(time, kSeconds, static_cast<std::uint64_t>(data.mtime->seconds));
    if (auto nanoseconds = data.mtime->nanoseconds) {
      base::put_varint64(time, kNanoseconds << 3 | kFixed32);
      for (unsigned shift = 0; shift < 32; shift += 8) time.push_back(static_cast<std::uint8_t>(nanoseconds >> shift));
    }
    put_bytes(out, kMtime, time);
  }
}

Bytes encode_data(const Data& data) {
  Bytes out;
  out.reserve((data.data ? data.data->size() : 0) + data.blocksizes.size() * 5 + 64);
  encode_data(data, out);
  return out;
}

}  // namespace openmcp::ipld::unixfs
