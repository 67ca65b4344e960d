// How answers look to a model: bounded, dated, with stored text fenced so that it cannot pass for anything else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_writer.hpp"
#include "api/mcp/registry.hpp"
#include "context/search/query.hpp"
#include "context/view.hpp"

namespace openmcp::api::mcp {

/// Bytes of the text of one answer, and again of its structured copy: clients cut or refuse what is much longer.
inline constexpr std::size_t kMaxAnswer = 25'000;

std::string text_content(std::string_view text);  ///< [{"type":"text","text":...}]
ToolResult text_result(std::string_view text);
ToolResult error_result(std::string_view text);
/// `text` for clients that read no structured content; `structured` is a JSON object.
ToolResult structured_result(std::string_view text, std::string structured);
/// The structured content itself as the text: what connectors that parse the text expect.
ToolResult json_result(std::string structured);

/// The text between lines of backticks, more of them than stand anywhere in it.
std::string fenced(std::string_view text, std::string_view info = "text");

std::string context_uri(const context::ContextId& id);
/// A title or note as one short line, without the marks that Markdown reads.
std::string one_line(std::string_view text, std::size_t limit = 300);
/// The first tags, as many as an answer has room for.
std::vector<std::string> few_tags(const std::vector<std::string>& tags);

/// A list under construction that stops before kMaxAnswer, in either form, and knows how much it left out.
class BoundedList {
public:
  /// `reserve`: bytes that the caller adds around the list.
  explicit BoundedList(std::size_t reserve = 1500) : left_(kMaxAnswer - reserve), left_json_(kMaxAnswer - reserve) {}
  /// False: it did not fit, and neither will the rest.
  bool add(std::string text, std::string json);
  std::size_t taken() const noexcept { return taken_; }
  std::size_t dropped() const noexcept { return dropped_; }
  const std::string& text() const noexcept { return text_; }
  std::string json_array() const { return "[" + json_ + "]"; }

private:
  std::size_t left_, left_json_;
  std::size_t taken_ = 0, dropped_ = 0;
  std::string text_, json_;
};

/// One line with what identifies a context: type, dates, id, CIDs.
std::string heading(const context::ContextSummary& summary);
void write_summary(JsonWriter& json, const context::ContextSummary& summary);
std::string hit_text(const context::search::Hit& hit, std::size_t number, bool brief);
void write_hit(JsonWriter& json, const context::search::Hit& hit, bool brief);
void write_commit(JsonWriter& json, const context::CommitResult& result);
/// "saved as version 2 of ..." in words.
std::string commit_text(const context::CommitResult& result, std::string_view verb);

// JSON schemas that several tools share: of write_commit, write_summary and write_hit.
inline constexpr std::string_view kCommitSchema = R"({"type":"object","properties":{
"id":{"type":"string"},"uri":{"type":"string"},"version":{"type":"string","description":"CID of this version"},
"cid":{"type":"string","description":"CID of the content"},"number":{"type":"integer"},"size":{"type":"integer"},
"title":{"type":"string"},"type":{"type":"string"},"created":{"type":"boolean"},"unchanged":{"type":"boolean"},
"conflicts":{"type":"array","items":{"type":"string"}}},
"required":["id","uri","version","cid","number","size","title","type","created","unchanged"]})";

inline constexpr std::string_view kSummarySchema = R"({"type":"object","properties":{
"id":{"type":"string"},"uri":{"type":"string"},"title":{"type":"string"},"type":{"type":"string"},
"tags":{"type":"array","items":{"type":"string"}},"author":{"type":"string"},"created":{"type":"string"},
"changed":{"type":"string"},"versions":{"type":"integer"},"size":{"type":"integer"},"version":{"type":"string"},
"cid":{"type":"string"},"source":{"type":"string"},"diverged":{"type":"boolean"}},
"required":["id","uri","title","type","tags","created","changed","versions","version","cid"]})";

inline constexpr std::string_view kHitSchema = R"({"type":"object","properties":{
"id":{"type":"string"},"uri":{"type":"string"},"title":{"type":"string"},"type":{"type":"string"},
"tags":{"type":"array","items":{"type":"string"}},"author":{"type":"string"},"time":{"type":"string"},
"version":{"type":"string"},"score":{"type":"number"},"snippet":{"type":"string"},"passage":{"type":"integer"},
"passages":{"type":"integer"},"passage_time":{"type":"string"},"speaker":{"type":"string"}},
"required":["id","uri","title","type","time","version","score"]})";

}  // namespace openmcp::api::mcp
