#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

namespace unixfs = ipld::unixfs;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "long", .letter = 'l', .help = "also the type and the size in bytes"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "PATH", .help = "CID, CID/name or /ipfs/CID/name", .repeatable = true},
};

struct Row {
  unixfs::DirectoryLink link;
  std::optional<unixfs::Stat> stat;
};

std::string_view kind_of(const Row& row) {
  if (!row.stat) return "";
  return unixfs::is_directory(row.stat->type)          ? "directory"
         : row.stat->type == unixfs::NodeType::symlink ? "symlink"
                                                       : "file";
}

base::Task<std::vector<Row>> rows_of(Invocation& call, storage::LocalStore& store, ipld::ContentPath path, bool facts) {
  auto found = co_await ipld::resolve(store, path);
  auto root = co_await unixfs::stat(store, found.cid);
  std::vector<Row> rows;
  if (unixfs::is_directory(root.type)) {
    std::function<bool(const unixfs::DirectoryLink&)> each = [&](const unixfs::DirectoryLink& link) {
      rows.push_back({link, std::nullopt});
      return true;
    };
    co_await unixfs::list_directory(store, found.cid, std::move(each));
    std::ranges::sort(rows, {}, [](const Row& row) -> const std::string& { return row.link.name; });
  } else {
    auto name = path.segments.empty() ? std::string() : path.segments.back();
    rows.push_back({{name, found.cid, root.dag_size}, root});
  }
  if (!facts) co_return rows;
  for (auto& row : rows) {
    if (row.stat || !(co_await store.has(row.link.cid))) continue;  // of a DAG that is only partly here
    row.stat = co_await unixfs::stat(store, row.link.cid);
  }
  co_return rows;
}

void write_json(JsonWriter& json, const Row& row) {
  json.begin_object()
      .field("name", row.link.name)
      .field("cid", row.link.cid.text())
      .field("dag_size", row.link.dag_size);
  if (row.stat) json.field("type", kind_of(row)).field("size", row.stat->size);
  if (row.stat && row.stat->type == unixfs::NodeType::symlink) json.field("target", row.stat->target);
  json.end_object();
}

base::Task<int> run(Invocation& call) {
  bool facts = call.args().flag("long") || call.json();
  auto typed = call.args().positionals();
  auto* store = co_await call.store(Access::read);
  JsonWriter json;
  json.begin_object().key("paths").begin_array();
  for (std::size_t i = 0; i < typed.size(); ++i) {
    auto rows = co_await rows_of(call, *store, parse_path(typed[i]), facts);
    if (call.json()) {
      json.begin_object().field("path", typed[i]).key("entries").begin_array();
      for (auto& row : rows) write_json(json, row);
      json.end_array().end_object();
      continue;
    }
    if (typed.size() > 1) call.out().line(fmt::format("{}{}:", i > 0 ? "\n" : "", typed[i]));
    std::vector<Column> shape = {{.style = Style::yellow}};
    if (facts) shape.insert(shape.end(), {{}, {.right = true}});
    shape.push_back({});
    Table table(std::move(shape));
    for (auto& row : rows) {
      bool directory = row.stat && unixfs::is_directory(row.stat->type);
      auto name = directory ? row.link.name + "/" : row.link.name;
      if (row.stat && row.stat->type == unixfs::NodeType::symlink) name += " -> " + row.stat->target;
      std::vector<std::string> cells = {row.link.cid.text()};
      if (facts) {
        cells.emplace_back(kind_of(row));
        cells.push_back(row.stat && !directory ? fmt::format("{}", row.stat->size) : "-");
      }
      cells.push_back(std::move(name));
      table.row(std::move(cells));
    }
    table.print(call.out());
  }
  json.end_array().end_object();
  if (call.json()) print_json(call, json);
  co_return kOk;
}

}  // namespace

const Command kLs{
    .name = "ls",
    .group = Group::blocks,
    .summary = "List the entries of a directory",
    .options = kOptions,
    .positionals = kPositionals,
    .run = run,
};

}  // namespace openmcp::cli
