#include "api/rest/rest.hpp"

#include "api/rest/handlers.hpp"
#include "api/validation.hpp"

namespace openmcp::api::rest {

namespace {

using Handler = base::Task<void> (*)(SurfacePtr, Call&);

struct Row {
  std::string_view method, pattern, name;
  Role needs;
  Handler handler;
  ErrorForm errors;
};

// The original's framework sends clients from one form with a slash to the other; here both answer. Longer patterns
// with literal segments win over {id}.
constexpr Row kRows[] = {
    {"POST", "/api/v1/contexts", "context_commit", Role::writer, commit_context, original_error},
    {"POST", "/api/v1/contexts/", "context_commit", Role::writer, commit_context, original_error},
    {"GET", "/api/v1/contexts", "context_list", Role::reader, list_contexts, original_error},
    {"GET", "/api/v1/contexts/", "context_list", Role::reader, list_contexts, original_error},
    {"GET", "/api/v1/contexts/{id}", "context_get", Role::reader, get_context, original_error},
    {"DELETE", "/api/v1/contexts/{id}", "context_delete", Role::writer, delete_context, original_error},

    {"POST", "/api/v1/context/commit", "context_commit", Role::writer, commit_context, original_error},
    {"GET", "/api/v1/context/list", "context_list", Role::reader, list_all, original_error},
    {"GET", "/api/v1/context/{id}", "context_get", Role::reader, get_context, original_error},
    {"DELETE", "/api/v1/context/{id}", "context_delete", Role::writer, delete_context, original_error},

    {"PUT", "/api/v1/contexts/{id}", "context_put", Role::writer, put_context, modern_error},
    {"PATCH", "/api/v1/contexts/{id}", "context_patch", Role::writer, patch_context, modern_error},
    {"GET", "/api/v1/contexts/{id}/content", "content_get", Role::reader, get_content, modern_error},
    {"PUT", "/api/v1/contexts/{id}/content", "content_put", Role::writer, put_content, modern_error},
    {"GET", "/api/v1/contexts/{id}/versions", "version_list", Role::reader, list_versions, modern_error},
    {"GET", "/api/v1/contexts/{id}/versions/{version}", "version_get", Role::reader, get_version, modern_error},
    {"GET", "/api/v1/contexts/{id}/diff", "version_diff", Role::reader, diff_versions, modern_error},
    {"POST", "/api/v1/contexts/{id}/restore", "version_restore", Role::writer, restore_version, modern_error},
    {"POST", "/api/v1/contexts/{id}/merge", "context_merge", Role::writer, merge_heads, modern_error},
    {"GET", "/api/v1/contexts/{id}/graph", "context_graph", Role::reader, get_graph, modern_error},
    {"GET", "/api/v1/search", "search", Role::reader, search_contexts, modern_error},
    {"POST", "/api/v1/build", "build", Role::reader, build_context, modern_error},
    {"POST", "/api/v1/bulk", "bulk", Role::writer, run_bulk, modern_error},
    {"GET", "/api/v1/tags", "tag_list", Role::reader, list_tags, modern_error},
    {"POST", "/api/v1/verify/{id}", "context_verify", Role::reader, verify_context, modern_error},

    {"GET", "/api/v1/openapi.json", "openapi", Role::none, get_openapi, modern_error},
    {"GET", "/docs", "docs", Role::none, get_docs, modern_error},
    {"GET", "/redoc", "docs", Role::none, get_docs, modern_error},
};

}  // namespace

void add_rest(Router& router, Service& service) {
  auto surface = std::make_shared<Surface>(service);
  for (const auto& row : kRows) {
    Route route{.method = std::string(row.method),
                .pattern = std::string(row.pattern),
                .name = row.name,
                .needs = row.needs,
                .handler = {},
                .errors = row.errors};
    route.handler = [surface, handler = row.handler](Call& call) { return handler(surface, call); };
    router.add(std::move(route));
  }
}

}  // namespace openmcp::api::rest
