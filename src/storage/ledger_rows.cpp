// How the rows of the ledger are written: varints, strict when read.
#include "base/varint.hpp"
#include "storage/ledger.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

std::string take_text(const base::Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

void put_location(base::Bytes& out, const Location& at) {
  base::put_varint(out, at.segment);
  base::put_varint(out, at.offset);
  base::put_varint(out, at.length);
}

/// Reads numbers one after the other; the first problem sticks.
class Numbers {
public:
  explicit Numbers(std::string_view row) : in_(base::as_bytes(row)) {}
  template <class T>
  void take(T& value) {
    if (failed_) return;
    auto number = base::take_varint(in_);
    failed_ = !number || (sizeof(T) < 8 && *number >> (8 * sizeof(T) % 64) != 0);
    if (!failed_) value = static_cast<T>(*number);
  }
  void take(Location& at) {
    take(at.segment);
    take(at.offset);
    take(at.length);
  }
  void take(ipld::Codec& codec) {
    std::uint64_t number = 0;
    take(number);
    codec = static_cast<ipld::Codec>(number);
  }
  template <std::size_t N>
  void take(std::array<std::uint8_t, N>& bytes) {
    failed_ = failed_ || in_.size() < N;
    if (failed_) return;
    std::copy_n(in_.begin(), N, bytes.begin());
    in_ = in_.subspan(N);
  }
  bool good() const noexcept { return !failed_; }
  bool finished() const noexcept { return !failed_ && in_.empty(); }
  std::size_t left() const noexcept { return in_.size(); }
  void fail() noexcept { failed_ = true; }

private:
  base::BytesView in_;
  bool failed_ = false;
};

template <class T>
base::Result<T> finish(const Numbers& in, T value) {
  if (!in.finished()) return base::fail(Errc::corrupt, "a row of the index is damaged");
  return value;
}

void put_name(std::string& out, std::string_view name) {
  for (char c : name) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xff');
  }
}

// Ends a name so that keys sort by (name, cid) whatever bytes follow: below every escaped NUL and every other byte.
constexpr std::string_view kNameEnd{"\0\1", 2};

std::string cid_text(const Cid& cid) { return take_text(cid.bytes()); }

}  // namespace

std::string block_key(const ipld::Multihash& hash) {
  base::Bytes out{'b'};
  hash.append_to(out);
  return take_text(out);
}

std::string pin_prefix(std::string_view name_prefix) {
  std::string out = "p";
  put_name(out, name_prefix);
  return out;
}

std::string pin_key(const Pin& pin) {
  auto out = pin_prefix(pin.name);
  out += kNameEnd;
  return out + cid_text(pin.cid);
}

std::string pin_by_cid_prefix(const Cid& cid) { return "r" + cid_text(cid); }
std::string pin_by_cid_key(const Pin& pin) { return pin_by_cid_prefix(pin.cid) + pin.name; }
std::string grave_key(std::string_view key) { return "t" + std::string(key); }

std::string segment_key(std::uint32_t number) {
  std::string out = "g";
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xff));
  return out;
}

base::Result<std::uint32_t> decode_segment_key(std::string_view key) {
  if (key.size() != 5 || key[0] != 'g') return base::fail(Errc::corrupt, "a key of the index is damaged");
  std::uint32_t number = 0;
  for (char c : key.substr(1)) number = number << 8 | static_cast<std::uint8_t>(c);
  return number;
}

base::Result<ipld::Multihash> decode_block_key(std::string_view key) {
  auto bytes = base::as_bytes(key.substr(key.empty() ? 0 : 1));
  auto hash = ipld::Multihash::take(bytes);
  if (!key.starts_with('b') || !hash || !bytes.empty()) {
    return base::fail(Errc::corrupt, "a key of the index is damaged");
  }
  return *hash;
}

base::Result<Pin> decode_pin_key(std::string_view key) {
  auto damaged = [] { return base::fail(Errc::corrupt, "a key of the index is damaged"); };
  if (!key.starts_with('p')) return damaged();
  Pin pin;
  std::size_t at = 1;
  for (;; ++at) {
    if (at + 1 >= key.size()) return damaged();
    if (key[at] != '\0') {
      pin.name.push_back(key[at]);
    } else if (key[++at] == '\xff') {
      pin.name.push_back('\0');
    } else if (key[at] == '\1') {
      break;
    } else {
      return damaged();
    }
  }
  auto cid = Cid::from_bytes(base::as_bytes(key.substr(at + 1)));
  if (!cid) return damaged();
  pin.cid = *cid;
  return pin;
}

std::string encode(const BlockEntry& entry) {
  base::Bytes out;
  out.reserve(24);
  put_location(out, entry.at);
  base::put_varint(out, static_cast<std::uint64_t>(entry.codec));
  base::put_varint(out, entry.oldest);
  for (const auto& reference : entry.references) {
    base::put_varint(out, static_cast<std::uint64_t>(reference.codec));
    base::put_varint(out, reference.count);
  }
  return take_text(out);
}

base::Result<BlockEntry> decode_block(std::string_view row) {
  Numbers in(row);
  BlockEntry entry;
  in.take(entry.at);
  in.take(entry.codec);
  in.take(entry.oldest);
  while (in.good() && in.left() > 0) {
    Reference reference;
    in.take(reference.codec);
    in.take(reference.count);
    if (reference.count == 0) in.fail();
    entry.references.push_back(reference);
  }
  return finish(in, std::move(entry));
}

std::string encode(const PinEntry& entry) {
  base::Bytes out;
  base::put_varint(out, static_cast<std::uint64_t>(entry.mode));
  put_location(out, entry.at);
  base::put_varint(out, entry.oldest);
  return take_text(out);
}

base::Result<PinEntry> decode_pin_entry(std::string_view row) {
  Numbers in(row);
  PinEntry entry;
  std::uint8_t mode = 0;
  in.take(mode);
  if (mode > static_cast<std::uint8_t>(PinMode::recursive)) in.fail();
  entry.mode = static_cast<PinMode>(mode);
  in.take(entry.at);
  in.take(entry.oldest);
  return finish(in, entry);
}

std::string encode(const Grave& grave) {
  base::Bytes out;
  base::put_varint(out, grave.oldest);
  base::put_varint(out, grave.newest);
  put_location(out, grave.at);
  base::put_varint(out, grave.size);
  base::put_varint(out, grave.mode);
  base::put_varint(out, static_cast<std::uint64_t>(grave.codec));
  return take_text(out);
}

base::Result<Grave> decode_grave(std::string_view row) {
  Numbers in(row);
  Grave grave;
  in.take(grave.oldest);
  in.take(grave.newest);
  in.take(grave.at);
  in.take(grave.size);
  in.take(grave.mode);
  in.take(grave.codec);
  return finish(in, grave);
}

std::string encode(const Totals& totals) {
  base::Bytes out(totals.store.begin(), totals.store.end());
  base::put_varint(out, totals.segment);
  base::put_varint(out, totals.end);
  base::put_varint(out, totals.chain);
  base::put_varint(out, totals.blocks);
  base::put_varint(out, totals.bytes);
  base::put_varint(out, totals.pins);
  base::put_varint(out, totals.history_from);
  return take_text(out);
}

base::Result<Totals> decode_totals(std::string_view row) {
  Numbers in(row);
  Totals totals;
  in.take(totals.store);
  in.take(totals.segment);
  in.take(totals.end);
  in.take(totals.chain);
  in.take(totals.blocks);
  in.take(totals.bytes);
  in.take(totals.pins);
  in.take(totals.history_from);
  return finish(in, totals);
}

base::Result<std::uint64_t> decode_live(std::string_view row) {
  Numbers in(row);
  std::uint64_t live = 0;
  in.take(live);
  return finish(in, live);
}

}  // namespace openmcp::storage
