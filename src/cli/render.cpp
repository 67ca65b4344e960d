#include "cli/render.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/human.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

void print_json(Invocation& call, const JsonWriter& json) { call.out().line(json.text()); }

void print_commit(Invocation& call, const context::CommitResult& result) {
  auto& out = call.out();
  if (call.globals().quiet) return out.line(result.id.text());
  std::string_view verb = result.unchanged ? "unchanged" : result.created ? "created" : "updated";
  auto style = result.unchanged ? Style::dim : result.created ? Style::green : Style::yellow;
  auto line = fmt::format("{:9}  {}  v{}  {}  ", verb, result.id.text(), result.number, escape(result.type));
  auto title = escape(result.title);
  if (out.columns() > 0)
    title = fit(title, std::max<std::size_t>(20, out.columns() - std::min(out.columns(), width(line))));
  line.erase(0, 9);
  out.line(out.styled(style, fmt::format("{:9}", verb)) + line + title);
  for (auto& skipped : result.skipped) call.warn(fmt::format("left out {}: {}", skipped.path, skipped.why));
  for (auto& field : result.merge_conflicts)
    call.warn(fmt::format("the versions differed in {}: one of them won", field));
}

void answer_commit(Invocation& call, const context::CommitResult& result) {
  if (!call.json()) return print_commit(call, result);
  JsonWriter json;
  write_json(json, result);
  print_json(call, json);
}

}  // namespace openmcp::cli
