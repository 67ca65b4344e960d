// The value of an Mcp-Name or Mcp-Param header: what is decoded can be sent again in base64 and comes back the same.
#include "api/mcp/header_check.hpp"
#include "ipld/multibase.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto decoded = api::mcp::decode_header_value(text);
  if (decoded) {
    const bool wrapped = text.starts_with("=?base64?") && text.ends_with("?=") && text.size() >= 11;
    need(wrapped || *decoded == text);
  }
  // Any text goes through its wrapped form.
  auto encoded = ipld::base_encode(ipld::Base::base64pad, base::as_bytes(text));
  need(encoded.has_value());
  need(api::mcp::decode_header_value("=?base64?" + *encoded + "?=") == text);
  return 0;
}
