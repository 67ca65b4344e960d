// A JSON-RPC request from a stranger: its id goes into the answer as it was sent, so it must be JSON of its own.

#include "api/json_spans.hpp"
#include "api/rpc/request.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  try {
    auto request = api::rpc::parse_request(std::move(text));
    const auto answer = "{\"id\":" + request.id + ",\"end\":1}";
    need(api::json_member(answer, "id") == request.id && api::json_member(answer, "end") == "1");
    api::Body again(answer);
  } catch (const api::InvalidRequest&) {
  }
  return 0;
}
