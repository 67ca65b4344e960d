#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/render.hpp"
#include "cli/server/forward.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

namespace {

void write(JsonWriter& json, const context::Status& status, const storage::StoreStats& store) {
  json.field("contexts", status.contexts).field("versions", status.versions).field("diverged", status.diverged);
  json.field("forgotten", status.forgotten).field("content_bytes", status.content_bytes);
  json.key("by_type").begin_object();
  for (auto& [type, count] : status.by_type) json.field(type, count);
  json.end_object();
  json.key("blocks").begin_object().field("blocks", store.blocks).field("bytes", store.bytes).field("pins", store.pins);
  json.field("segments", store.segments).field("disk_bytes", store.disk_bytes).field("live_bytes", store.live_bytes);
  json.end_object().key("search").begin_object().field("indexed", status.indexed).field("to_index", status.to_index);
  json.field("embeddings", status.embedder).end_object();
  json.field("key", key_text(status.key));
}

void print(Invocation& call, const context::Status& status, const storage::StoreStats& store) {
  auto& out = call.out();
  Facts facts;
  facts.add("store", fmt::format("{} ({})", escape(call.home().path), to_string(call.home().from)));
  if (call.lent()) facts.add("server", escape(server_text(call.lent()->facts)));
  auto contexts = fmt::format("{}, {}, {}", counted(status.contexts, "context"), counted(status.versions, "version"),
                              human_size(status.content_bytes));
  facts.add("contexts", contexts);
  for (auto& [type, count] : status.by_type) facts.add("", fmt::format("{:>6} {}", human_count(count), escape(type)));
  if (status.diverged > 0)
    facts.add("diverged", fmt::format("{} ('openmcp list --diverged')", human_count(status.diverged)));
  if (status.forgotten > 0) facts.add("forgotten", human_count(status.forgotten));
  facts.add("blocks", fmt::format("{}, {}, {}", counted(store.blocks, "block"), human_size(store.bytes),
                                  counted(store.pins, "pin")));
  auto live = store.disk_bytes == 0
                  ? 100.0
                  : 100.0 * static_cast<double>(store.live_bytes) / static_cast<double>(store.disk_bytes);
  facts.add("on disk", fmt::format("{} in {}, {:.0f}% in use", human_size(store.disk_bytes),
                                   counted(store.segments, "segment"), live));
  auto words =
      status.embedder.empty() ? std::string("words only") : fmt::format("words and {}", escape(status.embedder));
  auto waiting = status.to_index > 0 ? fmt::format(", {} to come", human_count(status.to_index)) : std::string();
  facts.add("search", fmt::format("{} indexed{}, {}", counted(status.indexed, "context"), waiting, words));
  facts.add("key", key_text(status.key));
  facts.print(out);
}

base::Task<int> run(Invocation& call) {
  if (!call.store_exists()) {
    if (call.json()) {
      JsonWriter json;
      json.begin_object().field("home", call.home().path).field("found_by", to_string(call.home().from));
      json.field("exists", false).field("contexts", 0).end_object();
      print_json(call, json);
    } else {
      call.out().line(fmt::format("no store yet; the first commit makes one in {}", escape(call.home().path)));
    }
    co_return kOk;
  }
  auto* workspace = co_await call.workspace(Access::read, true);
  auto* blocks = co_await call.store(Access::read);
  // By itself a command brings the index up to date when it ends; a server does so a moment later.
  if (call.lent()) co_await workspace->catch_up();
  auto status = co_await workspace->status();
  auto stats = co_await blocks->stats();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("home", call.home().path).field("found_by", to_string(call.home().from));
    json.field("exists", true);
    write(json, status, stats);
    json.key("server");
    if (call.lent()) {
      json.raw(call.lent()->facts);
    } else {
      json.null();
    }
    json.end_object();
    print_json(call, json);
  } else {
    print(call, status, stats);
  }
  co_return kOk;
}

}  // namespace

const Command kStatus{
    .name = "status",
    .group = Group::care,
    .summary = "Show where the store is, what it holds, and the server that has it",
    .run = run,
};

}  // namespace openmcp::cli
