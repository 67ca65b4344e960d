#include "api/rpc/request.hpp"

#include <algorithm>

namespace openmcp::api::rpc {

namespace {

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() <= 4300 &&  // Python's own bound on digits
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

RpcRequest parse_request(std::string text) {
  Body body(std::move(text));
  RpcRequest out;
  if (body.raw("jsonrpc") == "null")
    body.wrong("jsonrpc", "string_type", "Input should be a valid string");
  else
    body.text("jsonrpc");
  out.method = body.text("method", {.required = true, .min = 0, .max = 1024}).value_or("");
  out.params = body.object("params");
  if (auto id = body.raw("id")) {
    if (id->starts_with('"') || is_whole_number(*id) || *id == "null")
      out.id = *id;
    else {
      body.wrong("id", "string_type", "Input should be a valid string");
      body.wrong("id", "int_type", "Input should be a valid integer");
    }
  }
  body.check();
  return out;
}

}  // namespace openmcp::api::rpc
