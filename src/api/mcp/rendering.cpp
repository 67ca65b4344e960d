#include "api/mcp/rendering.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/time.hpp"
#include "context/text.hpp"

namespace openmcp::api::mcp {

std::string text_content(std::string_view text) {
  JsonWriter json;
  json.begin_array().begin_object().field("type", "text").field("text", text).end_object().end_array();
  return json.take();
}

ToolResult text_result(std::string_view text) { return {text_content(text), {}, false}; }

ToolResult error_result(std::string_view text) { return {text_content(text), {}, true}; }

ToolResult structured_result(std::string_view text, std::string structured) {
  return {text_content(text), std::move(structured), false};
}

ToolResult json_result(std::string structured) {
  auto content = text_content(structured);
  return {std::move(content), std::move(structured), false};
}

std::string fenced(std::string_view text, std::string_view info) {
  std::size_t longest = 0, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  auto out = fmt::format("{}{}\n{}", fence, info, text);
  if (!text.ends_with('\n')) out += '\n';
  return out += fence;
}

std::string context_uri(const context::ContextId& id) { return "context://" + id.text(); }

bool BoundedList::add(std::string text, std::string json) {
  if (dropped_ > 0 || text.size() > left_ || json.size() + 1 > left_json_) {
    ++dropped_;
    return false;
  }
  left_ -= text.size();
  left_json_ -= json.size() + 1;
  text_ += text;
  if (taken_ > 0) json_ += ',';
  json_ += json;
  ++taken_;
  return true;
}

namespace {

std::string tags_line(const std::vector<std::string>& tags) {
  return tags.empty() ? std::string() : fmt::format(" · tags: {}", one_line(fmt::format("{}", fmt::join(tags, ", "))));
}

std::string when(std::int64_t micros) { return short_time(wall_time(micros)); }

std::string plain(std::string_view title) { return title.empty() ? "(no title)" : one_line(title); }

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
  auto out = context::to_valid_utf8(text, limit);
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '`'; }, ' ');
  if (out.size() < text.size()) out += "…";
  return out;
}

std::vector<std::string> few_tags(const std::vector<std::string>& tags) {
  constexpr std::size_t kRoom = 1500;  // bytes
  std::vector<std::string> out;
  std::size_t used = 0;
  for (auto& tag : tags) {
    used += tag.size() + 4;
    if (used > kRoom) break;
    out.push_back(tag);
  }
  return out;
}

std::string heading(const context::ContextSummary& summary) {
  auto out =
      fmt::format("- {} ({}) · changed {} · created {} · {} version{}{}\n  id {} · version {}\n", plain(summary.title),
                  summary.type, when(summary.changed), when(summary.created), summary.versions,
                  summary.versions == 1 ? "" : "s", tags_line(summary.tags), summary.id.text(), summary.version.text());
  if (summary.heads > 1) out += "  diverged: it has several latest versions and wants a merge\n";
  return out;
}

void write_summary(JsonWriter& json, const context::ContextSummary& summary) {
  json.begin_object().field("id", summary.id.text()).field("uri", context_uri(summary.id));
  json.field("title", one_line(summary.title)).field("type", summary.type).strings("tags", few_tags(summary.tags));
  json.field("author", summary.author).field("created", iso_time(wall_time(summary.created)));
  json.field("changed", iso_time(wall_time(summary.changed))).field("versions", summary.versions);
  json.field("size", summary.size).field("version", summary.version.text()).field("cid", summary.content.text());
  json.field("source", summary.source).field("diverged", summary.heads > 1).end_object();
}

std::string hit_text(const context::search::Hit& hit, std::size_t number, bool brief) {
  auto out = fmt::format("{}. {} ({}) · {}{}\n   id {} · version {} · score {:.3f}\n", number, plain(hit.title),
                         hit.type, when(hit.time), tags_line(hit.tags), context::ContextId(hit.context).text(),
                         hit.manifest, hit.score.fused);
  if (brief || hit.snippet.empty()) return out;
  if (hit.passage_time || !hit.speaker.empty())
    out += fmt::format("   said{}{}\n", hit.speaker.empty() ? "" : " by " + plain(hit.speaker),
                       hit.passage_time ? " at " + when(*hit.passage_time) : "");
  return out.append(fenced(context::search::marked(hit, "", ""))) += '\n';
}

void write_hit(JsonWriter& json, const context::search::Hit& hit, bool brief) {
  const context::ContextId id(hit.context);
  json.begin_object().field("id", id.text()).field("uri", context_uri(id)).field("title", one_line(hit.title));
  json.field("type", hit.type).strings("tags", few_tags(hit.tags)).field("author", hit.author);
  json.field("time", iso_time(wall_time(hit.time))).field("version", hit.manifest).field("score", hit.score.fused);
  if (!brief) {
    json.field("snippet", context::search::marked(hit, "", ""));
    json.field("passage", hit.passage).field("passages", hit.passages);
    if (hit.passage_time) json.field("passage_time", iso_time(wall_time(*hit.passage_time)));
    if (!hit.speaker.empty()) json.field("speaker", hit.speaker);
  }
  json.end_object();
}

void write_commit(JsonWriter& json, const context::CommitResult& result) {
  json.begin_object().field("id", result.id.text()).field("uri", context_uri(result.id));
  json.field("version", result.version.text()).field("cid", result.content.text()).field("number", result.number);
  json.field("size", result.size).field("title", result.title).field("type", result.type);
  json.field("created", result.created).field("unchanged", result.unchanged);
  json.strings("conflicts", result.merge_conflicts).end_object();
}

std::string commit_text(const context::CommitResult& result, std::string_view verb) {
  if (result.unchanged)
    return fmt::format("Nothing changed: {} already has this as version {} ({}).", result.id.text(), result.number,
                       result.version.text());
  return fmt::format("{} {} ({}) as version {}.\nid {} · version {} · content {}", verb, plain(result.title),
                     result.type, result.number, result.id.text(), result.version.text(), result.content.text());
}

}  // namespace openmcp::api::mcp
