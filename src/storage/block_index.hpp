// BlockIndex: the small ordered map behind a store. It is derived data: whatever it says can be rebuilt from the
// segments. Keys and values are encoded by ledger.hpp; this interface knows only bytes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openmcp::storage {

/// What one write changes: a value, or nullopt to erase.
using IndexBatch = std::map<std::string, std::optional<std::string>, std::less<>>;
using IndexRow = std::pair<std::string, std::string>;

/// Calls block: make them inside Env::run. Reads may run on several threads beside one writer. Throws base::Error io,
/// no_space or corrupt.
class BlockIndex {
public:
  virtual ~BlockIndex() = default;

  virtual std::optional<std::string> get(std::string_view key) const = 0;
  /// In the order of `keys`.
  virtual std::vector<std::optional<std::string>> get_many(const std::vector<std::string>& keys) const = 0;
  /// At most `limit` rows whose key begins with `prefix` and is greater than `after`, ordered by key.
  virtual std::vector<IndexRow> scan(std::string_view prefix, std::string_view after, std::size_t limit) const = 0;

  /// Applies the whole batch or nothing. After a crash the index holds a prefix of the batches written, never less than
  /// at the last sync().
  virtual void write(const IndexBatch& batch) = 0;
  virtual void sync() = 0;
  /// Removes everything (before a rebuild).
  virtual void clear() = 0;
  /// Read-only indexes: looks at the newest state of the writer. Others: recovers from an error of an earlier write.
  virtual void reopen() = 0;
  /// Releases files and locks. No call may follow, except reopen().
  virtual void close() = 0;
};

}  // namespace openmcp::storage
