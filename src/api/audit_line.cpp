#include "api/audit_line.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/json_writer.hpp"
#include "api/time.hpp"
#include "context/text.hpp"

namespace openmcp::api {

namespace json = boost::json;
using base::Errc;

namespace {

constexpr std::string_view kFirst = "0000000000000000000000000000000000000000000000000000000000000000";

std::unexpected<base::Error> bad(std::string_view what) {
  return base::fail(Errc::corrupt, fmt::format("a line of the audit log: {}", what));
}

void cut(std::string& text, std::size_t most) { text = context::to_valid_utf8(text, most); }

}  // namespace

AuditEntry bounded(AuditEntry entry) {
  cut(entry.who, 256);
  cut(entry.token, 64);
  cut(entry.from, 32);
  cut(entry.action, 128);
  cut(entry.target, 1024);
  cut(entry.result, 256);
  cut(entry.detail, 2048);
  return entry;
}

std::string encode_audit_line(std::uint64_t seq, std::int64_t time, const AuditEntry& entry, std::string_view prev) {
  JsonWriter line;
  line.begin_object();
  line.field("seq", seq);
  line.field("time", iso_time(wall_time(time)));
  line.field("who", entry.who);
  line.field("token", entry.token);
  line.field("from", entry.from);
  line.field("action", entry.action);
  line.field("target", entry.target);
  line.field("result", entry.result);
  line.field("detail", entry.detail);
  line.field("prev", prev);
  line.end_object();
  return line.take();
}

std::string audit_hash(std::string_view line) { return base::to_hex(crypto::sha256(base::as_bytes(line))); }

std::string_view first_prev() noexcept { return kFirst; }

base::Result<DecodedLine> decode_audit_line(std::string_view line) {
  if (line.size() > kMaxAuditLine) return bad("too long");
  json::error_code failure;
  auto document = json::parse(line, failure);
  const auto* object = failure ? nullptr : document.if_object();
  if (!object) return bad("no JSON object");
  bool whole = true;
  auto text = [object, &whole](std::string_view name) {
    auto value = object->if_contains(name);
    if (value && value->is_string()) return std::string(value->get_string());
    whole = false;
    return std::string();
  };
  DecodedLine out;
  auto seq = object->if_contains("seq");
  if (!seq || !seq->is_int64() || seq->get_int64() <= 0) return bad("no number");
  out.line.seq = static_cast<std::uint64_t>(seq->get_int64());
  auto time = parse_time(text("time"), {});
  auto& entry = out.line.entry;
  entry = {.who = text("who"),
           .token = text("token"),
           .from = text("from"),
           .action = text("action"),
           .target = text("target"),
           .result = text("result"),
           .detail = text("detail")};
  out.prev = text("prev");
  if (!whole || !time) return bad("a field is missing");
  out.line.time = time->time_since_epoch().count();
  if (encode_audit_line(out.line.seq, out.line.time, entry, out.prev) != line) return bad("not as we write it");
  out.line.hash = audit_hash(line);
  return out;
}

AuditChain::AuditChain() : head_(kFirst) {}

std::string AuditChain::follow(std::string_view line, bool& unreadable) {
  unreadable = false;
  auto decoded = decode_audit_line(line);
  if (!decoded) {
    unreadable = true;
    return decoded.error().message();
  }
  if (decoded->line.seq != seq_ + 1)
    return fmt::format("line {} follows line {}: lines were removed or put in", decoded->line.seq, seq_);
  if (decoded->prev != head_)
    return fmt::format("line {} does not carry the hash of the line before: one of the two was changed", seq_ + 1);
  seq_ = decoded->line.seq;
  head_ = std::move(decoded->line.hash);
  return {};
}

}  // namespace openmcp::api
