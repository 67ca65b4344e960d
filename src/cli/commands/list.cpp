#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/filters.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "type", .letter = 't', .value = "TYPE", .help = "only of this type", .repeatable = true},
    {.name = "tag",
     .letter = 'T',
     .value = "TAG",
     .help = "only with this tag; several: with all of them",
     .repeatable = true},
    {.name = "any-tag", .value = "TAG", .help = "only with at least one of these tags", .repeatable = true},
    {.name = "author", .value = "NAME", .help = "only of this author"},
    {.name = "since", .value = "TIME", .help = "changed at or after: a date, a time or an age such as 2d"},
    {.name = "until", .value = "TIME", .help = "changed before"},
    {.name = "source", .value = "PREFIX", .help = "only from paths that begin so"},
    {.name = "diverged", .help = "only those with concurrent versions that want a merge"},
    {.name = "limit", .letter = 'n', .value = "N", .help = "at most so many, up to 1000 (default 50)"},
    {.name = "cursor", .value = "CURSOR", .help = "go on where a page ended"},
};
constexpr std::string_view kExamples[] = {"openmcp list --type decision --since 7d", "openmcp list --tag idea --json"};

/// A file that has no better title than its name is shown by its path from here.
std::string title_for_people(Invocation& call, const base::Path& root, const context::ContextSummary& context) {
  auto& source = context.source;
  if (source.substr(source.rfind('/') + 1) != context.title) return context.title;
  auto here = source_below(call.working_directory(), absolute_path(root, source));
  return here.value_or(context.title);
}

void print_table(Invocation& call, const base::Path& root, const context::ListPage& page) {
  auto columns = call.out().columns();
  bool roomy = columns == 0 || columns >= 110;
  std::vector<Column> shape = {
      {.title = "ID", .style = Style::yellow}, {.title = "TYPE", .shrinks = true}, {.title = "CHANGED"}};
  if (roomy) {
    shape.push_back({.title = "V", .right = true});
    shape.push_back({.title = "SIZE", .right = true});
  }
  shape.push_back({.title = "TITLE", .shrinks = true});
  shape.push_back({.title = "TAGS", .shrinks = true, .style = Style::cyan});
  Table table(std::move(shape));
  auto now = call.env().now();
  for (auto& context : page.contexts) {
    std::vector<std::string> cells = {context.id.text(), context.type, human_age(wall_time(context.changed), now)};
    if (roomy) {
      cells.push_back(fmt::format("{}", context.versions));
      cells.push_back(human_size(context.size));
    }
    auto title = title_for_people(call, root, context);
    cells.push_back(context.heads > 1 ? fmt::format("{} ({} heads)", title, context.heads) : title);
    cells.push_back(fmt::format("{}", fmt::join(context.tags, " ")));
    table.row(std::move(cells));
  }
  table.print(call.out());
}

base::Task<int> run(Invocation& call) {
  auto& args = call.args();
  context::ListRequest request;
  request.types = args.all("type");
  request.tags_all = args.all("tag");
  request.tags_any = args.all("any-tag");
  request.author = args.text_or("author", "");
  auto period = period_from(call);
  request.since = period.since;
  request.until = period.until;
  request.source_prefix = args.text_or("source", "");
  if (args.given("diverged")) request.diverged = args.flag("diverged");
  request.limit = static_cast<std::size_t>(args.number("limit", 1000).value_or(50));
  request.cursor = args.text_or("cursor", "");
  context::ListPage page;
  base::Path root;
  if (call.store_exists() && request.limit > 0) {
    auto* workspace = co_await call.workspace(Access::read);
    page = co_await workspace->list(std::move(request));
    root = workspace->options().root;
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("contexts").begin_array();
    for (auto& context : page.contexts) write_json(json, context);
    json.end_array();
    write_next(json, page.next);
    json.end_object();
    print_json(call, json);
    co_return kOk;
  }
  if (call.globals().quiet) {
    for (auto& context : page.contexts) call.out().line(context.id.text());
    co_return kOk;
  }
  print_table(call, root, page);
  if (page.contexts.empty() && !call.store_exists())
    call.note(fmt::format("no store yet; the first commit makes one in {}", call.home().path));
  if (page.contexts.empty() && call.store_exists()) call.note("no context fits");
  if (!page.next.empty()) call.note(fmt::format("more: --cursor {}", page.next));
  co_return kOk;
}

}  // namespace

const Command kList{
    .name = "list",
    .group = Group::start,
    .summary = "List contexts, last changed first",
    .options = kOptions,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
