#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/metadata.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "type",
     .letter = 't',
     .value = "TYPE",
     .help = "code, documentation, conversation, decision, other, or any word (default: from the extension)"},
    {.name = "tag",
     .letter = 'T',
     .value = "TAG",
     .help = "a tag; replaces the tags of the version before",
     .repeatable = true},
    {.name = "title", .value = "TEXT", .help = "title (default: the file's name, or the first line)"},
    {.name = "message", .letter = 'm', .value = "TEXT", .help = "why this version was made"},
    {.name = "author", .value = "NAME", .help = "who made it (default: workspace.author)"},
    {.name = "meta", .value = "KEY=VALUE", .help = "one metadata field, as text", .repeatable = true},
    {.name = "metadata", .value = "JSON", .help = "metadata as a JSON object, or @FILE"},
    {.name = "media-type", .value = "TYPE", .help = "such as text/markdown (default: from the extension)"},
    {.name = "time", .value = "TIME", .help = "when it was made: a date, a time or an age (default: now)"},
    {.name = "text", .value = "TEXT", .help = "the content itself, instead of a file"},
    {.name = "conversation", .help = "the content is JSON Lines, one turn a line; it is checked"},
    {.name = "id",
     .value = "CONTEXT",
     .help = "make a new version of this context; without content, change only its fields"},
    {.name = "parent",
     .value = "VERSION",
     .help = "the version believed to be the latest; conflict when it is not",
     .repeatable = true},
    {.name = "new", .help = "make a new context even when the file is known"},
    {.name = "new-id", .value = "UUID", .help = "make a new context with this id"},
    {.name = "merge", .help = "join versions that were made concurrently"},
    {.name = "prefer",
     .value = "VERSION",
     .help = "with --merge and no content: the version that wins where they differ"},
    {.name = "tree", .help = "a directory as one context, instead of one context for each file"},
    {.name = "include-hidden", .letter = 'H', .help = "take files whose name begins with a dot"},
    {.name = "source", .value = "PATH", .help = "where it came from, when that is not the path itself"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "PATH",
     .help = "a file, a directory, or - for standard input",
     .required = false,
     .repeatable = true,
     .completes = Completes::file},
};
constexpr std::string_view kExamples[] = {
    "openmcp commit notes.md --tag idea",
    "openmcp commit docs/ --type documentation",
    "git log -5 | openmcp commit - --title 'last changes'",
    "openmcp commit --conversation chat.jsonl",
    "openmcp commit --id notes.md --title 'Better title'",
};

/// What the options say about every context of this call.
base::Task<context::CommitRequest> request_from(Invocation& call) {
  auto& args = call.args();
  context::CommitRequest request;
  request.type = args.text("type");
  request.title = args.text("title");
  request.message = args.text_or("message", "");
  request.author = call.author(args.text("author"));
  request.media_type = args.text("media-type");
  request.source = args.text("source");
  request.new_context = args.flag("new");
  request.merge = args.flag("merge");
  request.conversation = args.flag("conversation");
  if (args.given("tag")) request.tags = args.all("tag");
  if (args.given("meta") || args.given("metadata")) {
    auto object = args.text_or("metadata", "{}");
    if (object.starts_with('@')) {
      auto bytes = co_await read_input(call, object.substr(1), context::kMaxMetadata);
      object = std::string(base::as_text(bytes));
    }
    request.metadata = base::unwrap(metadata_with(object, args.all("meta")));
  }
  if (auto time = args.text("time")) {
    request.time = base::unwrap(parse_time(*time, call.env().now())).time_since_epoch().count();
  }
  if (auto id = args.text("new-id")) request.new_id = base::unwrap(context::ContextId::parse(*id));
  co_return request;
}

base::Task<std::vector<ipld::Cid>> versions_named(Invocation& call, context::Workspace& workspace,
                                                  context::ContextId id, std::vector<std::string> names) {
  std::vector<ipld::Cid> out;
  for (auto& name : names) {
    auto cid = co_await resolve_version(call, workspace, id, name);
    out.push_back(cid);
  }
  co_return out;
}

/// Several contexts of one call.
struct Many {
  context::DirectoryReport total;
  void add(const context::CommitResult& result) {
    if (result.unchanged) {
      ++total.unchanged;
    } else {
      ++(result.created ? total.created : total.updated);
      total.committed.push_back(result);
    }
    total.bytes += result.size;
  }
  void add(context::DirectoryReport report) {
    total.created += report.created;
    total.updated += report.updated;
    total.unchanged += report.unchanged;
    total.bytes += report.bytes;
    std::ranges::move(report.committed, std::back_inserter(total.committed));
    std::ranges::move(report.skipped, std::back_inserter(total.skipped));
  }
};

void print_many(Invocation& call, const context::DirectoryReport& report) {
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("contexts").begin_array();
    for (auto& result : report.committed) write_json(json, result);
    json.end_array().field("created", report.created).field("updated", report.updated);
    json.field("unchanged", report.unchanged).field("bytes", report.bytes).key("skipped").begin_array();
    for (auto& skipped : report.skipped) {
      json.begin_object().field("path", skipped.path).field("why", skipped.why).end_object();
    }
    json.end_array().end_object();
    return print_json(call, json);
  }
  constexpr std::size_t kShown = 40;
  for (std::size_t i = 0; i < report.committed.size(); ++i) {
    if (i == kShown && call.out().terminal() && report.committed.size() > kShown + 5) {
      call.out().line(fmt::format("... and {} more ('openmcp list' shows them)", report.committed.size() - kShown));
      break;
    }
    print_commit(call, report.committed[i]);
  }
  for (auto& skipped : report.skipped) call.warn(fmt::format("left out {}: {}", skipped.path, skipped.why));
  if (!call.globals().quiet) {
    call.out().line(fmt::format("{} new, {} changed, {} unchanged, {}", human_count(report.created),
                                human_count(report.updated), human_count(report.unchanged), human_size(report.bytes)));
  }
}

/// Options that mean one context.
void refuse_for_many(const Args& args) {
  for (auto name : {"id", "new-id", "title", "source", "text", "parent"}) {
    if (args.given(name)) {
      throw Error(Errc::invalid_argument,
                  fmt::format("option --{} is for one context, but several are committed", name),
                  "commit them one by one; a directory as one context: --tree");
    }
  }
}

context::ProgressFn shown(Progress& bar) {
  return [&bar](const context::Progress& state) { bar.update(state.done, state.total); };
}

/// No content: a merge, or new fields for the content that is there.
base::Task<context::CommitResult> commit_fields(Invocation& call, context::Workspace& workspace,
                                                context::CommitRequest request) {
  if (!request.id) {
    throw Error(Errc::invalid_argument, "there is nothing to commit: no PATH, no --text and no --id",
                "openmcp commit FILE, openmcp commit - <FILE, or openmcp commit --text '...'");
  }
  if (!request.merge) co_return co_await workspace.commit(std::move(request));
  context::MergeRequest merge;
  merge.id = *request.id;
  merge.author = request.author;
  merge.message = request.message;
  if (auto prefer = call.args().text("prefer")) {
    merge.prefer = co_await resolve_version(call, workspace, merge.id, *prefer);
  }
  co_return co_await workspace.merge(std::move(merge));
}

base::Task<int> run(Invocation& call) {
  auto& args = call.args();
  auto paths = args.positionals();
  auto text = args.text("text");
  if (text && !paths.empty()) {
    throw Error(Errc::invalid_argument, "both --text and a PATH were given", "give one of them");
  }
  auto request = co_await request_from(call);
  // What cannot be read is found before a store is made.
  auto& disk = call.env().disk();
  std::vector<base::FileInfo> infos;
  for (auto& path : paths) {
    infos.emplace_back();
    if (path == "-") continue;
    if (path.empty()) throw Error(Errc::invalid_argument, "a PATH is empty", "'.' is the working directory");
    auto info = disk.stat(call.absolute(path));
    if (!info) throw Error(Errc::not_found, fmt::format("{}: no such file or directory", path));
    if (info->kind == base::FileKind::other) {
      throw Error(Errc::unsupported, fmt::format("{} is neither a file nor a directory", path),
                  "to commit what a pipe gives: openmcp commit - <PIPE");
    }
    infos.back() = *info;
  }
  bool tree = args.flag("tree");
  bool many = paths.size() > 1 || (paths.size() == 1 && infos[0].kind == base::FileKind::directory && !tree);
  if (many) refuse_for_many(args);

  auto* workspace = co_await call.workspace(Access::write, true);
  if (auto id = args.text("id")) {
    auto ref = co_await resolve_context(call, *workspace, *id);
    request.id = ref.id;
  }
  if (args.given("parent")) {
    if (!request.id && paths.size() == 1 && paths[0] != "-") {
      auto ref = co_await resolve_context(call, *workspace, paths[0]);
      request.id = ref.id;
    }
    if (!request.id) throw Error(Errc::invalid_argument, "--parent needs the context: give --id");
    auto names = args.all("parent");
    auto parents = co_await versions_named(call, *workspace, *request.id, std::move(names));
    request.expected_parents = std::move(parents);
  }

  if (text) {
    request.content = base::SharedBytes(base::to_bytes(*text));
  }
  if (text || paths.empty()) {
    context::CommitResult result;
    if (text) {
      result = co_await workspace->commit(std::move(request));
    } else {
      result = co_await commit_fields(call, *workspace, std::move(request));
    }
    answer_commit(call, result);
    co_return kOk;
  }

  auto bar = call.progress("committing", Unit::things);
  Many all;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    auto one = request;
    auto path = call.absolute(paths[i]);
    if (paths[i] == "-") {
      one.content = context::StreamContent{stdin_source(call)};
    } else if (infos[i].kind == base::FileKind::directory && !tree) {
      context::DirectoryRequest directory;
      directory.path = path;
      directory.hidden = args.flag("include-hidden");
      directory.defaults = std::move(one);
      directory.progress = shown(*bar);
      auto report = co_await workspace->commit_directory(std::move(directory));
      all.add(std::move(report));
      continue;
    } else if (infos[i].kind == base::FileKind::directory) {
      one.content = context::DirectoryContent{path, args.flag("include-hidden")};
    } else {
      one.content = context::FileContent{path};
    }
    auto result = co_await workspace->commit(std::move(one));
    if (!many) {
      bar->finish();
      answer_commit(call, result);
      co_return kOk;
    }
    all.add(result);
  }
  bar->finish();
  print_many(call, all.total);
  co_return kOk;
}

}  // namespace

const Command kCommit{
    .name = "commit",
    .group = Group::start,
    .summary = "Keep files, folders, input or text as contexts",
    .details =
        "A file becomes a context; committed again after a change it becomes a new version of the same context, known "
        "by "
        "its path. A directory: each file below it is a context of its own, and unchanged ones are skipped. With "
        "--tree "
        "the whole directory is one context.\n"
        "Every commit is signed with the store's key and durable when the command returns.",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
