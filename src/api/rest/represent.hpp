// A context as the original's object, with what there is more beside it.
#pragma once

#include <string>
#include <string_view>

#include "api/json_writer.hpp"
#include "api/service.hpp"
#include "base/bytes.hpp"
#include "context/view.hpp"

namespace openmcp::api::rest {

inline constexpr std::uint64_t kMaxShown = 16u << 20;  ///< bytes of a content that stands in an answer
inline constexpr std::size_t kSmall = 256u << 10;      ///< bytes of JSON that may be made on the executor

/// A content for an answer.
struct Shown {
  base::SharedBytes bytes;
  std::string_view omitted;  ///< why not; "" it is there
  bool left_out = false;     ///< was not asked for: neither content nor a reason
};
/// Errors as those of Workspace::content.
base::Task<Shown> show_content(Service& service, context::Version version);
Shown show_bytes(base::SharedBytes bytes);

/// "2025-04-02T10:00:00.123456": as the original writes its times, in UTC without saying so.
std::string naive_time(std::int64_t micros);

/// Where the JSON of the content lies in an answer.
struct Span {
  std::size_t begin = 0, end = 0;
};
/// `incoming`: the view knows them.
Span write_context(JsonWriter& json, const context::ContextView& view, const Shown& content, bool incoming = true);

/// The same, away from the executor when the content is long.
struct Written {
  std::string json;
  Span content;
};
base::Task<Written> context_json(base::Env& env, context::ContextView view, Shown content);

/// A JSON object that write_json has written, with these members behind its own.
std::string with_members(std::string object, JsonWriter members);

}  // namespace openmcp::api::rest
