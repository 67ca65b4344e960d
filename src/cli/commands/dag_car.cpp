#include <fmt/format.h>

#include "cli/car_writing.hpp"
#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "ipld/car/reader.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr PositionalSpec kRoot[] = {{.name = "CID", .help = "the root"}};
constexpr PositionalSpec kFiles[] = {
    {.name = "FILE",
     .help = "CAR files; - or none is standard input",
     .required = false,
     .repeatable = true,
     .completes = Completes::file},
};
constexpr OptionSpec kExportOptions[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write to this file (default: standard output)",
     .completes = Completes::file},
};
constexpr OptionSpec kImportOptions[] = {
    {.name = "pin-roots", .help = "pin the roots (default: true)"},
    {.name = "stats", .help = "also print how much was read"},
};

base::Task<int> export_dag(Invocation& call) {
  auto cid = parse_cid(call.args().at(0));
  auto* store = co_await call.store(Access::read);
  std::vector<ipld::Cid> roots = {cid};
  co_await write_car(call, *store, std::move(roots), call.args().text_or("output", "-"), 1);
  co_return kOk;
}

base::Task<int> import_dag(Invocation& call) {
  auto& args = call.args();
  auto names = args.positionals();
  if (names.empty()) names.emplace_back("-");
  std::vector<ipld::ByteSource> sources;
  sources.reserve(names.size());
  for (auto& name : names) sources.push_back(input_source(call, name));
  auto* store = co_await call.store(Access::write);
  auto lease = store->lease();
  std::vector<ipld::Cid> roots;
  std::uint64_t blocks = 0, bytes = 0;
  auto bar = call.progress("importing", Unit::bytes);
  for (auto& source : sources) {
    std::function<void(std::uint64_t, std::uint64_t)> progress = [&](std::uint64_t, std::uint64_t done) {
      bar->update(bytes + done, 0);
    };
    ipld::car::ReadOptions options;
    auto car = co_await ipld::car::import_car(call.env(), std::move(source), *store, options, std::move(progress));
    blocks += car.blocks;
    bytes += car.bytes;
    roots.insert(roots.end(), car.roots.begin(), car.roots.end());
  }
  storage::Batch batch;
  bool pin = args.flag("pin-roots", true);
  if (pin) {
    for (auto& root : roots)
      batch.pins.push_back({storage::PinChange::Kind::add, {root, storage::PinMode::recursive, ""}});
  }
  try {
    if (batch.pins.empty()) {
      co_await store->sync();
    } else {
      co_await store->apply(std::move(batch));
    }
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) throw;
    throw Error(error.code(), error.message(),
                "the file holds only a part of the DAG; --pin-roots=false takes the part");
  }
  bar->finish();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("roots").begin_array();
    for (auto& root : roots) json.value(root.text());
    json.end_array().field("pinned", pin).field("blocks", blocks).field("bytes", bytes).end_object();
    print_json(call, json);
    co_return kOk;
  }
  for (auto& root : roots) {
    call.out().line(call.globals().quiet ? root.text()
                                         : fmt::format("{} {}", pin ? "Pinned root" : "Root", root.text()));
  }
  if (args.flag("stats")) call.out().line(fmt::format("Imported {} ({})", counted(blocks, "block"), human_size(bytes)));
  co_return kOk;
}

}  // namespace

const Command kDagExport{
    .name = "dag export",
    .group = Group::blocks,
    .summary = "Write a DAG as a CAR to standard output or a file",
    .options = kExportOptions,
    .positionals = kRoot,
    .place = Place::either,
    .run = export_dag,
};
const Command kDagImport{
    .name = "dag import",
    .group = Group::blocks,
    .summary = "Store the verified blocks of CAR files and pin their roots",
    .options = kImportOptions,
    .positionals = kFiles,
    .run = import_dag,
};

}  // namespace openmcp::cli
