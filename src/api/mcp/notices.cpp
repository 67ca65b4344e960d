#include "api/mcp/notices.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "api/json_writer.hpp"
#include "api/mcp/rpc_error.hpp"

namespace openmcp::api::mcp {

std::string_view method_of(const Notice& notice) noexcept {
  switch (notice.kind) {
    case Notice::Kind::tools:
      return "notifications/tools/list_changed";
    case Notice::Kind::prompts:
      return "notifications/prompts/list_changed";
    case Notice::Kind::resources:
      return "notifications/resources/list_changed";
    case Notice::Kind::updated:
      return "notifications/resources/updated";
  }
  return "";
}

bool Filter::wants(const Notice& notice) const {
  switch (notice.kind) {
    case Notice::Kind::tools:
      return tools;
    case Notice::Kind::prompts:
      return prompts;
    case Notice::Kind::resources:
      return resources;
    case Notice::Kind::updated:
      return uris.contains(notice.uri);
  }
  return false;
}

std::string Filter::text() const {
  JsonWriter json;
  json.begin_object();
  if (tools) json.field("toolsListChanged", true);
  if (prompts) json.field("promptsListChanged", true);
  if (resources) json.field("resourcesListChanged", true);
  if (!uris.empty()) json.strings("resourceSubscriptions", uris);
  json.end_object();
  return json.take();
}

Filter read_filter(const JsonObject& params) {
  const auto* wanted = params.if_contains("notifications");
  if (!wanted || !wanted->is_object()) throw RpcError(kInvalidParams, "params.notifications is not an object");
  auto& object = wanted->get_object();
  auto flag = [&object](std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value && !value->is_bool())
      throw RpcError(kInvalidParams, fmt::format("notifications.{} is not a boolean", name));
    return value && value->get_bool();
  };
  Filter filter;
  filter.tools = flag("toolsListChanged");
  filter.prompts = flag("promptsListChanged");
  filter.resources = flag("resourcesListChanged");
  if (const auto* uris = object.if_contains("resourceSubscriptions")) {
    if (!uris->is_array() || uris->get_array().size() > kMaxSubscriptions)
      throw RpcError(kInvalidParams, fmt::format("notifications.resourceSubscriptions is no list of at most {} URIs",
                                                 kMaxSubscriptions));
    for (auto& uri : uris->get_array()) {
      if (!uri.is_string() || uri.get_string().size() > kMaxUri)
        throw RpcError(kInvalidParams, "notifications.resourceSubscriptions has something that is no URI");
      filter.uris.emplace(uri.get_string());
    }
  }
  return filter;
}

void Notices::add(std::weak_ptr<Subscriber> subscriber) {
  std::erase_if(subscribers_, [](auto& each) { return each.expired(); });
  subscribers_.push_back(std::move(subscriber));
}

void Notices::publish(const Notice& notice) {
  auto now = subscribers_;  // one that is told may add or end others
  for (auto& each : now)
    if (auto subscriber = each.lock()) subscriber->deliver(notice);
}

void Notices::close() {
  auto now = std::exchange(subscribers_, {});
  for (auto& each : now)
    if (auto subscriber = each.lock()) subscriber->close();
}

std::size_t Notices::subscribers() const {
  std::size_t count = 0;
  for (auto& each : subscribers_) count += each.expired() ? 0 : 1;
  return count;
}

}  // namespace openmcp::api::mcp
