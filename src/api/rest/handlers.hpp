// The handlers of REST, by the source that has them; rest.cpp gives them their routes.
#pragma once

#include "api/rest/surface.hpp"

namespace openmcp::api::rest {

// commit.cpp
base::Task<void> commit_context(SurfacePtr surface, Call& call);
base::Task<void> put_context(SurfacePtr surface, Call& call);
base::Task<void> put_content(SurfacePtr surface, Call& call);
// edit.cpp
base::Task<void> patch_context(SurfacePtr surface, Call& call);
base::Task<void> delete_context(SurfacePtr surface, Call& call);
base::Task<void> restore_version(SurfacePtr surface, Call& call);
base::Task<void> merge_heads(SurfacePtr surface, Call& call);
// read.cpp
base::Task<void> get_context(SurfacePtr surface, Call& call);
base::Task<void> get_content(SurfacePtr surface, Call& call);
base::Task<void> list_versions(SurfacePtr surface, Call& call);
base::Task<void> get_version(SurfacePtr surface, Call& call);
base::Task<void> diff_versions(SurfacePtr surface, Call& call);
// list.cpp
base::Task<void> list_contexts(SurfacePtr surface, Call& call);
base::Task<void> list_all(SurfacePtr surface, Call& call);
base::Task<void> list_tags(SurfacePtr surface, Call& call);
// find.cpp
base::Task<void> search_contexts(SurfacePtr surface, Call& call);
base::Task<void> build_context(SurfacePtr surface, Call& call);
base::Task<void> get_graph(SurfacePtr surface, Call& call);
// bulk.cpp
base::Task<void> run_bulk(SurfacePtr surface, Call& call);
// verify.cpp
base::Task<void> verify_context(SurfacePtr surface, Call& call);
// openapi.cpp
base::Task<void> get_openapi(SurfacePtr surface, Call& call);
base::Task<void> get_docs(SurfacePtr surface, Call& call);

}  // namespace openmcp::api::rest
