// Heads of the gateway's answers: caching, names, ranges.
#pragma once

#include <string>
#include <string_view>

#include "api/byte_ranges.hpp"
#include "api/gateway/call.hpp"
#include "base/bytes.hpp"

namespace openmcp::api::gateway {

/// The CORS headers that every answer of a gateway has (any page may read what is public by its hash).
void add_cors(http::Headers& headers);

/// Type, ETag, Cache-Control, X-Ipfs-Path and -Roots, Vary, Content-Location. `generated`: made by this program (a
/// listing), so it is not kept for ever.
http::Headers head_of(const GatewayCall& call, std::string_view type, std::string_view etag, bool generated = false);

/// "<cid>.<format>" in quotes; no format: "<cid>".
std::string etag_of(const ipld::Cid& cid, std::string_view suffix = {});
/// If-None-Match has this tag (weak comparison) or '*'.
bool none_match(const http::Request& request, std::string_view etag);
/// Sends 304 when the client has it already.
base::Task<bool> answer_not_modified(GatewayCall& call, http::Headers headers);

/// `kind; filename="..."`, and filename* when the name is not ASCII (RFC 6266, RFC 8187).
std::string disposition(std::string_view kind, std::string_view filename);
/// The header for a format with a fixed kind; ?filename= and ?download=true have their say.
std::string disposition_of(const GatewayCall& call, std::string_view kind, std::string fallback_name);

/// Bytes in memory as the answer: 200, 206 or 416. `headers` from head_of.
base::Task<void> send_bytes(GatewayCall& call, http::Headers headers, base::SharedBytes bytes);

/// What to send of a body of this size; sets the headers of ranges. Throws an Answer 416. `status`: 200, unless a page
/// of _redirects says another one, which is sent whole.
struct Part {
  unsigned status = 200;
  RangedBody body;
};
Part choose_part(GatewayCall& call, http::Headers& headers, std::uint64_t size);

}  // namespace openmcp::api::gateway
