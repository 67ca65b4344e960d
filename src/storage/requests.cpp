#include "storage/requests.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace openmcp::storage {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void check_blocks(const std::vector<Block>& blocks) {
  for (const auto& block : blocks) {
    if (block.data.size() <= ipld::kMaxBlockBytes) continue;
    throw base::Error(base::Errc::too_large,
                      fmt::format("block {} has {} bytes, more than the {} that a block may have", block.cid.text(),
                                  block.data.size(), ipld::kMaxBlockBytes));
  }
}

void check_pins(const std::vector<PinChange>& changes) {
  for (const auto& change : changes) {
    if (change.pin.name.size() <= kMaxPinName) continue;
    throw base::Error(base::Errc::invalid_argument,
                      fmt::format("the name of the pin of {} has {} bytes, more than {}", change.pin.cid.text(),
                                  change.pin.name.size(), kMaxPinName));
  }
}

std::size_t page_size(std::size_t limit) { return std::clamp<std::size_t>(limit, 1, kMostListed); }

std::string cursor_of(std::string_view key) { return base::to_hex(base::as_bytes(key)); }

std::string key_after(std::string_view cursor) {
  std::string key;
  bool good = cursor.size() % 2 == 0;
  for (std::size_t i = 0; good && i < cursor.size(); i += 2) {
    int high = digit(cursor[i]), low = digit(cursor[i + 1]);
    good = high >= 0 && low >= 0;
    key.push_back(static_cast<char>(high * 16 + low));
  }
  if (!good) throw base::Error(base::Errc::invalid_argument, fmt::format("'{}' is no cursor of this list", cursor));
  return key;
}

ListPage list_page(const std::vector<IndexRow>& rows, std::size_t limit) {
  ListPage page;
  page.cids.reserve(rows.size());
  for (const auto& [key, row] : rows) {
    page.cids.push_back(Cid::v1(base::unwrap(decode_block(row)).codec, base::unwrap(decode_block_key(key))));
  }
  if (rows.size() == limit) page.next = cursor_of(rows.back().first);
  return page;
}

PinPage pin_page(const std::vector<IndexRow>& rows, std::size_t limit) {
  PinPage page;
  page.pins.reserve(rows.size());
  for (const auto& [key, row] : rows) {
    auto pin = base::unwrap(decode_pin_key(key));
    pin.mode = base::unwrap(decode_pin_entry(row)).mode;
    page.pins.push_back(std::move(pin));
  }
  if (rows.size() == limit) page.next = cursor_of(rows.back().first);
  return page;
}

std::vector<Pin> pins_by_cid(const Cid& cid, const std::vector<IndexRow>& rows) {
  auto prefix = pin_by_cid_prefix(cid).size();
  std::vector<Pin> pins;
  for (const auto& [key, row] : rows) {
    Pin pin;
    pin.cid = cid;
    pin.name = key.substr(prefix);
    pin.mode = row == std::string(1, '\0') ? PinMode::direct : PinMode::recursive;
    pins.push_back(std::move(pin));
  }
  return pins;
}

base::Error kept_error(const Cid& cid) {
  return {base::Errc::conflict, fmt::format("block {} is kept by a pin", cid.text()), "remove the pin first"};
}

PinStep pin_step(const PinChange& change, const std::optional<PinEntry>& present) {
  if (change.kind == PinChange::Kind::remove) return present ? PinStep::remove : PinStep::nothing;
  if (!present) return PinStep::add;
  return present->mode == change.pin.mode ? PinStep::nothing : PinStep::replace;
}

}  // namespace openmcp::storage
