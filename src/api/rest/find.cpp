// Search, a context built for a question, and what relates to what.
#include <set>

#include "api/body.hpp"
#include "api/json.hpp"
#include "api/rest/handlers.hpp"
#include "api/time.hpp"
#include "context/assemble.hpp"
#include "context/workspace.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

constexpr std::size_t kMostNodes = 200;
constexpr std::size_t kMostEdges = 2000;
constexpr std::size_t kMostAlso = 100;

std::string build_json(const context::Assembled& built) {
  JsonWriter json;
  json.begin_object().field("text", built.text).field("tokens", built.tokens).key("parts").begin_array();
  for (const auto& part : built.parts) {
    json.begin_object().field("id", part.id.text()).field("version", part.version).field("cid", part.content);
    json.field("type", part.type).field("title", part.title).field("author", part.author);
    json.field("time", iso_time(wall_time(part.time))).field("whole", part.whole).field("tokens", part.tokens);
    json.end_object();
  }
  json.end_array().key("left_out").begin_array();
  for (const auto& left : built.left_out)
    json.begin_object()
        .field("id", left.id.text())
        .field("title", left.title)
        .field("why", left.why)
        .field("tokens", left.tokens)
        .end_object();
  json.end_array().strings("notes", built.notes).end_object();
  return json.take();
}

struct Edge {
  context::ContextId from, to;
  std::string kind;
  auto operator<=>(const Edge&) const = default;
};

/// What can be reached over relations, in both directions.
class Graph {
public:
  explicit Graph(context::Workspace& workspace) : workspace_(workspace) {}

  base::Task<void> grow(context::ContextId start, std::uint64_t depth) {
    co_await visit(start, true);
    std::vector<context::ContextId> level{start};
    for (std::uint64_t step = 0; step < depth; ++step) {
      std::vector<context::ContextId> next;
      for (const auto& id : level)
        for (const auto& other : around_[id])
          if (nodes_.size() < kMostNodes && !seen_.contains(other)) {
            co_await visit(other, false);
            next.push_back(other);
          }
      level = std::move(next);
    }
  }

  std::string json() const {
    std::set<context::ContextId> shown;
    JsonWriter out;
    out.begin_object().key("nodes").begin_array();
    for (const auto& node : nodes_) {
      shown.insert(node.id);
      out.begin_object().field("id", node.id.text()).field("title", node.title).field("type", node.type).end_object();
    }
    out.end_array().key("edges").begin_array();
    std::size_t count = 0;
    for (const auto& edge : edges_) {
      if (!shown.contains(edge.from) || !shown.contains(edge.to) || count++ >= kMostEdges) continue;
      out.begin_object().field("from", edge.from.text()).field("to", edge.to.text()).field("kind", edge.kind);
      out.end_object();
    }
    out.end_array().field("more", nodes_.size() >= kMostNodes || count > kMostEdges).end_object();
    return out.take();
  }

private:
  struct Node {
    context::ContextId id;
    std::string title, type;
  };

  base::Task<void> visit(context::ContextId id, bool wanted) {
    seen_.insert(id);
    std::optional<context::ContextView> view;
    try {
      view = co_await workspace_.get(id);
    } catch (const base::Error& error) {
      // A relation may point at what is not here (any more).
      if (wanted || error.code() != Errc::not_found) throw;
    }
    if (!view) co_return;
    const auto& manifest = view->current.manifest;
    nodes_.push_back({.id = id, .title = manifest.title, .type = manifest.type});
    auto& around = around_[id];
    for (const auto& relation : manifest.relations) {
      edges_.insert({.from = id, .to = relation.target, .kind = relation.kind});
      around.push_back(relation.target);
    }
    for (const auto& relation : view->incoming) {
      edges_.insert({.from = relation.target, .to = id, .kind = relation.kind});
      around.push_back(relation.target);
    }
  }

  context::Workspace& workspace_;
  std::vector<Node> nodes_;
  std::set<Edge> edges_;
  std::set<context::ContextId> seen_;
  std::map<context::ContextId, std::vector<context::ContextId>> around_;
};

}  // namespace

base::Task<void> search_contexts(SurfacePtr surface, Call& call) {
  const auto now = surface->service.env.now();
  context::search::Query query;
  query.text = query_text(call, "q").value_or("");
  query.types = query_texts(call, "type");
  query.tags = query_texts(call, "tag");
  query.authors = query_texts(call, "author");
  if (query.types.size() + query.tags.size() + query.authors.size() > 256)
    throw base::Error(Errc::too_large, "more than 256 filters in one search");
  query.from = query_time(call, "since", now);
  query.to = query_time(call, "until", now);
  query.limit = static_cast<std::uint32_t>(query_number(call, "limit", 10, 1, context::search::max_limit));
  query.cursor = query_text(call, "cursor").value_or("");
  query.every_passage = query_flag(call, "passages").value_or(false);
  query.explain = query_flag(call, "explain").value_or(false);
  const bool explain = query.explain;
  auto found = co_await surface->service.workspace.search(std::move(query));
  JsonWriter json;
  json.begin_object().key("contexts").begin_array();
  for (const auto& hit : found.hits) write_json(json, hit, explain);
  json.end_array().field("next", found.next).field("total", found.total).field("more", found.more);
  json.strings("notes", found.notes).end_object();
  co_await send_json(call, json.take());
}

base::Task<void> build_context(SurfacePtr surface, Call& call) {
  auto read = co_await read_json(surface, call);
  Body body(std::move(read.text));
  context::AssembleRequest request;
  request.query.text =
      body.text("query", {.required = false, .min = 0, .max = context::search::max_query_bytes}).value_or("");
  request.query.types = body.texts("types", 64, context::kMaxType).value_or(std::vector<std::string>());
  request.query.tags = body.texts("tags", 64, context::kMaxTag).value_or(std::vector<std::string>());
  request.query.limit = static_cast<std::uint32_t>(body.number("limit", 1, context::search::max_limit).value_or(10));
  request.budget_tokens = static_cast<std::uint32_t>(body.number("budget_tokens", 200, 200'000).value_or(4000));
  request.related = static_cast<std::uint32_t>(body.number("related", 0, 3).value_or(0));
  request.also = body.ids("also", kMostAlso).value_or(std::vector<context::ContextId>());
  body.check();
  auto built = co_await context::assemble(surface->service.workspace, std::move(request));
  co_await send_json(call, build_json(built));
}

base::Task<void> get_graph(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  const auto depth = query_number(call, "depth", 1, 1, 3);
  Graph graph(surface->service.workspace);
  co_await graph.grow(id, depth);
  co_await send_json(call, graph.json());
}

}  // namespace openmcp::api::rest
