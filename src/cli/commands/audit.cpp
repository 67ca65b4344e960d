#include "api/audit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kShowOptions[] = {
    {.name = "limit", .letter = 'n', .value = "N", .help = "at most so many, newest first, up to 1000 (default 50)"},
    {.name = "before", .value = "SEQ", .help = "only lines before this number"},
};

void write_json(JsonWriter& json, const api::AuditLine& line) {
  auto& entry = line.entry;
  json.begin_object().field("seq", line.seq).field("time", iso_time(wall_time(line.time)));
  json.field("who", entry.who).field("token", entry.token).field("from", entry.from).field("action", entry.action);
  json.field("target", entry.target).field("result", entry.result).field("detail", entry.detail);
  json.field("hash", line.hash).end_object();
}

base::Task<int> show(Invocation& call) {
  call.require_store();
  auto before = call.args().number("before").value_or(0);
  auto limit = static_cast<std::size_t>(call.args().number("limit", 1000).value_or(50));
  auto* audit = co_await call.audit();
  auto page = co_await audit->read(before, limit);
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("lines").begin_array();
    for (auto& line : page.lines) write_json(json, line);
    json.end_array().field("next", page.next).end_object();
    print_json(call, json);
    co_return kOk;
  }
  Table table({{.title = "SEQ", .right = true, .style = Style::yellow},
               {.title = "TIME"},
               {.title = "WHO", .shrinks = true},
               {.title = "FROM"},
               {.title = "ACTION"},
               {.title = "RESULT"},
               {.title = "TARGET", .shrinks = true}});
  for (auto& line : page.lines) {
    auto& entry = line.entry;
    table.row({fmt::format("{}", line.seq), short_time(wall_time(line.time)), entry.who, entry.from, entry.action,
               entry.result, entry.target});
  }
  table.print(call.out());
  if (page.next != 0) call.note(fmt::format("more: --before {}", page.next));
  co_return kOk;
}

base::Task<int> verify(Invocation& call) {
  call.require_store();
  auto check = co_await api::AuditLog::verify(call.env(), call.home().path);
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("ok", check.ok()).field("lines", check.lines).field("head", check.head);
    json.field("bad_line", check.bad_line).field("problem", check.problem).end_object();
    print_json(call, json);
  } else if (!check.ok()) {
    auto& out = call.out();
    out.line(fmt::format("{} line {}: {}", out.styled(Style::red, "damaged"), check.bad_line, escape(check.problem)));
    call.note("what comes before that line is as it was written; compare with a copy or with a head that you kept");
  } else if (!call.globals().quiet) {
    auto& out = call.out();
    out.line(fmt::format("{}: {}, head {}", out.styled(Style::green, "all is well"), counted(check.lines, "line"),
                         check.head.empty() ? "none" : check.head));
  }
  co_return check.ok() ? kOk : kCorrupt;
}

}  // namespace

const Command kAuditShow{
    .name = "audit show",
    .group = Group::server,
    .summary = "Show who did what through the server, newest first",
    .options = kShowOptions,
    .run = show,
};
const Command kAuditVerify{
    .name = "audit verify",
    .group = Group::server,
    .summary = "Check that no line of the audit log was changed, removed or put in",
    .details =
        "Each line holds the hash of the line before. The head, the hash of the last line, can be kept elsewhere: then "
        "lines cut from the end are found too. Exits with 5 when the chain is broken.",
    .place = Place::here,
    .run = verify,
};

}  // namespace openmcp::cli
