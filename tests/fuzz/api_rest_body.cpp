// A body from a stranger: what the parser takes, the spans find; every field can be read; what is refused is told in
// JSON.
#include "api/json_spans.hpp"
#include "api/rest/commit_body.hpp"
#include "api/validation.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

void check_answer(const api::InvalidRequest& error) {
  http::Request request;
  request.id = "x";
  for (auto form : {api::original_error, api::modern_error}) {
    auto response = form(error, request);
    need(response.status == 422);
    auto members = api::json_members(response.body);
    need(members.has_value() && !members->empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (auto elements = api::json_elements(text))
    for (auto each : *elements) need(!each.empty() && each.data() >= text.data());
  try {
    api::Body body(text);
    need(api::json_members(text).has_value());
    auto copy = api::Body(text);
    auto request = api::rest::read_commit(body, {});
    auto edit = api::rest::read_edit(copy, context::ContextId());
    if (request.metadata) need(context::canonical_json(*request.metadata) == *request.metadata);
    body.check();
    need(request.type && std::holds_alternative<base::SharedBytes>(request.content));
    copy.check();
  } catch (const api::InvalidRequest& error) {
    check_answer(error);
  }
  return 0;
}
