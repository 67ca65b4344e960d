// Lines of the audit log: what is read is written as the same bytes, so that nothing can be said in two ways.
#include "api/audit_line.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = base::as_text({data, size});
  auto decoded = api::decode_audit_line(line);
  if (decoded) {
    const auto& [seq, time, entry, hash] = decoded->line;
    need(api::encode_audit_line(seq, time, entry, decoded->prev) == line);
    need(hash == api::audit_hash(line));
  }
  // An entry of anything is a line that is read.
  api::AuditEntry entry;
  entry.who = entry.target = entry.detail = std::string(line);
  auto made = api::encode_audit_line(1, 0, api::bounded(entry), api::first_prev());
  need(made.size() <= api::kMaxAuditLine && api::decode_audit_line(made).has_value());
  bool unreadable = true;
  api::AuditChain chain;
  need(chain.follow(made, unreadable).empty() && !unreadable && chain.seq() == 1);
  return 0;
}
