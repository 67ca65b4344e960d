#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;
namespace unixfs = ipld::unixfs;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "offset", .letter = 'o', .value = "BYTES", .help = "begin here"},
    {.name = "length", .letter = 'l', .value = "BYTES", .help = "at most so many bytes"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "PATH", .help = "CID, CID/name or /ipfs/CID/name of a file", .repeatable = true},
};
constexpr std::string_view kExamples[] = {"openmcp cat /ipfs/CID/docs/a.md", "openmcp cat -o 1024 -l 100 CID"};

constexpr std::uint64_t kMaxInJson = 64u << 20;

base::Task<int> run(Invocation& call) {
  auto& args = call.args();
  std::vector<ipld::ContentPath> paths;
  for (auto& typed : args.positionals()) paths.push_back(parse_path(typed));
  unixfs::ByteRange range;
  range.offset = args.number("offset").value_or(0);
  if (auto length = args.number("length")) range.length = *length;
  auto* store = co_await call.store(Access::read);
  ContentOutput out(call.out());
  base::Bytes gathered;
  ipld::ByteSink gather = [&gathered](base::SharedBytes bytes) -> base::Task<void> {
    if (gathered.size() + bytes.size() > kMaxInJson) {
      throw Error(Errc::too_large, fmt::format("more than {} bytes do not fit into JSON", kMaxInJson),
                  "leave --json out");
    }
    gathered.insert(gathered.end(), bytes.data(), bytes.data() + bytes.size());
    co_return;
  };
  auto sink = call.json() ? gather : content_sink(out);
  ipld::Cid last;
  for (auto& path : paths) {
    auto found = co_await ipld::resolve(*store, path);
    if (!found.remainder.empty())
      throw Error(Errc::invalid_argument, fmt::format("{} is not a file", path.text()), "'openmcp dag get' shows data");
    last = found.cid;
    auto facts = co_await unixfs::stat(*store, found.cid);
    if (unixfs::is_directory(facts.type)) {
      throw Error(Errc::invalid_argument, fmt::format("{} is a directory", path.text()),
                  fmt::format("openmcp ls {}", path.text()));
    }
    auto skipped = std::min(range.offset, facts.size);
    auto sent = co_await unixfs::read_file(call.env(), *store, found.cid, range, sink);
    range.offset -= skipped;
    range.length -= sent;
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("cid", last.text()).field("size", gathered.size());
    auto text = base::as_text(gathered);
    if (valid_utf8(text)) {
      json.field("content", text);
    } else {
      json.field("content_base64", base64(gathered));
    }
    json.end_object();
    print_json(call, json);
  } else {
    out.finish();
  }
  co_return kOk;
}

}  // namespace

const Command kCat{
    .name = "cat",
    .group = Group::blocks,
    .summary = "Write files to standard output",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .place = Place::either,
    .run = run,
};

}  // namespace openmcp::cli
