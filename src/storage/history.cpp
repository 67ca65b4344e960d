// What happened to pins since a position: read from the segments themselves.
#include <algorithm>

#include "storage/store_core.hpp"

namespace openmcp::storage {
namespace {

bool is_pin(const Record& record) {
  return record.type == RecordType::pin_add || record.type == RecordType::pin_remove;
}

/// On a worker. The changes in one segment between two offsets; false when it cannot be read without a gap.
bool read_changes(SegmentFiles& files, std::uint32_t segment, std::uint64_t from, std::uint64_t to,
                  std::vector<PinChange>& changes) {
  auto bytes = files.view(segment, 0, static_cast<std::size_t>(to));
  RecordReader reader(files.place(segment), bytes, from, std::nullopt, false);
  while (auto record = reader.next()) {
    if (!is_pin(*record) || record->carried()) continue;
    if (!check_record_payload(*record, bytes.view().subspan(static_cast<std::size_t>(record->offset)))) return false;
    auto kind = record->type == RecordType::pin_add ? PinChange::Kind::add : PinChange::Kind::remove;
    changes.push_back({kind, decode_pin(*record)});
  }
  return reader.at_end();
}

}  // namespace

base::Task<std::optional<PinHistory>> pin_history(std::shared_ptr<StoreCore> core, Position since) {
  core->check_open(false);
  PinHistory history;
  history.upto = core->durable;
  if (since == history.upto) co_return history;
  auto list = [core] {
    // A segment that is compacted later stays readable only to those who have it open: the floor is read first.
    auto floor = Layer(*core->index).totals().history_from;
    return std::pair(floor, core->files->list());
  };
  auto [floor, all] = co_await core->env.run(std::move(list));
  const auto& segments = all;  // a structured binding cannot be captured
  if (since > history.upto || since < floor) co_return std::nullopt;
  for (auto number : segments) {
    if (number < segment_of(since) || number > segment_of(history.upto)) continue;
    bool whole = false;
    auto read = [&] {
      auto from =
          number == segment_of(since) ? std::max<std::uint64_t>(offset_of(since), kSegmentHeader) : kSegmentHeader;
      auto to = core->files->size(number);
      if (number == segment_of(history.upto)) {
        to = std::min(to, offset_of(history.upto));
      } else {
        to = std::min(to, core->files->declared_end(number, segments).value_or(to));
      }
      whole = to == 0 || (to >= from && read_changes(*core->files, number, from, to, history.changes));
    };
    try {
      co_await core->env.run(std::move(read));
    } catch (const base::Error& error) {
      if (error.code() != base::Errc::not_found) throw;  // compacted just now
    }
    if (!whole) co_return std::nullopt;
  }
  co_return history;
}

}  // namespace openmcp::storage
