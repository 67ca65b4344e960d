#include <fmt/format.h>

#include "cli/codecs.hpp"
#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "ipld/codec.hpp"
#include "ipld/dag_json.hpp"
#include "ipld/traversal.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr PositionalSpec kOnePath[] = {{.name = "PATH", .help = "CID, or CID/field/..."}};
constexpr PositionalSpec kInput[] = {
    {.name = "FILE", .help = "the value; - or none is standard input", .required = false, .completes = Completes::file},
};

/// Through UnixFS names where there are any, else through the fields of the data model.
base::Task<ipld::Resolved> resolve_any(ipld::BlockSource& source, ipld::ContentPath path) {
  std::optional<Error> first;
  try {
    co_return co_await ipld::resolve(source, path, ipld::Pathing::unixfs);
  } catch (const Error& error) {
    if (error.code() != Errc::not_found && error.code() != Errc::invalid_argument) throw;
    first = error;
  }
  try {
    co_return co_await ipld::resolve(source, path, ipld::Pathing::data_model);
  } catch (const Error& error) {
    if (error.code() != Errc::not_found && error.code() != Errc::invalid_argument) throw;
  }
  throw *first;
}

constexpr OptionSpec kGetOptions[] = {
    {.name = "output-codec", .value = "CODEC", .help = "form of the answer (default dag-json)", .choices = kCodecNames},
};

base::Task<int> get(Invocation& call) {
  auto path = parse_path(call.args().at(0));
  auto form = base::unwrap(ipld::codec_from_name(call.args().text_or("output-codec", "dag-json")));
  auto* store = co_await call.store(Access::read);
  auto found = co_await resolve_any(*store, path);
  auto bytes = co_await ipld::get_block(*store, found.cid);
  auto node = base::unwrap(ipld::decode(found.cid.codec(), bytes));
  auto value = base::unwrap(field_at(std::move(node), found.remainder));
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("cid", found.cid.text()).strings("remainder", found.remainder);
    json.key("value").raw(base::unwrap(ipld::encode_dag_json(value))).end_object();
    print_json(call, json);
  } else if (form == ipld::Codec::dag_json) {
    call.out().line(base::unwrap(ipld::encode_dag_json(value)));
  } else {
    auto encoded = base::unwrap(ipld::encode(form, value));
    ContentOutput out(call.out());
    out.write(base::SharedBytes(std::move(encoded)));
    out.finish();
  }
  co_return kOk;
}

constexpr OptionSpec kPutOptions[] = {
    {.name = "input-codec", .value = "CODEC", .help = "form of the input (default dag-json)", .choices = kCodecNames},
    {.name = "store-codec", .value = "CODEC", .help = "codec of the block (default dag-cbor)", .choices = kCodecNames},
    {.name = "hash", .value = "HASH", .help = "hash function (default sha2-256)", .choices = kHashNames},
    {.name = "pin", .help = "pin the DAG (default: true)"},
};

base::Task<int> put(Invocation& call) {
  auto& args = call.args();
  auto from = base::unwrap(ipld::codec_from_name(args.text_or("input-codec", "dag-json")));
  auto to = base::unwrap(ipld::codec_from_name(args.text_or("store-codec", "dag-cbor")));
  auto hash = base::unwrap(hash_from_name(args.text_or("hash", "sha2-256")));
  auto name = args.at(0).empty() ? std::string("-") : args.at(0);
  auto bytes = co_await read_input(call, std::move(name), 2 * ipld::kMaxBlockBytes);
  auto node =
      base::unwrap(from == ipld::Codec::dag_json ? ipld::decode_dag_json(base::as_text(bytes), ipld::JsonForm::relaxed)
                                                 : ipld::decode(from, bytes));
  auto encoded = base::unwrap(ipld::encode(to, node));
  auto block = base::unwrap(block_of(to, hash, std::move(encoded)));
  auto cid = block.cid;
  auto* store = co_await call.store(Access::write);
  storage::Batch batch;
  batch.blocks.push_back(std::move(block));
  if (args.flag("pin", true))
    batch.pins.push_back({storage::PinChange::Kind::add, {cid, storage::PinMode::recursive, ""}});
  try {
    co_await store->apply(std::move(batch));
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) throw;
    throw Error(error.code(), error.message(), "a pin needs the whole DAG; --pin=false stores the block alone");
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("cid", cid.text()).end_object();
    print_json(call, json);
  } else {
    call.out().line(cid.text());
  }
  co_return kOk;
}

base::Task<int> stat(Invocation& call) {
  auto path = parse_path(call.args().at(0));
  auto* store = co_await call.store(Access::read);
  auto found = co_await resolve_any(*store, path);
  auto bar = call.progress("counting", Unit::bytes);
  std::uint64_t bytes = 0;
  ipld::BlockVisitor visit = [&](ipld::Block block) -> base::Task<bool> {
    bytes += block.data.size();
    bar->update(bytes, 0);
    co_return true;
  };
  ipld::TraversalOptions options;
  options.missing = [](const ipld::Cid&) {};
  auto walked = co_await ipld::traverse(call.env(), *store, found.cid, std::move(options), std::move(visit));
  bar->finish();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("cid", found.cid.text()).field("blocks", walked.blocks).field("size", walked.bytes);
    json.field("missing", walked.missing).end_object();
    print_json(call, json);
  } else {
    call.out().line(fmt::format("CID: {}\nBlocks: {}\nSize: {}", found.cid.text(), walked.blocks, walked.bytes));
    if (walked.missing > 0) call.out().line(fmt::format("Missing: {}", walked.missing));
  }
  co_return kOk;
}

base::Task<int> resolve(Invocation& call) {
  auto path = parse_path(call.args().at(0));
  auto* store = co_await call.store(Access::read);
  auto found = co_await resolve_any(*store, path);
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("cid", found.cid.text()).strings("remainder", found.remainder).end_object();
    print_json(call, json);
  } else {
    auto text = found.cid.text();
    for (auto& field : found.remainder) text += "/" + field;
    call.out().line(escape(text));
  }
  co_return kOk;
}

}  // namespace

const Command kDagGet{
    .name = "dag get",
    .group = Group::blocks,
    .summary = "Show a block, or a value in it, as dag-json",
    .options = kGetOptions,
    .positionals = kOnePath,
    .run = get,
};
const Command kDagPut{
    .name = "dag put",
    .group = Group::blocks,
    .summary = "Store a value as a block and print its CID",
    .options = kPutOptions,
    .positionals = kInput,
    .run = put,
};
const Command kDagStat{
    .name = "dag stat",
    .group = Group::blocks,
    .summary = "Count the blocks and bytes of a DAG",
    .positionals = kOnePath,
    .run = stat,
};
const Command kDagResolve{
    .name = "dag resolve",
    .group = Group::blocks,
    .summary = "Print the CID that a path ends in",
    .positionals = kOnePath,
    .run = resolve,
};

}  // namespace openmcp::cli
