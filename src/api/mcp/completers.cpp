// What a client may offer while its user types an argument.
#include <algorithm>

#include "api/mcp/arguments.hpp"
#include "api/mcp/rendering.hpp"
#include "api/mcp/tools.hpp"

namespace openmcp::api::mcp {

namespace {

constexpr std::size_t kMost = 100;
constexpr std::size_t kScanned = 1000;  ///< latest contexts that are looked through

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// Those that begin with the value, then those that hold it.
Completion matching(const std::vector<std::string>& all, std::string_view value) {
  const auto wanted = lower(value);
  Completion out;
  std::vector<std::string> inside;
  for (auto& each : all) {
    const auto at = lower(each).find(wanted);
    if (at == std::string::npos) continue;
    ++out.total;
    if (at == 0 && out.values.size() < kMost) out.values.push_back(each);
    if (at != 0 && inside.size() < kMost) inside.push_back(each);
  }
  for (auto& each : inside)
    if (out.values.size() < kMost) out.values.push_back(std::move(each));
  return out;
}

base::Task<std::vector<std::string>> tag_names(Turn& turn) {
  auto tags = co_await turn.service.workspace.tags();
  std::vector<std::string> out;
  out.reserve(tags.size());
  for (auto& tag : tags) out.push_back(std::move(tag.tag));
  co_return out;
}

base::Task<std::vector<context::ContextSummary>> latest(Turn& turn) {
  context::ListRequest request;
  request.limit = kScanned;
  auto page = co_await turn.service.workspace.list(std::move(request));
  co_return std::move(page.contexts);
}

/// Ids that begin so, or whose title holds it.
base::Task<Completion> ids(Turn& turn, std::string value) {
  const auto wanted = lower(value);
  auto contexts = co_await latest(turn);
  Completion out;
  for (auto& summary : contexts) {
    if (!summary.id.text().starts_with(wanted) && !lower(summary.title).contains(wanted)) continue;
    ++out.total;
    if (out.values.size() < kMost) out.values.push_back(summary.id.text());
  }
  co_return out;
}

base::Task<Completion> complete_recall(Turn& turn, CompletionAsk asked) {
  if (asked.argument == "type") {
    auto status = co_await turn.service.workspace.status();
    std::vector<std::string> types;
    types.reserve(status.by_type.size());
    for (auto& [type, count] : status.by_type) types.push_back(type);
    co_return matching(types, asked.value);
  }
  if (asked.argument != "topic") co_return Completion{};
  auto words = co_await tag_names(turn);
  auto contexts = co_await latest(turn);
  for (auto& summary : contexts)
    if (!summary.title.empty()) words.push_back(one_line(summary.title, 120));
  co_return matching(words, asked.value);
}

base::Task<Completion> complete_project(Turn& turn, CompletionAsk asked) {
  if (asked.argument != "project") co_return Completion{};
  auto tags = co_await tag_names(turn);
  co_return matching(tags, asked.value);
}

base::Task<Completion> complete_handoff(Turn&, CompletionAsk asked) {
  if (asked.argument != "since") co_return Completion{};
  co_return matching({"1h", "8h", "1d", "2d", "1w", "4w"}, asked.value);
}

base::Task<Completion> complete_context(Turn& turn, CompletionAsk asked) {
  if (asked.argument == "id") co_return co_await ids(turn, asked.value);
  if (asked.argument != "version" || !asked.known) co_return Completion{};
  auto id = context::ContextId::parse(text(*asked.known, "id"));
  if (!id) co_return Completion{};
  auto versions = co_await turn.service.workspace.history(*id, kMost);
  std::vector<std::string> names;
  names.reserve(versions.size());
  for (auto& version : versions) names.push_back("v" + std::to_string(version.number));
  co_return matching(names, asked.value);
}

}  // namespace

void add_completers(Registry& registry) {
  registry.add_completer("recall", complete_recall);
  registry.add_completer("summarise-project", complete_project);
  registry.add_completer("handoff", complete_handoff);
  registry.add_completer("context://{id}", complete_context);
  registry.add_completer("context://{id}@{version}", complete_context);
}

void add_product(Registry& registry) {
  add_search_tools(registry);
  add_read_tools(registry);
  add_write_tools(registry);
  add_forget_tool(registry);
  add_connector_tools(registry);
  add_resources(registry);
  add_prompts(registry);
  add_completers(registry);
}

}  // namespace openmcp::api::mcp
