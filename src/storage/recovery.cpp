// What happens when a store is opened: the newest segments are read from where the index ends, a torn tail is cut off,
// and what the index does not know is replayed; or the index is made anew from all segments.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "storage/rocks_index.hpp"
#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

constexpr std::size_t kRowsAtOnce = 10'000;  ///< changed rows before they go to the index
constexpr std::string_view kIdentityLine = "openmcp store 1\nid ";

base::Path identity_path(const StoreCore& core) { return base::join(core.options.path, "store"); }
base::Path index_path(const StoreCore& core) { return base::join(core.options.path, "index"); }

/// nullopt: the file is damaged. Throws unsupported.
std::optional<StoreId> parse_identity(const base::Path& path, base::BytesView bytes) {
  auto text = base::as_text(bytes);
  StoreId id{};
  bool good = text.starts_with(kIdentityLine) && text.size() == kIdentityLine.size() + 2 * id.size() + 1;
  for (std::size_t i = 0; good && i < 2 * id.size(); ++i) {
    char c = text[kIdentityLine.size() + i];
    int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    good = value >= 0;
    id[i / 2] = static_cast<std::uint8_t>(id[i / 2] << 4 | (value & 15));
  }
  if (good) return id;
  if (text.starts_with("openmcp store ") && !text.starts_with("openmcp store 1\n")) {
    throw base::Error(Errc::unsupported, fmt::format("{} is of a newer format", path),
                      "use a newer version of openmcp");
  }
  return std::nullopt;
}

/// The identity written in the first segment that has a sound header.
std::optional<StoreId> identity_of_segments(SegmentFiles& files) {
  for (auto number : files.list()) {
    base::Bytes head(kSegmentHeader);
    head.resize(files.file(number)->read_at(0, head));
    if (auto header = decode_segment_header(head)) return header->store;
  }
  return std::nullopt;
}

/// The store's directories, some of which may be new, outlive a loss of power.
void sync_ancestors(StoreCore& core) {
  for (base::Path path = base::parent(core.packs);; path = base::parent(path)) {
    try {
      core.env.disk().sync_directory(path);
    } catch (const base::Error& error) {
      if (error.code() != Errc::permission) throw;  // not ours, so not made by us
    }
    if (path == base::parent(path)) return;
  }
}

void identify(StoreCore& core) {
  auto& disk = core.env.disk();
  auto path = identity_path(core);
  if (disk.stat(path)) {
    if (auto id = parse_identity(path, base::read_file(disk, path, 4096))) {
      core.id = *id;
      return;
    }
    base::log(base::LogLevel::warn, "storage", "{} is damaged", path);
  }
  SegmentFiles any(disk, core.packs, core.id, core.options.mapped_bytes);
  if (auto found = identity_of_segments(any)) {
    core.id = *found;
  } else if (any.list().empty()) {
    core.env.random(core.id);
  } else {
    throw base::Error(Errc::corrupt, fmt::format("neither {} nor any segment tells which store this is", path),
                      "restore this file from a copy");
  }
  if (core.options.read_only) return;
  sync_ancestors(core);
  auto text = fmt::format("{}{}\n", kIdentityLine, base::to_hex(core.id));
  base::write_file_atomic(disk, path, base::as_bytes(text));
}

std::optional<Totals> known_totals(const BlockIndex& index, const StoreId& id) {
  auto row = index.get(kTotalsKey);
  if (!row) return std::nullopt;
  auto totals = decode_totals(*row);
  if (!totals || totals->store != id) return std::nullopt;
  return *totals;
}

/// Takes the steps of one record.
void take_step(Ledger& ledger, const Record& record, std::uint32_t segment) {
  Location at{segment, record.offset, static_cast<std::uint32_t>(record.payload.size())};
  switch (record.type) {
    case RecordType::block:
      return ledger.place_block(base::unwrap(Cid::from_bytes(record.key)), at, record.carried());
    case RecordType::block_remove:
      return ledger.remove_block(base::unwrap(Cid::from_bytes(record.key)), at);
    case RecordType::pin_add:
      return ledger.place_pin(decode_pin(record), at, record.carried());
    case RecordType::pin_remove:
      return ledger.remove_pin(decode_pin(record), at);
  }
}

/// Reads segments in order and brings their records into the index.
class Replay {
public:
  Replay(StoreCore& core, bool counting)
      : core_(core), layer_(*core.index), ledger_(layer_, loader(core), counting, false) {}

  struct End {
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;
    std::uint32_t chain = 0;
  };

  /// Everything behind `from` (whose chain is known) in its segment and all later ones.
  End run(End from, const std::vector<std::uint32_t>& segments, const Progress& progress) {
    std::uint64_t total = 0, done = 0;
    for (auto number : segments) total += core_.files->size(number);
    End end = last_batch_ = from;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      auto number = segments[i];
      auto size = core_.files->size(number);
      bool newest = i + 1 == segments.size();
      auto limit = std::min(size, core_.files->declared_end(number, segments).value_or(size));
      end = read_segment(number, limit, number == from.segment ? std::optional(from) : std::nullopt, newest);
      done += size;
      if (progress) progress(done, total);
    }
    note_end(last_batch_);
    write();
    return end;
  }
  /// End of the newest batch there is.
  const End& last_batch() const noexcept { return last_batch_; }

  /// Second pass of a rebuild.
  void count_pins() {
    Ledger counting(layer_, loader(core_), true, false);
    for (std::string after;;) {
      auto rows = core_.index->scan("p", after, 1000);
      if (rows.empty()) break;
      after = rows.back().first;
      for (const auto& [key, row] : rows) {
        auto pin = base::unwrap(decode_pin_key(key));
        pin.mode = base::unwrap(decode_pin_entry(row)).mode;
        counting.count_pin(pin);
        if (layer_.changes().size() >= kRowsAtOnce) write();
      }
    }
    write();
  }

  Layer& layer() noexcept { return layer_; }
  void write() {
    auto rows = layer_.take();
    if (!rows.empty()) core_.index->write(rows);
  }
  /// Until `complete` the index is marked as not ours, so that an interrupted rebuild begins again.
  void mark_complete() { complete_ = true; }
  void note_end(const End& end) {
    auto totals = layer_.totals();
    totals.store = complete_ ? core_.id : StoreId{};
    totals.segment = end.segment;
    totals.end = end.offset;
    totals.chain = end.chain;
    layer_.put(std::string(kTotalsKey), encode(totals));
  }

private:
  static LoadBlock loader(StoreCore& core) {
    return [&core](const Cid& cid, const BlockEntry& entry) -> base::Result<base::SharedBytes> {
      try {
        return core.files->read_block(Cid::v1(entry.codec, cid.hash()), entry.at);
      } catch (const base::Error& error) {
        if (error.code() != Errc::not_found) throw;
        return std::unexpected(error);
      }
    };
  }

  End read_segment(std::uint32_t number, std::uint64_t limit, std::optional<End> from, bool newest) {
    base::SharedBytes bytes;
    if (limit > 0) bytes = core_.files->view(number, 0, static_cast<std::size_t>(limit));
    End end{number, kSegmentHeader, 0};
    std::optional<std::uint32_t> chain;
    if (from) {
      end = *from;
      chain = from->chain;
    } else if (auto header = decode_segment_header(bytes.view()); header && header->number == number) {
      chain = end.chain = segment_chain(*header);
    } else if (header || header.error().code() == Errc::unsupported) {
      throw header ? base::Error(Errc::corrupt, fmt::format("{} holds another segment", core_.files->path(number)))
                   : header.error();
    }
    // Sealed segments are whole: their payloads need no reading here. A tail may be torn anywhere.
    RecordReader reader(core_.files->place(number), bytes, end.offset, chain, newest);
    std::vector<Record> batch;
    for (;;) {
      auto record = reader.next();
      if (record && !newest && is_pin(*record) && !sound_pin(*record, bytes)) record.reset();
      if (record) {
        batch.push_back(*record);
        if (record->more_follows()) continue;
        apply(batch, number);
        end = last_batch_ = {number, reader.offset(), record->header_crc};
        continue;
      }
      if (reader.at_end() || !damaged_inside(reader, !newest)) break;
      base::log(base::LogLevel::error, "storage", "segment {} is damaged at byte {}: {}", number, reader.offset(),
                reader.problem());
      apply(batch, number);  // its records were promised; those that are sound count
      if (!reader.resync()) break;
    }
    return end;
  }

  static bool is_pin(const Record& record) {
    return record.type == RecordType::pin_add || record.type == RecordType::pin_remove;
  }
  static bool sound_pin(const Record& record, base::BytesView segment) {
    return check_record_payload(record, segment.subspan(static_cast<std::size_t>(record.offset))).has_value();
  }

  /// Bytes at reader.offset() are no record. In a sealed segment that is damage. In the newest one it is a torn tail,
  /// unless a later record was written when this place was already durable.
  static bool damaged_inside(const RecordReader& reader, bool sealed) {
    if (sealed) return true;
    RecordReader ahead = reader;
    while (ahead.resync()) {
      while (auto record = ahead.next()) {
        if (record->durable_end() > reader.offset()) return true;
      }
    }
    return false;
  }

  void apply(std::vector<Record>& batch, std::uint32_t segment) {
    for (const auto& record : batch) take_step(ledger_, record, segment);
    if (!batch.empty() && layer_.changes().size() >= kRowsAtOnce) {
      const auto& last = batch.back();
      note_end({segment, last.end(), last.header_crc});
      write();
    }
    batch.clear();
  }

  StoreCore& core_;
  Layer layer_;
  Ledger ledger_;
  End last_batch_;
  bool complete_ = false;
};

/// Segments that compaction emptied and did not get to remove.
void remove_leftovers(StoreCore& core, const Totals& totals, std::vector<std::uint32_t>& segments) {
  bool any = std::erase_if(segments, [&](std::uint32_t number) {
               if (number >= totals.segment || core.index->get(segment_key(number))) return false;
               clear_before(core, number);
               core.env.disk().remove(core.files->path(number));
               return true;
             }) > 0;
  if (any) core.env.disk().sync_directory(core.packs);
}

/// The newest segment may have been cut short while it was made: then the one before it is the newest. Others were
/// given up, because the disk failed, before anything in them was promised.
void remove_unbegun(StoreCore& core, std::vector<std::uint32_t>& segments) {
  auto never_begun = [&](std::uint32_t number) {
    auto size = core.files->size(number);
    auto bytes = size > 0 ? core.files->view(number, 0, static_cast<std::size_t>(size)) : base::SharedBytes();
    auto header = decode_segment_header(bytes);
    if (header || header.error().code() == Errc::unsupported) return false;
    RecordReader reader(core.files->place(number), bytes, kSegmentHeader, std::nullopt);
    // The first record lies in the same sector as the header, and later ones were written when both were safe: where
    // either is found, the header was damaged afterwards.
    if (reader.next()) return false;
    while (reader.resync()) {
      while (auto record = reader.next()) {
        if (record->durable_end() > 0) return false;
      }
    }
    return true;
  };
  auto remove = [&](std::uint32_t number) {
    base::log(base::LogLevel::info, "storage", "removing segment {}, in which nothing was kept", number);
    core.files->forget(number);
    core.env.disk().remove(core.files->path(number));
    return true;
  };
  auto before = segments.size();
  while (!segments.empty() && never_begun(segments.back()) && remove(segments.back())) segments.pop_back();
  auto all = segments;
  std::erase_if(segments, [&](std::uint32_t number) {
    return core.files->declared_end(number, all) == std::uint64_t{0} && remove(number);
  });
  if (segments.size() < before) core.env.disk().sync_directory(core.packs);
}

void open_index(StoreCore& core) {
  if (core.options.index) return;
  auto path = index_path(core);
  RocksIndexOptions options;
  options.path = path;
  options.read_only = core.options.read_only;
  options.cache_bytes = core.options.index_cache_bytes;
  try {
    core.index = open_rocks_index(options);
  } catch (const base::Error& error) {
    if (core.options.read_only || error.code() != Errc::corrupt) throw;
    base::log(base::LogLevel::warn, "storage", "the index is made anew: {}", error.message());
    destroy_rocks_index(path);
    core.index = open_rocks_index(options);
  }
}

void resume(StoreCore& core, const Replay::End& end, const Replay::End& last_batch) {
  core.durable = position_of(last_batch.segment, last_batch.offset);
  if (end.segment == 0) return;
  bool reachable = core.env.disk().stat(core.files->path(end.segment)).has_value() &&
                   core.files->size(end.segment) >= end.offset && end.offset >= kSegmentHeader;
  if (reachable) {
    core.log->resume(end.segment, end.offset, end.chain);
  } else {
    // The index knows more than the disk kept. What is lost stays known as lost; writing goes on behind it.
    base::log(base::LogLevel::error, "storage", "segment {} lost its end: run 'openmcp verify'", end.segment);
    core.log->resume_behind(end.segment,
                            std::min(end.offset, core.files->holds({end.segment, 0, 0}) ? core.files->size(end.segment)
                                                                                        : std::uint64_t{0}));
  }
}

}  // namespace

void clear_before(StoreCore& core, std::uint32_t segment) {
  base::Bytes head(kSegmentHeader);
  head.resize(core.files->file(segment)->read_at(0, head));
  auto header = decode_segment_header(head);
  if (!header) return;
  for (auto number : core.files->list()) {
    if (number < header->previous || number >= segment) continue;
    core.files->forget(number);
    if (number > header->previous) {
      core.env.disk().remove(core.files->path(number));
      continue;
    }
    // Synced even when it is short enough: that may be so in memory only.
    auto file = core.env.disk().open(core.files->path(number), base::OpenMode::write);
    if (file->size() > header->previous_end) file->truncate(header->previous_end);
    file->sync();
  }
}

void prepare_directory(const StoreCore& core) {
  auto& disk = core.env.disk();
  bool there = disk.stat(identity_path(core)).has_value() || disk.stat(core.packs).has_value();
  if (there) return;
  if (core.options.read_only || !core.options.create) {
    throw base::Error(Errc::not_found, fmt::format("there is no store in {}", core.options.path),
                      "make one with 'openmcp init', or name another place with --home");
  }
  disk.make_directories(core.packs);
}

bool open_reader(StoreCore& core) {
  identify(core);
  core.files = std::make_unique<SegmentFiles>(core.env.disk(), core.packs, core.id, core.options.mapped_bytes);
  try {
    open_index(core);
  } catch (const base::Error& error) {
    if (error.code() == Errc::no_space) throw;
    base::log(base::LogLevel::debug, "storage", "{}", error.message());
    return false;
  }
  auto segments = core.files->list();
  auto totals = known_totals(*core.index, core.id);
  if (!totals) return segments.empty();
  core.durable = position_of(totals->segment, totals->end);
  if (segments.empty() || segments.back() < totals->segment) return true;  // nothing that a recovery could find
  if (segments.back() > totals->segment) return false;
  std::array<std::uint8_t, kRecordHeader> next{};
  core.files->file(totals->segment)->read_at(totals->end, next);
  return std::ranges::all_of(next, [](std::uint8_t byte) { return byte == 0; });
}

void recover(StoreCore& core) {
  identify(core);
  core.files = std::make_unique<SegmentFiles>(core.env.disk(), core.packs, core.id, core.options.mapped_bytes);
  open_index(core);
  auto totals = known_totals(*core.index, core.id);
  core.log = std::make_unique<PackLog>(core.env.disk(), core.packs, core.id, core.options.large);
  auto segments = core.files->list();
  if (!totals) {
    if (!segments.empty()) rebuild(core, nullptr);
    return;
  }
  remove_unbegun(core, segments);
  remove_leftovers(core, *totals, segments);
  std::erase_if(segments, [&](std::uint32_t number) { return number < totals->segment; });
  Replay::End end{totals->segment, totals->end, totals->chain};
  auto last_batch = end;
  bool news = std::ranges::any_of(segments, [&](std::uint32_t number) {
    return number > totals->segment || core.files->size(number) > totals->end;
  });
  if (news) {
    // Found is not kept: it may be in the cache of the system only. The index must not know it before it is durable.
    core.env.disk().open(core.files->path(segments.back()), base::OpenMode::write)->sync();
    core.env.disk().sync_directory(core.packs);
    Replay replay(core, true);
    replay.mark_complete();
    end = replay.run(end, segments, nullptr);
    last_batch = replay.last_batch();
  }
  resume(core, end, last_batch);
}

void rebuild(StoreCore& core, const Progress& progress) {
  base::log(base::LogLevel::info, "storage", "making the index of {} anew", core.options.path);
  core.index->clear();
  auto segments = core.files->list();
  remove_unbegun(core, segments);
  if (segments.empty()) return;
  core.env.disk().open(core.files->path(segments.back()), base::OpenMode::write)->sync();
  core.env.disk().sync_directory(core.packs);
  Replay replay(core, false);
  auto end = replay.run({}, segments, progress);
  replay.count_pins();
  // Segments that are gone took a part of the history of pins with them. (A number alone may be missing: it was given
  // up.)
  std::uint32_t before = 0;
  Position history_from = 0;
  for (auto number : segments) {
    base::Bytes head(kSegmentHeader);
    head.resize(core.files->file(number)->read_at(0, head));
    auto header = decode_segment_header(head);
    if (!header || header->previous != before) history_from = position_of(number, 0);
    before = number;
  }
  auto totals = replay.layer().totals();
  totals.history_from = history_from;
  replay.layer().put(std::string(kTotalsKey), encode(totals));
  replay.mark_complete();
  replay.note_end(replay.last_batch());
  replay.write();
  core.index->sync();
  resume(core, end, replay.last_batch());
}

}  // namespace openmcp::storage
