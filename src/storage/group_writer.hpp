// GroupWriter: collects the records of one group commit and the changes they make to the ledger, request by request. A
// request that fails leaves no trace in the group.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "storage/ledger.hpp"
#include "storage/pack_log.hpp"
#include "storage/segment_files.hpp"

namespace openmcp::storage {

class GroupWriter {
public:
  /// `base`: the ledger before the group. All references must outlive the writer.
  GroupWriter(const Layer& base, const PackLog& log, SegmentFiles& files);

  void begin_request();
  void end_request();   ///< its records become part of the group
  void drop_request();  ///< they never were

  // Within a request:

  Layer& layer() noexcept { return *request_layer_; }
  /// Known, and its place exists.
  bool has_block(const Cid& cid) const;
  /// Appends the record and takes its step in the ledger. A batch of records survives a crash whole or not at all; it
  /// ends with end_batch or with the request.
  void put_block(const Block& block, std::uint8_t flags = 0);
  void remove_block(const Cid& cid, std::uint8_t flags = 0);
  void put_pin(const Pin& pin, std::uint8_t flags = 0);
  void remove_pin(const Pin& pin, std::uint8_t flags = 0);
  /// Repeats the record of a removal; `key` as in the ledger, without the grave's own letter.
  void carry_grave(std::string_view key, const Grave& grave);
  /// Forgets the removal: its record is needed no more.
  void drop_grave(std::string_view key, const Grave& grave);
  void end_batch();
  std::uint64_t request_bytes() const noexcept { return planned_bytes_; }
  /// The bytes of a block that the ledger knows, from this group or from the segments.
  base::Result<base::SharedBytes> load(const Cid& cid, const BlockEntry& entry);

  // Of the whole group:

  bool empty() const noexcept { return bytes_ == 0; }
  std::uint64_t bytes() const noexcept { return bytes_; }
  std::uint64_t end() const noexcept { return log_.end() + bytes_; }
  std::uint32_t chain() const noexcept { return chain_; }
  const std::vector<base::BytesView>& pieces() const noexcept { return pieces_; }
  Layer& group_layer() noexcept { return group_layer_; }

private:
  struct Planned {
    RecordType type{};
    std::uint8_t flags = 0;
    base::Bytes key;
    base::SharedBytes payload;
    std::uint64_t offset = 0;
    std::optional<std::uint32_t> payload_crc;  ///< when it is known already
    bool ends_batch = false;
  };
  Location plan(RecordType type, std::uint8_t flags, const Cid& key, base::SharedBytes payload);
  Ledger ledger(bool strict);

  const PackLog& log_;
  SegmentFiles& files_;
  RecordPlace place_;
  Layer group_layer_;
  std::optional<Layer> request_layer_;
  std::vector<Planned> planned_;  ///< of the request
  std::uint64_t planned_bytes_ = 0;
  std::map<std::uint64_t, base::SharedBytes> fresh_;  ///< payloads of blocks that are not written yet, by offset
  std::uint64_t bytes_ = 0;
  std::uint32_t chain_;
  std::deque<base::Bytes> buffers_;      ///< headers and small payloads
  std::vector<base::SharedBytes> kept_;  ///< large payloads, written from where they are
  std::vector<base::BytesView> pieces_;
};

}  // namespace openmcp::storage
