// What a client may say of a new version, in a JSON body, and in the query beside a content sent as it is.
#pragma once

#include "api/body.hpp"
#include "api/router.hpp"
#include "context/request.hpp"

namespace openmcp::api::rest {

/// The original wants a type and a content for a new context.
struct CommitRules {
  bool type_required = true;
  bool content_required = true;
  bool id_allowed = true;
};
/// `content` and the rest; check() of the body is the caller's. A first version without an id is always a new context,
/// unless a source is named (then it is the one that came from there, if any).
context::CommitRequest read_commit(Body& body, CommitRules rules);

/// ?title=&type=&tag=&author=&message=&source= of a content that is the body itself.
context::CommitRequest read_commit(const Call& call);

context::EditRequest read_edit(Body& body, context::ContextId id);

}  // namespace openmcp::api::rest
