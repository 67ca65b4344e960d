// Inside of api: one line of the audit log, and the chain of lines. Pure.
//
//   {"seq":7,"time":"2026-11-26T13:00:00.000000Z","who":"ada","token":"","from":"rest","action":"context.commit",
//    "target":"0190...","result":"ok","detail":"","prev":"<SHA-256 of the line before, 64 hex digits>"}
//
// without spaces, in this order. The first line's "prev" is 64 zeros. A line's hash is over its bytes without the line
// end. There is one way to write a line, so a line that is not written in it was not written by us.
#pragma once

#include <string>
#include <string_view>

#include "api/audit.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace openmcp::api {

inline constexpr std::size_t kMaxAuditLine = 32u << 10;  ///< bytes; entries are cut so that a line stays below

/// Long fields cut at a character's end, control characters left to JSON.
AuditEntry bounded(AuditEntry entry);

struct DecodedLine {
  AuditLine line;  ///< with its hash
  std::string prev;
};

/// Without the line end.
std::string encode_audit_line(std::uint64_t seq, std::int64_t time, const AuditEntry& entry, std::string_view prev);
/// Error corrupt for everything that encode_audit_line would not write.
base::Result<DecodedLine> decode_audit_line(std::string_view line);
std::string audit_hash(std::string_view line);
std::string_view first_prev() noexcept;

/// Follows lines and says where the chain breaks first.
class AuditChain {
public:
  /// From the beginning of a log.
  AuditChain();
  /// Behind a line that is taken as right.
  AuditChain(std::uint64_t seq, std::string hash) : seq_(seq), head_(std::move(hash)) {}

  /// "": the line follows. `unreadable` is set when it is no line of ours at all (a crash can leave such bytes; it
  /// cannot leave a line that is whole and does not follow).
  std::string follow(std::string_view line, bool& unreadable);
  std::uint64_t seq() const noexcept { return seq_; }
  const std::string& head() const noexcept { return head_; }

private:
  std::uint64_t seq_ = 0;
  std::string head_;
};

}  // namespace openmcp::api
