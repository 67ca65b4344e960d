// Reading every byte of a store and comparing it with what the index expects.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

using base::Errc;

constexpr std::size_t kRowsAtOnce = 5000;
constexpr std::uint64_t kReadAtOnce = 8u << 20;  ///< bytes that one worker reads and checks in one go

/// A record that the index refers to.
struct Expected {
  std::uint64_t size = 0;
  std::optional<Cid> cid;
};
using ExpectedBySegment = std::map<std::uint32_t, std::map<std::uint64_t, Expected>>;

struct Span {
  std::uint64_t offset = 0, size = 0;
};

/// What the walk over the headers of a segment found.
struct Layout {
  std::vector<Span> records;
  std::vector<Damage> damage;
  std::uint64_t size = 0;
  bool gone = false;  ///< removed since it was listed
};

/// What a worker found in a part of a segment.
struct Checked {
  std::uint64_t blocks = 0, bytes = 0;
  std::vector<Damage> damage;
};

Damage damage_at(std::uint32_t segment, std::uint64_t offset, std::uint64_t length, std::string what) {
  Damage damage;
  damage.segment = segment;
  damage.offset = offset;
  damage.length = length;
  damage.what = std::move(what);
  return damage;
}

/// On a worker: rows behind `after`; the last key, "" at the end.
std::string expect_rows(const BlockIndex& index, std::string_view prefix, const std::string& after, Position until,
                        ExpectedBySegment& expected) {
  std::string last;
  for (const auto& [key, row] : index.scan(prefix, after, kRowsAtOnce)) {
    last = key;
    Location at;
    Expected record;
    if (prefix == "b") {
      auto entry = base::unwrap(decode_block(row));
      at = entry.at;
      record.cid = Cid::v1(entry.codec, base::unwrap(decode_block_key(key)));
      record.size = record_size(record.cid->bytes().size(), at.length);
    } else if (prefix == "p") {
      at = base::unwrap(decode_pin_entry(row)).at;
      record.cid = base::unwrap(decode_pin_key(key)).cid;
      record.size = record_size(record.cid->bytes().size(), at.length);
    } else {
      auto grave = base::unwrap(decode_grave(row));
      at = grave.at;
      record.size = grave.size;
    }
    if (position_of(at.segment, at.offset) < until) expected[at.segment].emplace(at.offset, record);
  }
  return last;
}

base::Task<ExpectedBySegment> expect_all(std::shared_ptr<StoreCore> core, Position until) {
  ExpectedBySegment expected;
  for (std::string_view prefix : {"b", "p", "t"}) {
    for (std::string after;;) {
      auto scan = [&] { return expect_rows(*core->index, prefix, after, until, expected); };
      after = co_await core->env.run(std::move(scan));
      if (after.empty()) break;
    }
  }
  co_return expected;
}

/// On a worker: finds where records begin, without reading payloads.
Layout walk(StoreCore& core, std::uint32_t number, const std::vector<std::uint32_t>& all, Position until) {
  Layout layout;
  base::SharedBytes bytes;
  try {
    auto size = core.files->size(number);
    size = std::min(size, core.files->declared_end(number, all).value_or(size));
    if (size == 0) return layout;  // given up before anything was kept in it
    if (number == segment_of(until)) size = std::min(size, offset_of(until));
    bytes = core.files->view(number, 0, static_cast<std::size_t>(size));
  } catch (const base::Error& error) {
    if (error.code() != Errc::not_found) throw;
    layout.gone = true;
    return layout;
  }
  layout.size = bytes.size();
  if (auto header = decode_segment_header(bytes); !header) {
    layout.damage.push_back(damage_at(number, 0, kSegmentHeader, header.error().message()));
  }
  RecordReader reader(core.files->place(number), bytes, kSegmentHeader, std::nullopt, false);
  for (;;) {
    while (auto record = reader.next()) layout.records.push_back({record->offset, record->end() - record->offset});
    if (reader.at_end()) break;  // zeros that were written ahead may follow
    auto from = reader.offset();
    auto problem = reader.problem();
    bool more = reader.resync();
    auto to = more ? reader.offset() : bytes.size();
    layout.damage.push_back(damage_at(number, from, to - from, std::move(problem)));
    if (!more) break;
  }
  return layout;
}

void check_record(const RecordPlace& place, std::uint64_t offset, base::BytesView in, bool hashes, Checked& out) {
  auto report = [&](const Record* record, std::string what) {
    auto damage = damage_at(place.segment(), offset, in.size(), std::move(what));
    if (record) damage.cid = base::unwrap(Cid::from_bytes(record->key));
    out.damage.push_back(std::move(damage));
  };
  out.bytes += in.size();
  auto record = read_record_header(place, offset, in);
  if (!record) return report(nullptr, record.error().message());
  if (auto payload = check_record_payload(*record, in); !payload) return report(&*record, payload.error().message());
  if (record->type != RecordType::block) return;
  ++out.blocks;
  if (!hashes) return;
  auto good = ipld::verify_block(base::unwrap(Cid::from_bytes(record->key)), record->payload);
  // Bytes under a hash function that we do not know are still guarded by their checksum.
  if (!good && good.error().code() != Errc::unsupported) report(&*record, good.error().message());
}

/// On a worker: reads the records of `part` from the disk and checks them.
Checked check_part(StoreCore& core, std::uint32_t number, std::span<const Span> part, bool hashes) {
  Checked out;
  auto place = core.files->place(number);
  std::shared_ptr<base::File> file;
  try {
    file = core.files->file(number);
  } catch (const base::Error& error) {
    if (error.code() == Errc::not_found) return out;
    throw;
  }
  auto from = part.front().offset;
  base::Bytes buffer(static_cast<std::size_t>(part.back().offset + part.back().size - from));
  bool whole = true;
  try {
    whole = file->read_at(from, buffer) == buffer.size();
  } catch (const base::Error& error) {
    if (error.code() != Errc::io) throw;
    whole = false;
  }
  for (const auto& span : part) {
    auto in = base::MutableBytes(buffer).subspan(static_cast<std::size_t>(span.offset - from),
                                                 static_cast<std::size_t>(span.size));
    try {
      // Where reading all at once failed, what can be read is read alone.
      if (!whole && file->read_at(span.offset, in) < in.size()) {
        throw base::Error(Errc::io, "the segment ended while it was read");
      }
      check_record(place, span.offset, in, hashes, out);
    } catch (const base::Error& error) {
      if (error.code() != Errc::io) throw;
      out.damage.push_back(damage_at(number, span.offset, span.size, error.message()));
    }
  }
  return out;
}

std::vector<std::span<const Span>> split(const std::vector<Span>& records) {
  std::vector<std::span<const Span>> parts;
  for (std::size_t begin = 0; begin < records.size();) {
    auto end = begin + 1;
    while (end < records.size() && records[end].offset + records[end].size - records[begin].offset <= kReadAtOnce)
      ++end;
    parts.push_back(std::span(records).subspan(begin, end - begin));
    begin = end;
  }
  return parts;
}

/// Names what the index expects where damage lies, and adds what it expects where nothing lies.
void compare(std::uint32_t number, const Layout& layout, const std::map<std::uint64_t, Expected>& expected,
             std::vector<Damage>& damage) {
  std::vector<Damage> named;
  std::map<std::uint64_t, bool> seen;  // expected offsets that damage accounts for
  for (auto& each : damage) {
    auto first = expected.lower_bound(each.offset);
    auto last = expected.lower_bound(each.offset + std::max<std::uint64_t>(each.length, 1));
    if (first == last) {
      named.push_back(std::move(each));
      continue;
    }
    for (auto at = first; at != last; ++at) {
      seen.emplace(at->first, true);
      auto one = damage_at(number, at->first, at->second.size, each.what);
      one.cid = at->second.cid;
      one.needed = true;
      named.push_back(std::move(one));
    }
  }
  damage = std::move(named);
  for (const auto& [offset, record] : expected) {
    if (seen.contains(offset)) continue;
    auto here = std::ranges::lower_bound(layout.records, offset, {}, &Span::offset);
    if (here != layout.records.end() && here->offset == offset && here->size == record.size) continue;
    auto missing = damage_at(number, offset, record.size,
                             layout.gone ? "the segment is missing" : "there is no record where the index expects one");
    missing.cid = record.cid;
    missing.needed = true;
    damage.push_back(std::move(missing));
  }
}

}  // namespace

base::Task<VerifyReport> verify_all(std::shared_ptr<StoreCore> core, VerifyOptions options) {
  if (!core->options.read_only) co_await core->settle_rows("");
  auto until = core->durable;
  VerifyReport report;
  auto expected = co_await expect_all(core, until);
  std::uint64_t total = 0, done = 0;
  auto list = [core, &total] {
    auto segments = core->files->list();
    for (auto number : segments) total += core->files->size(number);
    return segments;
  };
  auto all = co_await core->env.run(std::move(list));
  auto segments = all;
  std::erase_if(segments, [&](std::uint32_t number) { return number > segment_of(until); });
  // A segment that compaction removed while a reader lists them is no damage: only what the index still names is.
  for (const auto& [number, records] : expected) {
    if (std::ranges::binary_search(segments, number)) continue;
    Layout gone;
    gone.gone = true;
    compare(number, gone, records, report.damage);
  }
  for (auto number : segments) {
    auto find = [&core, &all, number, until] { return walk(*core, number, all, until); };
    auto layout = co_await core->env.run(std::move(find));
    ++report.segments;
    report.records += layout.records.size();
    auto damage = std::move(layout.damage);

    auto parts = split(layout.records);
    std::size_t taken = 0;
    auto worker = [&]() -> base::Task<void> {
      while (taken < parts.size()) {
        auto part = parts[taken++];
        auto check = [core, number, part, hashes = options.hashes] { return check_part(*core, number, part, hashes); };
        auto checked = co_await core->env.run(std::move(check));
        report.blocks += checked.blocks;
        report.bytes += checked.bytes;
        std::ranges::move(checked.damage, std::back_inserter(damage));
        done += checked.bytes;
        if (options.progress) options.progress(std::min(done, total), total);
      }
    };
    auto all_workers = [&](base::TaskGroup& group) -> base::Task<void> {
      for (unsigned each = 0; each < core->env.workers(); ++each) group.spawn(worker());
      co_return;
    };
    co_await base::with_group(core->env, std::move(all_workers));

    auto wanted = expected.find(number);
    if (wanted != expected.end()) compare(number, layout, wanted->second, damage);
    std::ranges::move(damage, std::back_inserter(report.damage));
  }
  std::ranges::sort(report.damage, {}, [](const Damage& each) { return std::pair(each.segment, each.offset); });
  co_return report;
}

base::Task<VerifyReport> verify(std::shared_ptr<StoreCore> core, VerifyOptions options) {
  core->check_open(false);
  co_await core->maintenance.acquire();
  Release release{core->maintenance};
  co_return co_await verify_all(core, std::move(options));
}

}  // namespace openmcp::storage
