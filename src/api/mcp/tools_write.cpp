// Saving, changing and linking contexts.
#include <fmt/format.h>

#include <algorithm>

#include "api/audit.hpp"
#include "api/mcp/arguments.hpp"
#include "api/mcp/rendering.hpp"
#include "api/mcp/tools.hpp"
#include "crypto/hash.hpp"

namespace openmcp::api::mcp {

namespace {

void record(Turn& turn, std::string action, const context::CommitResult& result) {
  if (result.unchanged) return;
  AuditEntry entry{.who = turn.caller.name,
                   .token = turn.caller.token_id,
                   .from = "mcp",
                   .action = std::move(action),
                   .target = result.id.text(),
                   .detail = result.version.text()};
  turn.service.audit.record(std::move(entry));
}

ToolResult committed(const context::CommitResult& result, std::string_view verb) {
  JsonWriter json;
  write_commit(json, result);
  return structured_result(commit_text(result, verb), json.take());
}

base::SharedBytes bytes_of(std::string_view text) { return base::SharedBytes(base::to_bytes(text)); }

const std::string kDescribed = R"(
"title":{"type":"string","maxLength":4000,"description":"Default: the first line"},
"type":{"type":"string","maxLength":128,"description":"code, documentation, conversation, decision, other, or a word of your own"},
"metadata":{"type":"object","description":"Anything else, as JSON"},
"message":{"type":"string","maxLength":16000,"description":"Why, for the history"},
"author":{"type":"string","maxLength":256,"description":"Who says so. Default: the workspace's owner"})";

const std::string kRelationList =
    R"({"type":"array","maxItems":100,"items":{"type":"object","properties":{"kind":{"type":"string","minLength":1,"maxLength":128},"id":{"type":"string","minLength":1}},"required":["kind","id"],"additionalProperties":false}})";
const std::string kTagList =
    R"({"type":"array","maxItems":100,"items":{"type":"string","minLength":1,"maxLength":256}})";

// --- context_save ----------------------------------------------------------------------------------------------------

const std::string kSaveInput = R"({"type":"object","properties":{
"content":{"type":"string","minLength":1,"description":"The text to keep, verbatim"},)" +
                               kDescribed + R"(,
"tags":)" + kTagList + R"(,
"relations":)" + kRelationList +
                               R"(,
"source":{"type":"string","maxLength":4096,"description":"A stable name such as a path: saving under it again makes a new version of the same context"},
"allow_duplicate":{"type":"boolean","default":false,"description":"Save although the same text is there already"}},
"required":["content"],"additionalProperties":false})";

/// What is there with the same bytes, as an answer; nullopt: nothing.
base::Task<std::optional<ToolResult>> same_content(Turn& turn, std::string content) {
  auto hash = crypto::sha256(base::as_bytes(content));
  auto ids = co_await turn.service.workspace.by_content(hash, 1);
  if (ids.empty()) co_return std::nullopt;
  auto view = co_await turn.service.workspace.get(ids.front());
  const auto& manifest = view.current.manifest;
  context::CommitResult result{.id = view.id,
                               .version = view.current.cid,
                               .attestation = view.current.attestation.value_or(ipld::Cid()),
                               .content = manifest.content.value_or(ipld::Cid()),
                               .number = view.current.number,
                               .size = manifest.size,
                               .title = manifest.title,
                               .type = manifest.type,
                               .unchanged = true,
                               .merge_conflicts = {},
                               .skipped = {}};
  JsonWriter json;
  write_commit(json, result);
  auto words = fmt::format(
      "The same text is there already, as {} ({}), version {}. Nothing was saved. Change its title or "
      "tags with context_update, or save a copy with allow_duplicate.",
      view.id.text(), manifest.title, view.current.number);
  co_return structured_result(words, json.take());
}

base::Task<ToolResult> context_save(Turn& turn, const JsonObject& arguments) {
  auto content = text(arguments, "content");
  const bool named = has(arguments, "source");
  if (!named && !flag(arguments, "allow_duplicate")) {
    auto same = co_await same_content(turn, content);
    if (same) co_return *std::move(same);
  }
  context::CommitRequest request;
  request.content = bytes_of(content);
  request.title = optional_text(arguments, "title");
  request.type = optional_text(arguments, "type");
  request.metadata = json_text(arguments, "metadata");
  request.author = optional_text(arguments, "author");
  request.message = text(arguments, "message");
  request.source = optional_text(arguments, "source");
  if (has(arguments, "tags")) request.tags = texts(arguments, "tags");
  if (has(arguments, "relations")) {
    auto relations = co_await relations_of(turn, arguments, "relations");
    request.relations = std::move(relations);
  }
  auto result = co_await turn.service.workspace.commit(std::move(request));
  record(turn, "context.commit", result);
  co_return committed(result, "Saved");
}

// --- context_update
// ----------------------------------------------------------------------------------------------------

const std::string kUpdateInput = R"({"type":"object","properties":{
"id":{"type":"string","minLength":1,"maxLength":4096},
"content":{"type":"string","minLength":1,"description":"The whole new text. Absent: the text stays"},)" +
                                 kDescribed + R"(,
"add_tags":)" + kTagList + R"(,
"remove_tags":)" + kTagList +
                                 R"(,
"expected_version":{"type":"string","maxLength":200,"description":"CID of the version that you read: if somebody changed it since, nothing happens and you are told"}},
"required":["id"],"additionalProperties":false})";

std::vector<std::string> changed_tags(std::vector<std::string> tags, const std::vector<std::string>& add,
                                      const std::vector<std::string>& remove) {
  for (auto& tag : add)
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  std::erase_if(tags, [&remove](auto& tag) { return std::ranges::find(remove, tag) != remove.end(); });
  return tags;
}

base::Task<std::optional<std::vector<ipld::Cid>>> expected(Turn& turn, context::ContextId id, std::string version) {
  if (version.empty()) co_return std::nullopt;
  auto ref = co_await resolve(turn, id.text(), version);
  co_return std::vector<ipld::Cid>{*ref.version};
}

base::Task<ToolResult> context_update(Turn& turn, const JsonObject& arguments) {
  auto ref = co_await resolve(turn, text(arguments, "id"));
  auto parents = co_await expected(turn, ref.id, text(arguments, "expected_version"));
  auto add = texts(arguments, "add_tags"), remove = texts(arguments, "remove_tags");
  std::optional<context::CommitResult> result;
  if (has(arguments, "content")) {
    context::CommitRequest request;
    request.id = ref.id;
    request.content = bytes_of(text(arguments, "content"));
    request.title = optional_text(arguments, "title");
    request.type = optional_text(arguments, "type");
    request.metadata = json_text(arguments, "metadata");
    request.author = optional_text(arguments, "author");
    request.message = text(arguments, "message");
    if (!add.empty() || !remove.empty()) {
      auto view = co_await turn.service.workspace.get(ref.id);
      request.tags = changed_tags(view.current.manifest.tags, add, remove);
      // The tags were taken from this version: another one in between must not lose its own.
      if (!parents) parents = view.heads;
    }
    request.expected_parents = std::move(parents);
    result = co_await turn.service.workspace.commit(std::move(request));
  } else {
    context::EditRequest request{.id = ref.id,
                                 .add_tags = std::move(add),
                                 .remove_tags = std::move(remove),
                                 .add_relations = {},
                                 .remove_relations = {},
                                 .title = optional_text(arguments, "title"),
                                 .type = optional_text(arguments, "type"),
                                 .metadata = json_text(arguments, "metadata"),
                                 .expected_parents = std::move(parents),
                                 .author = optional_text(arguments, "author"),
                                 .message = text(arguments, "message")};
    result = co_await turn.service.workspace.edit(std::move(request));
  }
  record(turn, "context.edit", *result);
  co_return committed(*result, "Updated");
}

// --- context_link
// --------------------------------------------------------------------------------------------------------

const std::string kLinkInput = R"({"type":"object","properties":{
"id":{"type":"string","minLength":1,"maxLength":4096,"description":"The context that points"},
"target":{"type":"string","minLength":1,"maxLength":4096,"description":"The context pointed at"},
"kind":{"type":"string","minLength":1,"maxLength":128,"description":"What the target is to it: refines, answers, supersedes, ..."},
"remove":{"type":"boolean","default":false,"description":"Take the relation away instead"},
"message":{"type":"string","maxLength":16000}},
"required":["id","target","kind"],"additionalProperties":false})";

base::Task<ToolResult> context_link(Turn& turn, const JsonObject& arguments) {
  auto from = co_await resolve(turn, text(arguments, "id"));
  auto to = co_await resolve(turn, text(arguments, "target"));
  context::Relation relation{text(arguments, "kind"), to.id};
  context::EditRequest request;
  request.id = from.id;
  request.message = text(arguments, "message");
  const bool remove = flag(arguments, "remove");
  (remove ? request.remove_relations : request.add_relations).push_back(std::move(relation));
  auto result = co_await turn.service.workspace.edit(std::move(request));
  record(turn, remove ? "context.unlink" : "context.link", result);
  co_return committed(result, remove ? "Unlinked" : "Linked");
}

}  // namespace

void add_write_tools(Registry& registry) {
  registry.add(Tool{.name = "context_save",
                    .title = "Save a context",
                    .description =
                        "Keeps a text (a decision, a finding, documentation, code, a conversation) in the memory, "
                        "verbatim and signed. The same text is never stored twice by accident. To change "
                        "something that is there, use context_update.",
                    .input_schema = kSaveInput,
                    .output_schema = std::string(kCommitSchema),
                    .hints = {},
                    .needs = Role::writer,
                    .run = context_save});
  registry.add(Tool{.name = "context_update",
                    .title = "Change a context",
                    .description =
                        "Makes a new version of a context: another text, title, type, metadata or tags. Older "
                        "versions stay readable.",
                    .input_schema = kUpdateInput,
                    .output_schema = std::string(kCommitSchema),
                    .hints = {},
                    .needs = Role::writer,
                    .run = context_update});
  registry.add(Tool{.name = "context_link",
                    .title = "Relate two contexts",
                    .description = "Adds (or removes) a relation from one context to another.",
                    .input_schema = kLinkInput,
                    .output_schema = std::string(kCommitSchema),
                    .hints = {.idempotent = true},
                    .needs = Role::writer,
                    .run = context_link});
}

}  // namespace openmcp::api::mcp
