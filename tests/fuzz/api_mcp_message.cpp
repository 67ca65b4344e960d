// A message of MCP from a stranger: what is taken says the same when it is written again; the era and the envelope of
// it are told without surprises.
#include <boost/json.hpp>

#include "api/mcp/era.hpp"
#include "api/mcp/message.hpp"
#include "api/mcp/notices.hpp"
#include "api/mcp/sealed_state.hpp"
#include "need.hpp"

using namespace openmcp;
using namespace openmcp::api::mcp;

namespace {

template <class F>
void may_refuse(F&& read) {
  try {
    read();
  } catch (const RpcError& error) {
    need(error.code() < 0 && !error.message().empty());
    need(boost::json::parse(error_message("1", error)).is_object());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto batch = decode_batch(text);
  if (!batch) {
    need(!batch.error().why.empty());
    RpcError error(batch.error().code, batch.error().why);
    need(boost::json::parse(error_message(batch.error().id, error)).is_object());
    need(!decode_message(text));
    return 0;
  }
  need(!batch->messages.empty() && batch->messages.size() <= kMaxBatch);
  for (auto& message : batch->messages) {
    need(message.params != nullptr);
    const auto params = boost::json::serialize(*message.params);
    std::string again;
    switch (message.kind) {
      case Message::Kind::request:
        again = request_message(message.id, message.method, params);
        break;
      case Message::Kind::notification:
        again = notification_message(message.method, params);
        break;
      case Message::Kind::response:
        if (!message.result) continue;
        again = result_message(message.id, boost::json::serialize(*message.result));
        break;
    }
    auto second = decode_message(again);
    need(second && second->kind == message.kind && second->id == message.id && second->method == message.method);
    need(salient_params(*second->params) == salient_params(*message.params));
    is_modern(message, "2026-07-28");
    may_refuse([&] { read_envelope(message); });
    may_refuse([&] { read_initialize(*message.params); });
    may_refuse([&] { progress_token(*message.params); });
    may_refuse([&] { need(boost::json::parse(read_filter(*message.params).text()).is_object()); });
  }
  return 0;
}
