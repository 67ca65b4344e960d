#include <fmt/format.h>

#include <unordered_map>

#include "cli/car_writing.hpp"
#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "ipld/car/reader.hpp"
#include "ipld/codec.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;

namespace {

constexpr PositionalSpec kFile[] = {
    {.name = "FILE", .help = "a CAR file, or - for standard input", .completes = Completes::file},
};
constexpr OptionSpec kLsOptions[] = {
    {.name = "long", .letter = 'l', .help = "also offset and size of each block"},
    {.name = "roots", .help = "only the roots"},
};

base::Task<int> ls(Invocation& call) {
  auto& args = call.args();
  ipld::car::ReadOptions options;
  options.verify = false;
  ipld::car::Reader reader(input_source(call, args.at(0)), options);
  co_await reader.open();
  JsonWriter json;
  json.begin_object().field("version", reader.version()).key("roots").begin_array();
  for (auto& root : reader.roots()) json.value(root.text());
  json.end_array();
  if (args.flag("roots") && !call.json()) {
    for (auto& root : reader.roots()) call.out().line(root.text());
    co_return kOk;
  }
  json.key("blocks").begin_array();
  while (auto section = co_await reader.next()) {
    auto cid = section->block.cid.text();
    if (call.json()) {
      json.begin_object()
          .field("cid", cid)
          .field("offset", section->offset)
          .field("size", section->block.data.size())
          .end_object();
    } else if (args.flag("long")) {
      call.out().line(fmt::format("{} {} {}", cid, section->offset, section->block.data.size()));
    } else {
      call.out().line(cid);
    }
  }
  json.end_array().end_object();
  if (call.json()) print_json(call, json);
  co_return kOk;
}

/// Which blocks a CAR holds and which it links, by multihash.
class Completeness {
public:
  void add(const ipld::Block& block) {
    here(block.cid) = true;
    auto links = ipld::links_of(block.cid.codec(), block.data);
    if (!links) {
      if (links.error().code() == Errc::unsupported)
        return;  // links of a codec that we do not know are nobody's business
      throw std::move(links).error().within(fmt::format("block {}", block.cid.text()));
    }
    for (auto& link : *links) {
      if (!link.identity()) here(link);
    }
  }
  void need(const ipld::Cid& root) {
    if (!root.identity()) here(root);
  }
  std::uint64_t missing() const {
    std::uint64_t count = 0;
    for (auto& [key, present] : blocks_) count += present ? 0 : 1;
    return count;
  }

private:
  bool& here(const ipld::Cid& cid) {
    auto bytes = cid.hash().bytes();
    return blocks_[std::string(base::as_text(bytes))];
  }
  std::unordered_map<std::string, bool> blocks_;
};

base::Task<int> verify(Invocation& call) {
  auto name = call.args().at(0);
  auto bar = call.progress("verifying", Unit::bytes);
  std::uint64_t total = 0, blocks = 0, bytes = 0;
  if (name != "-") {
    if (auto info = call.env().disk().stat(call.absolute(name))) total = info->size;
  }
  ipld::car::Reader reader(input_source(call, name));
  Completeness completeness;
  co_await reader.open();
  for (auto& root : reader.roots()) completeness.need(root);
  while (auto section = co_await reader.next()) {
    ++blocks;
    bytes += section->block.data.size();
    completeness.add(section->block);
    bar->update(bytes, total);
  }
  auto index = co_await reader.index();
  bar->finish();
  auto missing = completeness.missing();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("ok", true).field("version", reader.version()).key("roots").begin_array();
    for (auto& root : reader.roots()) json.value(root.text());
    json.end_array()
        .field("blocks", blocks)
        .field("bytes", bytes)
        .field("missing", missing)
        .field("complete", missing == 0);
    json.field("indexed", index.has_value()).end_object();
    print_json(call, json);
  } else if (!call.globals().quiet) {
    call.out().line(fmt::format("CAR version {}, {}, {} ({}): every block matches its CID", reader.version(),
                                counted(reader.roots().size(), "root"), counted(blocks, "block"), human_size(bytes)));
    if (missing > 0)
      call.out().line(
          fmt::format("incomplete: {} linked but not in the file", counted(missing, "block is", "blocks are")));
  }
  co_return missing == 0 ? kOk : kFailed;
}

constexpr OptionSpec kCreateOptions[] = {
    {.name = "car-version", .value = "N", .help = "1 (default), or 2 with an index", .choices = "1|2"},
};
constexpr PositionalSpec kCreate[] = {
    {.name = "FILE", .help = "the CAR file to write, or - for standard output", .completes = Completes::file},
    {.name = "CID", .help = "the roots", .repeatable = true},
};

base::Task<int> create(Invocation& call) {
  auto& args = call.args();
  auto words = args.positionals();
  std::vector<ipld::Cid> roots;
  for (std::size_t i = 1; i < words.size(); ++i) roots.push_back(parse_cid(words[i]));
  auto* store = co_await call.store(Access::read);
  unsigned version = args.text_or("car-version", "1") == "2" ? 2 : 1;
  auto written = co_await write_car(call, *store, std::move(roots), words[0], version);
  if (call.json()) {
    JsonWriter json;
    json.begin_object()
        .field("file", words[0])
        .field("blocks", written.blocks)
        .field("bytes", written.bytes)
        .end_object();
    print_json(call, json);
  } else if (words[0] != "-" && !call.globals().quiet) {
    call.out().line(
        fmt::format("wrote {}: {}, {}", escape(words[0]), counted(written.blocks, "block"), human_size(written.bytes)));
  }
  co_return kOk;
}

}  // namespace

const Command kCarLs{
    .name = "car ls",
    .group = Group::blocks,
    .summary = "List the blocks of a CAR file",
    .options = kLsOptions,
    .positionals = kFile,
    .place = Place::here,
    .run = ls,
};
const Command kCarVerify{
    .name = "car verify",
    .group = Group::blocks,
    .summary = "Check every block of a CAR file, and that its DAGs are complete",
    .details = "Needs no store. Exits with 5 for a wrong byte, with 1 when linked blocks are not in the file.",
    .positionals = kFile,
    .place = Place::here,
    .run = verify,
};
const Command kCarCreate{
    .name = "car create",
    .group = Group::blocks,
    .summary = "Write DAGs of the store into a CAR file",
    .options = kCreateOptions,
    .positionals = kCreate,
    .place = Place::either,
    .run = create,
};

}  // namespace openmcp::cli
