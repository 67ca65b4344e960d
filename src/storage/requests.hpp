// What callers may ask of any PinningStore, checked in one place.
#pragma once

#include <string>

#include "storage/ledger.hpp"

namespace openmcp::storage {

inline constexpr std::size_t kMostListed = 10'000;  ///< entries of a page

/// Throws Error too_large or invalid_argument.
void check_blocks(const std::vector<Block>& blocks);
void check_pins(const std::vector<PinChange>& changes);
/// Between 1 and kMostListed.
std::size_t page_size(std::size_t limit);

/// A cursor is the hexadecimal of the last key; "" begins. Throws invalid_argument.
std::string cursor_of(std::string_view key);
std::string key_after(std::string_view cursor);

/// Pages from index rows.
ListPage list_page(const std::vector<IndexRow>& rows, std::size_t limit);
PinPage pin_page(const std::vector<IndexRow>& rows, std::size_t limit);
std::vector<Pin> pins_by_cid(const Cid& cid, const std::vector<IndexRow>& rows);

/// Error conflict: this block is kept by a pin.
base::Error kept_error(const Cid& cid);

/// What one pin change needs: which records must be written for it to become so, given the present entry.
enum class PinStep { nothing, add, remove, replace };
PinStep pin_step(const PinChange& change, const std::optional<PinEntry>& present);

}  // namespace openmcp::storage
