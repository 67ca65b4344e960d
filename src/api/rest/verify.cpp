// One context, wholly checked: every version's proof, every block against its CID, every content against its manifest.
#include "api/json.hpp"
#include "api/rest/handlers.hpp"
#include "api/validation.hpp"
#include "context/workspace.hpp"

namespace openmcp::api::rest {

base::Task<void> verify_context(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto report = co_await surface->service.workspace.verify_context(id);
  JsonWriter json;
  json.begin_object().key("findings").begin_array();
  for (const auto& finding : report.findings) write_json(json, finding);
  json.end_array().field("versions", report.versions).field("blocks", report.blocks).field("bytes", report.bytes);
  json.field("ok", report.ok()).end_object();
  co_await send_json(call, json.take());
}

}  // namespace openmcp::api::rest
