#include "storage/rocks_index.hpp"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "base/result.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

// A program that starts for one command reads the write-ahead log of those before it, 3 us a row; writing it into a
// table instead costs two syncs. So it is done at close once the log is worth it.
constexpr std::uint64_t kFlushAtClose = 256u << 10;  ///< bytes in memory tables
constexpr std::size_t kMemoryTable = 8u << 20;
constexpr int kReadOnlyAttempts = 20;

class NoLog final : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options make_options(const RocksIndexOptions& wanted) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.info_log = std::make_shared<NoLog>();
  options.compression = rocksdb::kNoCompression;  // keys are hashes
  options.write_buffer_size = kMemoryTable;
  options.arena_block_size = 64u << 10;
  options.max_background_jobs = 2;
  options.max_open_files = wanted.read_only ? -1 : 128;  // readers open all at once: the writer may remove them
  options.max_file_opening_threads = 1;  // few tables of many rows: starting 16 threads costs more than opening them
  options.avoid_flush_during_recovery = true;
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.keep_log_file_num = 1;
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.05;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_cache = rocksdb::NewLRUCache(wanted.cache_bytes);
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

class RocksIndex final : public BlockIndex {
public:
  explicit RocksIndex(RocksIndexOptions options) : wanted_(std::move(options)) { db_ = open(); }
  ~RocksIndex() override { db_.reset(); }

  std::optional<std::string> get(std::string_view key) const override {
    auto db = handle();
    std::string value;
    auto status = db->Get({}, slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    check(status, "reading");
    return value;
  }

  std::vector<std::optional<std::string>> get_many(const std::vector<std::string>& keys) const override {
    auto db = handle();
    std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<std::string> found;
    auto statuses = db->MultiGet({}, slices, &found);
    std::vector<std::optional<std::string>> values(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      check(statuses[i], "reading");
      values[i] = std::move(found[i]);
    }
    return values;
  }

  std::vector<IndexRow> scan(std::string_view prefix, std::string_view after, std::size_t limit) const override {
    auto db = handle();
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    std::unique_ptr<rocksdb::Iterator> row(db->NewIterator(options));
    std::vector<IndexRow> rows;
    if (after < prefix) {
      row->Seek(slice(prefix));
    } else {
      row->Seek(slice(after));
      if (row->Valid() && row->key() == slice(after)) row->Next();
    }
    for (; row->Valid() && rows.size() < limit && row->key().starts_with(slice(prefix)); row->Next()) {
      rows.emplace_back(row->key().ToString(), row->value().ToString());
    }
    check(row->status(), "reading");
    return rows;
  }

  void write(const IndexBatch& batch) override {
    auto db = handle();
    rocksdb::WriteBatch changes;
    for (const auto& [key, value] : batch) {
      check(value ? changes.Put(slice(key), slice(*value)) : changes.Delete(slice(key)), "writing");
    }
    check(db->Write({}, &changes), "writing");
  }

  void sync() override { check(handle()->SyncWAL(), "syncing"); }

  void clear() override {
    auto db = handle();
    rocksdb::WriteBatch changes;
    check(changes.DeleteRange(slice(""), slice("\xff")), "clearing");
    check(db->Write({}, &changes), "clearing");
  }

  void reopen() override {
    // An error in the background stops writing until it is resolved; readers need a new look at the files.
    if (!wanted_.read_only && handle()->Resume().ok()) return;
    auto db = wanted_.read_only ? open() : nullptr;
    std::lock_guard lock(mutex_);
    if (!db) {
      db_.reset();  // the one in use must release its lock first
      db = open();
    }
    db_ = std::move(db);
  }

  void close() override {
    std::shared_ptr<rocksdb::DB> db;
    {
      std::lock_guard lock(mutex_);
      db = std::exchange(db_, nullptr);
    }
    if (!db || wanted_.read_only) return;
    std::uint64_t in_memory = 0;
    if (db->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &in_memory) && in_memory > kFlushAtClose) {
      check(db->Flush({}), "writing");
    }
    check(db->Close(), "closing");
  }

private:
  std::shared_ptr<rocksdb::DB> handle() const {
    std::lock_guard lock(mutex_);
    if (!db_) throw base::Error(Errc::internal, fmt::format("the index {} is closed", wanted_.path));
    return db_;
  }

  std::shared_ptr<rocksdb::DB> open() const {
    rocksdb::DB* db = nullptr;
    rocksdb::Status status;
    auto options = make_options(wanted_);
    for (int attempt = 0; attempt < kReadOnlyAttempts; ++attempt) {
      status = wanted_.read_only ? rocksdb::DB::OpenForReadOnly(options, wanted_.path, &db)
                                 : rocksdb::DB::Open(options, wanted_.path, &db);
      if (status.ok() || !wanted_.read_only) break;
      // The writer may have replaced a file between our look at the list and our opening it.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    check(status, "opening");
    return std::shared_ptr<rocksdb::DB>(db);
  }

  void check(const rocksdb::Status& status, std::string_view doing) const {
    if (status.ok()) return;
    auto code = status.IsNoSpace()      ? Errc::no_space
                : status.IsCorruption() ? Errc::corrupt
                : status.IsBusy()       ? Errc::busy
                                        : Errc::io;
    throw base::Error(code, fmt::format("{} the index {}: {}", doing, wanted_.path, status.ToString()),
                      code == Errc::no_space ? "make room on the disk" : "");
  }

  RocksIndexOptions wanted_;
  mutable std::mutex mutex_;
  std::shared_ptr<rocksdb::DB> db_;
};

}  // namespace

std::shared_ptr<BlockIndex> open_rocks_index(const RocksIndexOptions& options) {
  return std::make_shared<RocksIndex>(options);
}

void destroy_rocks_index(const base::Path& path) {
  auto status = rocksdb::DestroyDB(path, rocksdb::Options());
  if (!status.ok()) throw base::Error(Errc::io, fmt::format("removing the index {}: {}", path, status.ToString()));
}

}  // namespace openmcp::storage
