#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr std::string_view kContextPins = "context/";

constexpr PositionalSpec kCids[] = {{.name = "CID", .help = "of the roots", .repeatable = true}};
constexpr PositionalSpec kSomeCids[] = {
    {.name = "CID", .help = "only pins of these", .required = false, .repeatable = true}};
constexpr OptionSpec kAddOptions[] = {
    {.name = "name", .value = "NAME", .help = "name of the pin; one CID may have several"},
    {.name = "type",
     .letter = 't',
     .value = "TYPE",
     .help = "recursive: the whole DAG (default); direct: the block alone",
     .choices = "recursive|direct"},
    {.name = "recursive", .letter = 'r', .help = "=false is the same as --type direct"},
};
constexpr OptionSpec kRmOptions[] = {
    {.name = "name", .value = "NAME", .help = "only the pin of this name (default: all that plumbing made)"},
};
constexpr OptionSpec kLsOptions[] = {
    {.name = "name", .value = "PREFIX", .help = "only pins whose name begins so"},
    {.name = "type",
     .letter = 't',
     .value = "TYPE",
     .help = "only pins of this type",
     .choices = "recursive|direct|all"},
    {.name = "quiet", .letter = 'q', .help = "print CIDs only"},
};

std::string_view to_string(storage::PinMode mode) { return mode == storage::PinMode::direct ? "direct" : "recursive"; }

void print_cids(Invocation& call, std::string_view verb, const std::vector<ipld::Cid>& cids) {
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("pins").begin_array();
    for (auto& cid : cids) json.value(cid.text());
    json.end_array().end_object();
    return print_json(call, json);
  }
  for (auto& cid : cids) call.out().line(call.globals().quiet ? cid.text() : fmt::format("{} {}", verb, cid.text()));
}

base::Task<int> add(Invocation& call) {
  auto& args = call.args();
  auto name = args.text_or("name", "");
  if (name.starts_with(kContextPins)) {
    throw Error(Errc::invalid_argument, "names that begin with context/ belong to contexts", "take another name");
  }
  bool direct = args.text_or("type", "recursive") == "direct" || !args.flag("recursive", true);
  storage::Batch batch;
  std::vector<ipld::Cid> cids;
  for (auto& typed : args.positionals()) {
    cids.push_back(parse_cid(typed));
    batch.pins.push_back({storage::PinChange::Kind::add,
                          {cids.back(), direct ? storage::PinMode::direct : storage::PinMode::recursive, name}});
  }
  call.require_store();
  auto* store = co_await call.store(Access::write);
  co_await store->apply(std::move(batch));
  print_cids(call, "pinned", cids);
  co_return kOk;
}

base::Task<int> rm(Invocation& call) {
  auto& args = call.args();
  auto name = args.text("name");
  std::vector<ipld::Cid> cids;
  for (auto& typed : args.positionals()) cids.push_back(parse_cid(typed));
  call.require_store();
  auto* store = co_await call.store(Access::write);
  storage::Batch batch;
  for (auto& cid : cids) {
    auto before = batch.pins.size();
    bool of_context = false;
    auto pins = co_await store->pins_of(cid);
    for (auto& pin : pins) {
      of_context = of_context || pin.name.starts_with(kContextPins);
      if (pin.name.starts_with(kContextPins) || (name && pin.name != *name)) continue;
      batch.pins.push_back({storage::PinChange::Kind::remove, pin});
    }
    if (batch.pins.size() != before) continue;
    if (of_context) {
      throw Error(Errc::conflict, fmt::format("{} is pinned by a context", cid.text()),
                  "'openmcp forget' removes contexts");
    }
    throw Error(Errc::not_found,
                fmt::format("{} is not pinned{}", cid.text(), name ? fmt::format(" as '{}'", *name) : ""),
                "'openmcp pin ls' lists pins");
  }
  co_await store->apply(std::move(batch));
  print_cids(call, "unpinned", cids);
  co_return kOk;
}

base::Task<std::vector<storage::Pin>> pins_wanted(Invocation& call, storage::LocalStore& store) {
  auto& args = call.args();
  auto prefix = args.text_or("name", "");
  auto type = args.text_or("type", "all");
  std::vector<storage::Pin> out;
  auto take = [&](std::vector<storage::Pin> pins) {
    for (auto& pin : pins) {
      if (pin.name.starts_with(prefix) && (type == "all" || type == to_string(pin.mode))) out.push_back(std::move(pin));
    }
  };
  if (!args.positionals().empty()) {
    for (auto& typed : args.positionals()) {
      auto cid = parse_cid(typed);
      auto pins = co_await store.pins_of(cid);
      if (pins.empty()) throw Error(Errc::not_found, fmt::format("{} is not pinned", cid.text()));
      take(std::move(pins));
    }
    co_return out;
  }
  std::string cursor;
  do {
    auto page = co_await store.pins(prefix, cursor, 1000);
    take(std::move(page.pins));
    cursor = std::move(page.next);
  } while (!cursor.empty());
  co_return out;
}

base::Task<int> ls(Invocation& call) {
  std::vector<storage::Pin> pins;
  if (call.store_exists()) {
    auto* store = co_await call.store(Access::read);
    pins = co_await pins_wanted(call, *store);
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("pins").begin_array();
    for (auto& pin : pins) {
      json.begin_object()
          .field("cid", pin.cid.text())
          .field("type", to_string(pin.mode))
          .field("name", pin.name)
          .end_object();
    }
    json.end_array().end_object();
    print_json(call, json);
    co_return kOk;
  }
  bool quiet = call.args().flag("quiet") || call.globals().quiet;
  for (auto& pin : pins) {
    if (quiet) {
      call.out().line(pin.cid.text());
    } else {
      call.out().line(
          fmt::format("{} {}{}{}", pin.cid.text(), to_string(pin.mode), pin.name.empty() ? "" : " ", escape(pin.name)));
    }
  }
  co_return kOk;
}

base::Task<int> gc(Invocation& call) {
  storage::CollectReport report;
  if (call.store_exists()) {
    auto* store = co_await call.store(Access::write);
    auto bar = call.progress("collecting", Unit::bytes);
    report = co_await store->collect(bar->callback());
    bar->finish();
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("blocks_removed", report.blocks_removed).field("bytes_removed", report.bytes_removed);
    json.field("bytes_freed", report.bytes_freed).field("segments_compacted", report.segments_compacted).end_object();
    print_json(call, json);
  } else if (!call.globals().quiet) {
    call.out().line(fmt::format("removed {} ({}); {} freed on disk", counted(report.blocks_removed, "block"),
                                human_size(report.bytes_removed), human_size(report.bytes_freed)));
  }
  co_return kOk;
}

}  // namespace

const Command kPinAdd{
    .name = "pin add",
    .group = Group::blocks,
    .summary = "Keep DAGs from collection",
    .options = kAddOptions,
    .positionals = kCids,
    .run = add,
};
const Command kPinRm{
    .name = "pin rm",
    .group = Group::blocks,
    .summary = "Take pins away",
    .options = kRmOptions,
    .positionals = kCids,
    .run = rm,
};
const Command kPinLs{
    .name = "pin ls",
    .group = Group::blocks,
    .summary = "List pins",
    .options = kLsOptions,
    .positionals = kSomeCids,
    .run = ls,
};
const Command kGc{
    .name = "gc",
    .group = Group::blocks,
    .summary = "Remove blocks that no pin keeps, and give their space back",
    .run = gc,
};

}  // namespace openmcp::cli
