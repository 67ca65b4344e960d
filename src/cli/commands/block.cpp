#include <fmt/format.h>

#include <algorithm>

#include "cli/codecs.hpp"
#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr PositionalSpec kOneCid[] = {{.name = "CID", .help = "of the block"}};
constexpr PositionalSpec kManyCids[] = {{.name = "CID", .help = "of the blocks", .repeatable = true}};
constexpr PositionalSpec kInput[] = {
    {.name = "FILE", .help = "the bytes; - or none is standard input", .required = false, .completes = Completes::file},
};

base::Task<int> get(Invocation& call) {
  auto cid = parse_cid(call.args().at(0));
  auto* store = co_await call.store(Access::read);
  auto bytes = co_await ipld::get_block(*store, cid);
  if (call.json()) {
    JsonWriter json;
    json.begin_object()
        .field("cid", cid.text())
        .field("size", bytes.size())
        .field("content_base64", base64(bytes.view()));
    json.end_object();
    print_json(call, json);
    co_return kOk;
  }
  ContentOutput out(call.out());
  out.write(bytes);
  out.finish();
  co_return kOk;
}

constexpr OptionSpec kPutOptions[] = {
    {.name = "cid-codec", .value = "CODEC", .help = "codec of the CID: raw (default), dag-cbor, dag-json, dag-pb, ..."},
    {.name = "mhtype", .value = "HASH", .help = "hash function (default sha2-256)", .choices = kHashNames},
    {.name = "pin", .help = "pin the block (default: false)"},
};

base::Task<int> put(Invocation& call) {
  auto& args = call.args();
  auto codec = base::unwrap(ipld::codec_from_name(args.text_or("cid-codec", "raw")));
  auto hash = base::unwrap(hash_from_name(args.text_or("mhtype", "sha2-256")));
  auto name = args.at(0).empty() ? std::string("-") : args.at(0);
  auto bytes = co_await read_input(call, std::move(name), ipld::kMaxBlockBytes);
  auto size = bytes.size();
  auto block = base::unwrap(block_of(codec, hash, std::move(bytes)));
  auto cid = block.cid;
  auto* store = co_await call.store(Access::write);
  storage::Batch batch;
  batch.blocks.push_back(std::move(block));
  if (args.flag("pin")) batch.pins.push_back({storage::PinChange::Kind::add, {cid, storage::PinMode::recursive, ""}});
  co_await store->apply(std::move(batch));
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("cid", cid.text()).field("size", size).end_object();
    print_json(call, json);
  } else {
    call.out().line(cid.text());
  }
  co_return kOk;
}

base::Task<int> stat(Invocation& call) {
  auto cid = parse_cid(call.args().at(0));
  auto* store = co_await call.store(Access::read);
  std::optional<std::uint64_t> size = cid.hash().digest().size();
  if (!cid.identity()) size = co_await store->size(cid);
  if (!size) throw Error(Errc::not_found, fmt::format("block {} is not in the store", cid.text()));
  bool kept = co_await store->kept(cid);
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("cid", cid.text()).field("size", *size).field("kept", kept).end_object();
    print_json(call, json);
  } else {
    call.out().line(fmt::format("Key: {}\nSize: {}", cid.text(), *size));
    if (!kept && !call.globals().quiet) call.note("no pin keeps it: gc removes it");
  }
  co_return kOk;
}

constexpr OptionSpec kRmOptions[] = {
    {.name = "force", .letter = 'f', .help = "absent blocks are no error"},
};

base::Task<int> rm(Invocation& call) {
  std::vector<ipld::Cid> cids;
  for (auto& typed : call.args().positionals()) cids.push_back(parse_cid(typed));
  call.require_store();
  auto* store = co_await call.store(Access::write);
  auto there = co_await store->has_many(cids);
  auto absent = std::ranges::find(there, false);
  if (absent != there.end() && !call.args().flag("force")) {
    throw Error(
        Errc::not_found,
        fmt::format("block {} is not in the store", cids[static_cast<std::size_t>(absent - there.begin())].text()),
        "--force passes over absent blocks");
  }
  auto removed = co_await store->remove(cids);
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("removed", removed).end_object();
    print_json(call, json);
  } else if (!call.globals().quiet) {
    call.out().line(fmt::format("removed {}", counted(removed, "block")));
  }
  co_return kOk;
}

}  // namespace

const Command kBlockGet{
    .name = "block get",
    .group = Group::blocks,
    .summary = "Write a block's bytes to standard output",
    .positionals = kOneCid,
    .place = Place::either,
    .run = get,
};
const Command kBlockPut{
    .name = "block put",
    .group = Group::blocks,
    .summary = "Store bytes as one block and print its CID",
    .details = "A block that is not pinned is removed by the next gc.",
    .options = kPutOptions,
    .positionals = kInput,
    .run = put,
};
const Command kBlockStat{
    .name = "block stat",
    .group = Group::blocks,
    .summary = "Show a block's size",
    .positionals = kOneCid,
    .run = stat,
};
const Command kBlockRm{
    .name = "block rm",
    .group = Group::blocks,
    .summary = "Remove blocks that no pin keeps",
    .options = kRmOptions,
    .positionals = kManyCids,
    .run = rm,
};

}  // namespace openmcp::cli
