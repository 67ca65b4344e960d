// The answers of a workspace as lines for people, and the way of JSON to the output.
#pragma once

#include "api/json.hpp"
#include "api/time.hpp"
#include "cli/invocation.hpp"

namespace openmcp::cli {

using api::JsonWriter;
using api::key_text;
using api::wall_time;
using api::write_json;

/// Prints the finished object as the command's one line.
void print_json(Invocation& call, const JsonWriter& json);

/// "created 0198...  v1  documentation  Title"
void print_commit(Invocation& call, const context::CommitResult& result);
/// The whole answer of a command that made one version: that line, or with --json the object.
void answer_commit(Invocation& call, const context::CommitResult& result);

}  // namespace openmcp::cli
