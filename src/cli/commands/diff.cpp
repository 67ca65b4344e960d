#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "context-lines", .letter = 'U', .value = "N", .help = "equal lines around a change (default 3)"},
    {.name = "exit-code", .help = "exit with 1 when there is a difference"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT", .help = "file, id, beginning of an id, title or CID", .completes = Completes::file},
    {.name = "OLD", .help = "version to compare from (default: the one before NEW)", .required = false},
    {.name = "NEW", .help = "version to compare to (default: the latest)", .required = false},
};
constexpr std::string_view kExamples[] = {"openmcp diff notes.md", "openmcp diff notes.md v1",
                                          "openmcp diff notes.md v1 v3"};

void print_pair(Output& out, std::string_view name, const context::FieldDiff::Pair& pair) {
  if (!pair) return;
  out.line(out.styled(Style::red, fmt::format("-{}: {}", name, escape(pair->first))));
  out.line(out.styled(Style::green, fmt::format("+{}: {}", name, escape(pair->second))));
}

void print_fields(Output& out, const context::FieldDiff& fields) {
  print_pair(out, "type", fields.type);
  print_pair(out, "title", fields.title);
  print_pair(out, "media type", fields.media_type);
  print_pair(out, "source", fields.source);
  for (auto& tag : fields.tags_removed) out.line(out.styled(Style::red, fmt::format("-tag: {}", escape(tag))));
  for (auto& tag : fields.tags_added) out.line(out.styled(Style::green, fmt::format("+tag: {}", escape(tag))));
  for (auto& change : fields.metadata) {
    auto key = escape(change.key);
    if (change.before) out.line(out.styled(Style::red, fmt::format("-metadata {}: {}", key, escape(*change.before))));
    if (change.after) out.line(out.styled(Style::green, fmt::format("+metadata {}: {}", key, escape(*change.after))));
  }
  for (auto& relation : fields.relations_removed) {
    out.line(out.styled(Style::red, fmt::format("-link {}: {}", escape(relation.kind), relation.target.text())));
  }
  for (auto& relation : fields.relations_added) {
    out.line(out.styled(Style::green, fmt::format("+link {}: {}", escape(relation.kind), relation.target.text())));
  }
}

void print_text(Output& out, const context::TextDiff& diff, std::string_view before, std::string_view after) {
  auto text = context::unified(diff, before, after);
  std::string_view rest = text;
  while (!rest.empty()) {
    auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    auto style = line.starts_with("@@")                               ? Style::cyan
                 : line.starts_with("+++") || line.starts_with("---") ? Style::bold
                 : line.starts_with('+')                              ? Style::green
                 : line.starts_with('-')                              ? Style::red
                                                                      : Style::plain;
    // In a pipe the lines are exact, so that patch can use them.
    out.line(out.terminal() ? out.styled(style, escape(line, true)) : std::string(line));
  }
}

void write_pair(JsonWriter& json, std::string_view name, const context::FieldDiff::Pair& pair) {
  if (pair) json.key(name).begin_object().field("before", pair->first).field("after", pair->second).end_object();
}

void write_relations(JsonWriter& json, std::string_view name, const std::vector<context::Relation>& relations) {
  json.key(name).begin_array();
  for (auto& relation : relations) {
    json.begin_object().field("kind", relation.kind).field("id", relation.target.text()).end_object();
  }
  json.end_array();
}

void write_diff(JsonWriter& json, const context::ContextId& id, const context::VersionDiff& diff) {
  json.begin_object().field("id", id.text());
  json.field("before", diff.before.cid.text()).field("after", diff.after.cid.text());
  json.field("before_number", diff.before.number).field("after_number", diff.after.number);
  json.field("equal", diff.content_equal && diff.fields.empty()).field("content_equal", diff.content_equal);
  json.key("fields").begin_object();
  write_pair(json, "type", diff.fields.type);
  write_pair(json, "title", diff.fields.title);
  write_pair(json, "media_type", diff.fields.media_type);
  write_pair(json, "source", diff.fields.source);
  json.strings("tags_added", diff.fields.tags_added).strings("tags_removed", diff.fields.tags_removed);
  json.key("metadata").begin_array();
  for (auto& change : diff.fields.metadata) {
    json.begin_object().field("key", change.key);
    if (change.before) json.key("before").raw(*change.before);
    if (change.after) json.key("after").raw(*change.after);
    json.end_object();
  }
  json.end_array();
  write_relations(json, "relations_added", diff.fields.relations_added);
  write_relations(json, "relations_removed", diff.fields.relations_removed);
  json.end_object();
  if (diff.binary) {
    json.field("binary", diff.why_binary);
  } else {
    json.field("added", diff.text.added).field("removed", diff.text.removed).field("coarse", diff.text.coarse);
    json.field("unified", context::unified(diff.text, fmt::format("v{}", diff.before.number),
                                           fmt::format("v{}", diff.after.number)));
  }
  json.end_object();
}

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto& args = call.args();
  auto* workspace = co_await call.workspace(Access::read);
  auto name = args.at(0), old_name = args.at(1), new_name = args.at(2);
  auto ref = co_await resolve_context(call, *workspace, std::move(name), new_name);
  auto view = co_await workspace->get(ref);
  auto after = view.current.cid;
  ipld::Cid before;
  if (!old_name.empty()) {
    before = co_await resolve_version(call, *workspace, ref.id, old_name);
  } else if (!view.current.manifest.parents.empty()) {
    before = view.current.manifest.parents.front();
  } else {
    throw Error(Errc::not_found, fmt::format("{} has no version before v{}", view.id.text(), view.current.number),
                "'openmcp get' shows its content, 'openmcp history' its versions");
  }
  context::DiffOptions options;
  options.context = static_cast<std::size_t>(args.number("context-lines", 1'000'000).value_or(3));
  auto diff = co_await workspace->diff(before, after, options);
  bool equal = diff.content_equal && diff.fields.empty();
  int code = args.flag("exit-code") && !equal ? kFailed : kOk;
  if (call.json()) {
    JsonWriter json;
    write_diff(json, ref.id, diff);
    print_json(call, json);
    co_return code;
  }
  auto& out = call.out();
  print_fields(out, diff.fields);
  if (!diff.content_equal && diff.binary) {
    out.line(fmt::format("the contents differ ({} and {}): {}", human_size(diff.before.manifest.size),
                         human_size(diff.after.manifest.size), diff.why_binary));
  } else if (!diff.content_equal) {
    auto title = diff.after.manifest.title;
    print_text(out, diff.text, fmt::format("{}@v{}", title, diff.before.number),
               fmt::format("{}@v{}", title, diff.after.number));
    if (diff.text.coarse)
      call.note("the versions differ too much for an exact comparison: changed regions are shown whole");
  }
  co_return code;
}

}  // namespace

const Command kDiff{
    .name = "diff",
    .group = Group::contexts,
    .summary = "Show what changed between two versions of a context",
    .details =
        "Versions are written as for 'openmcp get --version'. The answer has the form of 'diff -u', with changed "
        "fields in front.",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
