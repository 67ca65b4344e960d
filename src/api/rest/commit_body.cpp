#include "api/rest/commit_body.hpp"

#include <algorithm>

#include "api/rest/conditions.hpp"
#include "api/rest/surface.hpp"

namespace openmcp::api::rest {

namespace {

constexpr Body::Text at_most(std::size_t bytes) { return {.required = false, .min = 0, .max = bytes}; }
constexpr Body::Text from_one(std::size_t bytes, bool required = false) {
  return {.required = required, .min = 1, .max = bytes};
}

template <class T>
void sort_unique(std::vector<T>& items) {
  std::ranges::sort(items);
  const auto rest = std::ranges::unique(items);
  items.erase(rest.begin(), rest.end());
}

}  // namespace

context::CommitRequest read_commit(Body& body, CommitRules rules) {
  context::CommitRequest request;
  request.type = body.text("type", from_one(context::kMaxType, rules.type_required));
  auto content = body.bytes("content", rules.content_required);
  if (content && content->size() > kMaxContent) {
    body.wrong("content", "string_too_long", "String should have at most 67108864 characters",
               "{\"max_length\":67108864}");
  } else if (content) {
    request.content = *content;
  }
  // Both shapes: the code's key and the documents' key.
  request.metadata = body.metadata("context_metadata");
  if (auto metadata = body.metadata("metadata"); metadata && !request.metadata) request.metadata = std::move(metadata);
  request.title = body.text("title", at_most(context::kMaxTitle));
  request.tags = body.texts("tags", context::kMaxTags, context::kMaxTag);
  if (request.tags) sort_unique(*request.tags);
  request.relations = body.relations("relations");
  if (request.relations) sort_unique(*request.relations);
  request.author = body.text("author", from_one(context::kMaxAuthor));
  request.message = body.text("message", at_most(context::kMaxMessage)).value_or("");
  request.media_type = body.text("media_type", at_most(context::kMaxMedia));
  request.source = body.text("source", from_one(context::kMaxSource));
  if (rules.id_allowed) request.id = body.id("id");
  request.expected_parents = body.cids("expected_parents", context::kMaxParents);
  request.new_context = !request.id && !request.source;
  return request;
}

context::CommitRequest read_commit(const Call& call) {
  context::CommitRequest request;
  request.title = query_text(call, "title", context::kMaxTitle);
  request.type = query_text(call, "type", context::kMaxType);
  auto tags = query_texts(call, "tag", context::kMaxTag);
  sort_unique(tags);
  if (!tags.empty()) request.tags = std::move(tags);
  request.author = query_text(call, "author", context::kMaxAuthor);
  request.message = query_text(call, "message", context::kMaxMessage).value_or("");
  request.source = query_text(call, "source", context::kMaxSource);
  const auto media = call.request.headers.get("Content-Type");
  if (!media.empty()) request.media_type = safe_media_type(media);
  request.new_context = !request.source;
  return request;
}

context::EditRequest read_edit(Body& body, context::ContextId id) {
  context::EditRequest request;
  request.id = id;
  request.title = body.text("title", at_most(context::kMaxTitle));
  request.type = body.text("type", from_one(context::kMaxType));
  request.metadata = body.metadata("metadata");
  if (auto metadata = body.metadata("context_metadata"); metadata && !request.metadata)
    request.metadata = std::move(metadata);
  auto tags = [&body](std::string_view name) {
    return body.texts(name, context::kMaxTags, context::kMaxTag).value_or(std::vector<std::string>());
  };
  auto relations = [&body](std::string_view name) {
    return body.relations(name).value_or(std::vector<context::Relation>());
  };
  request.add_tags = tags("add_tags");
  request.remove_tags = tags("remove_tags");
  request.add_relations = relations("add_relations");
  request.remove_relations = relations("remove_relations");
  request.expected_parents = body.cids("expected_parents", context::kMaxParents);
  request.author = body.text("author", from_one(context::kMaxAuthor));
  request.message = body.text("message", at_most(context::kMaxMessage)).value_or("");
  return request;
}

}  // namespace openmcp::api::rest
