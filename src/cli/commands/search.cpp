#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/filters.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "context/search/query.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace search = context::search;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "type", .letter = 't', .value = "TYPE", .help = "only of this type", .repeatable = true},
    {.name = "tag",
     .letter = 'T',
     .value = "TAG",
     .help = "only with this tag; several: with all of them",
     .repeatable = true},
    {.name = "author", .value = "NAME", .help = "only of this author", .repeatable = true},
    {.name = "since", .value = "TIME", .help = "at or after: a date, a time or an age such as 2d"},
    {.name = "until", .value = "TIME", .help = "before"},
    {.name = "in", .value = "CONTEXT", .help = "only in this context", .repeatable = true},
    {.name = "limit", .letter = 'n', .value = "N", .help = "at most so many, up to 100 (default 10)"},
    {.name = "cursor", .value = "CURSOR", .help = "go on where a page ended"},
    {.name = "explain", .letter = 'x', .help = "show how each score came about"},
    {.name = "passages", .help = "every passage that fits, instead of the best of each context"},
    {.name = "snippet", .value = "BYTES", .help = "longest snippet, up to 4096 (default 320)"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "WORD", .help = "words, any of which may occur; \"a phrase\" must, -word must not", .repeatable = true},
};
constexpr std::string_view kExamples[] = {
    "openmcp search what did we decide about retries",
    "openmcp search '\"exit code\" -windows' --type documentation",
    "openmcp search deadline --since 30d --explain",
};

void explain(Output& out, const search::Score& score) {
  auto first = score.bm25_max > 0 ? score.bm25 / score.bm25_max : 0;
  auto line = fmt::format("     score {:.3f} = words {:.3f} ({:.2f} of {:.2f})", score.fused, first, score.bm25,
                          score.bm25_max);
  if (score.cosine) line += fmt::format(" + {:.2f} x meaning {:.3f}", score.embedding_weight, *score.cosine);
  if (score.recency_weight > 0) line += fmt::format(" + {:.2f} x recency {:.3f}", score.recency_weight, score.recency);
  out.line(out.styled(Style::dim, line));
  for (auto& term : score.terms) {
    std::string where;
    auto count = [&](std::string_view name, std::uint32_t times) {
      if (times > 0) where += fmt::format(" {} {}", name, times);
    };
    count("title", term.title), count("tags", term.tags), count("body", term.body);
    count("speaker", term.speaker), count("date", term.date), count("nearby", term.before + term.before2 + term.after);
    out.line(out.styled(Style::dim, fmt::format("       {:<20} {:6.3f}  in {} passages, idf {:.2f};{}",
                                                escape(term.term), term.score, term.rows, term.idf, where)));
  }
}

/// The snippet with its matches coloured, in lines of the terminal's width.
void print_snippet(Output& out, const search::Hit& hit) {
  std::string text = hit.speaker.empty() ? std::string() : out.styled(Style::cyan, escape(hit.speaker) + ":") + " ";
  if (hit.cut_before) text += "…";
  std::size_t at = 0;
  auto plain = [&](std::size_t end) {
    // A passage's own line breaks only make the answer longer.
    auto part = std::string(std::string_view(hit.snippet).substr(at, end - at));
    for (auto& c : part) {
      if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    }
    at = end;
    return escape(part);
  };
  for (auto& range : hit.highlights) {
    if (range.begin < at || range.end > hit.snippet.size() || range.end < range.begin) continue;
    text += plain(range.begin);
    text += out.styled(Style::bold, plain(range.end));
  }
  text += plain(hit.snippet.size());
  if (hit.cut_after) text += "…";
  out.line("     " + text);
}

void print_hits(Invocation& call, const search::SearchResult& result, bool explained) {
  auto& out = call.out();
  auto now = call.env().now();
  std::size_t rank = 0;
  for (auto& hit : result.hits) {
    if (rank++ > 0) out.line("");
    auto id = context::ContextId(hit.context).text();
    if (call.globals().quiet) {
      out.line(id);
      continue;
    }
    auto tags =
        hit.tags.empty() ? std::string() : fmt::format("  [{}]", escape(fmt::format("{}", fmt::join(hit.tags, " "))));
    out.line(
        fmt::format("{:3}. {}{}", rank, out.styled(Style::bold, escape(hit.title)), out.styled(Style::cyan, tags)));
    out.line(fmt::format("     {}  {}  {}  {:.2f}", out.styled(Style::yellow, id), escape(hit.type),
                         human_age(wall_time(hit.passage_time.value_or(hit.time)), now), hit.score.fused));
    if (!hit.snippet.empty()) print_snippet(out, hit);
    if (explained) explain(out, hit.score);
  }
}

base::Task<int> run(Invocation& call) {
  auto& args = call.args();
  search::Query query;
  query.text = fmt::format("{}", fmt::join(args.positionals(), " "));
  query.types = args.all("type");
  query.tags = args.all("tag");
  query.authors = args.all("author");
  auto period = period_from(call);
  query.from = period.since;
  query.to = period.until;
  query.limit = static_cast<std::uint32_t>(args.number("limit", search::max_limit).value_or(10));
  query.cursor = args.text_or("cursor", "");
  query.explain = args.flag("explain");
  query.every_passage = args.flag("passages");
  query.snippet_bytes = static_cast<std::uint32_t>(args.number("snippet", search::max_snippet_bytes).value_or(320));
  search::SearchResult result;
  bool explained = query.explain;
  if (call.store_exists()) {
    auto* workspace = co_await call.workspace(Access::read, true);
    for (auto& name : args.all("in")) {
      auto ref = co_await resolve_context(call, *workspace, name);
      auto& key = query.contexts.emplace_back();
      std::ranges::copy(ref.id.bytes(), key.begin());
    }
    result = co_await workspace->search(std::move(query));
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("contexts").begin_array();
    for (auto& hit : result.hits) write_json(json, hit, explained);
    json.end_array();
    write_next(json, result.next);
    json.field("total", result.total).field("more", result.more).strings("notes", result.notes).end_object();
    print_json(call, json);
    co_return kOk;
  }
  print_hits(call, result, explained);
  for (auto& text : result.notes) call.note(fmt::format("note: {}", escape(text)));
  if (result.hits.empty()) call.note("nothing fits");
  if (!result.next.empty()) call.note(fmt::format("more: --cursor {}", result.next));
  co_return kOk;
}

}  // namespace

const Command kSearch{
    .name = "search",
    .group = Group::start,
    .summary = "Find contexts by words and meaning",
    .details =
        "Scores join the words of the passage, its title, tags and neighbours with the likeness of word meanings "
        "where a table of embeddings is installed. --explain shows the parts.",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .run = run,
};

}  // namespace openmcp::cli
