#include <fmt/format.h>

#include <algorithm>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr OptionSpec kCreateOptions[] = {
    {.name = "scope",
     .letter = 's',
     .value = "SCOPE",
     .help = "read (default), write, which includes read, or admin, which includes both",
     .choices = "read|write|admin"},
    {.name = "workspace",
     .value = "NAME",
     .help = "only for the workspace of this name (serve.workspace; default: any)"},
    {.name = "expires", .value = "TIME", .help = "when it ends: 12h, 30d, 8w from now, or a date (default: never)"},
};
constexpr PositionalSpec kName[] = {
    {.name = "NAME", .help = "whose it is or what for, shown in lists and logs", .required = false},
};
constexpr PositionalSpec kToken[] = {
    {.name = "TOKEN", .help = "id or name of the token, or the token itself"},
};
constexpr std::string_view kCreateExamples[] = {
    "openmcp token create laptop --scope write",
    "openmcp token create ci --scope read --workspace default --expires 30d"};

/// "30d" is 30 days from now; dates and times are themselves.
std::optional<std::int64_t> expiry(Invocation& call) {
  auto text = call.args().text("expires");
  if (!text) return std::nullopt;
  auto now = call.env().now();
  auto time = base::unwrap(parse_time(*text, now));
  bool age = text->find_first_not_of("0123456789") == text->size() - 1;
  if (age) time = now + (now - time);
  if (time <= now) {
    throw Error(Errc::invalid_argument, fmt::format("option --expires: {} is over", *text),
                "30d is 30 days from now; or a date that is to come");
  }
  return time.time_since_epoch().count();
}

void record(api::AuditLog& audit, std::string action, const api::Token& token) {
  api::AuditEntry entry;
  entry.who = "local";
  entry.from = "cli";
  entry.action = std::move(action);
  entry.target = token.id;
  entry.detail = fmt::format("{}, {}", token.name, to_string(token.role));
  audit.record(std::move(entry));
}

void write_json(JsonWriter& json, const api::Token& token) {
  auto time = [&json](std::string_view name, const std::optional<std::int64_t>& value) {
    json.key(name);
    if (value) {
      json.value(iso_time(wall_time(*value)));
    } else {
      json.null();
    }
  };
  json.field("id", token.id).field("name", token.name).field("role", to_string(token.role));
  json.field("workspace", token.workspace);
  time("created", token.created);
  time("expires", token.expires), time("revoked", token.revoked), time("used", token.used);
}

base::Task<int> create(Invocation& call) {
  auto& args = call.args();
  auto role = api::role_named(args.text_or("scope", "read"));
  auto name = args.at(0).empty() ? std::string("token") : args.at(0);
  auto expires = expiry(call);
  auto* auth = co_await call.auth();
  auto* audit = co_await call.audit();
  auto made = co_await auth->create(std::move(name), *role, args.text_or("workspace", ""), expires);
  record(*audit, "token.create", made.token);
  co_await audit->flush();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("token", made.secret);
    write_json(json, made.token);
    json.end_object();
    print_json(call, json);
    co_return kOk;
  }
  call.out().line(made.secret);
  auto ends = made.token.expires ? fmt::format(", until {}", iso_time(wall_time(*made.token.expires))) : std::string();
  call.note(fmt::format("token {} ({}{}); it is shown only now. 'openmcp token revoke {}' ends it", made.token.id,
                        to_string(made.token.role), ends, made.token.id));
  co_return kOk;
}

std::string state_of(const api::Token& token, std::int64_t now) {
  if (token.revoked) return "revoked";
  if (token.expires && *token.expires <= now) return "expired";
  return "valid";
}

base::Task<int> list(Invocation& call) {
  call.require_store();
  auto* auth = co_await call.auth();
  auto tokens = auth->list();
  if (call.json()) {
    JsonWriter json;
    json.begin_object().key("tokens").begin_array();
    for (auto& token : tokens) {
      json.begin_object();
      write_json(json, token);
      json.end_object();
    }
    json.end_array().end_object();
    print_json(call, json);
    co_return kOk;
  }
  auto now = call.env().now();
  Table table({{.title = "ID", .style = Style::yellow},
               {.title = "NAME", .shrinks = true},
               {.title = "ROLE"},
               {.title = "WORKSPACE", .shrinks = true},
               {.title = "STATE"},
               {.title = "EXPIRES"},
               {.title = "USED"}});
  for (auto& token : tokens) {
    auto expires = token.expires ? short_time(wall_time(*token.expires)) : std::string("never");
    auto used = token.used ? human_age(wall_time(*token.used), now) : std::string("never");
    table.row({token.id, token.name, std::string(to_string(token.role)),
               token.workspace.empty() ? std::string("any") : token.workspace,
               state_of(token, now.time_since_epoch().count()), std::move(expires), std::move(used)});
  }
  table.print(call.out());
  co_return kOk;
}

/// The id behind what was typed.
std::string find_token(const std::vector<api::Token>& tokens, std::string typed) {
  constexpr std::string_view kSecret = "omcp_";
  if (typed.starts_with(kSecret))
    typed = typed.substr(kSecret.size(), typed.find('_', kSecret.size()) - kSecret.size());
  std::vector<std::string> fitting;
  for (auto& token : tokens) {
    if (token.id == typed) return token.id;
    if (token.name == typed && !token.revoked) fitting.push_back(token.id);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) {
    throw Error(Errc::not_found, fmt::format("there is no token '{}'", typed), "'openmcp token list' lists them");
  }
  throw Error(Errc::invalid_argument, fmt::format("several tokens are named '{}': {}", typed, fmt::join(fitting, ", ")),
              "give the id");
}

base::Task<int> revoke(Invocation& call) {
  call.require_store();
  auto* auth = co_await call.auth();
  auto* audit = co_await call.audit();
  auto id = find_token(auth->list(), call.args().at(0));
  auto token = co_await auth->revoke(std::move(id));
  record(*audit, "token.revoke", token);
  co_await audit->flush();
  if (call.json()) {
    JsonWriter json;
    json.begin_object();
    write_json(json, token);
    json.end_object();
    print_json(call, json);
  } else if (!call.globals().quiet) {
    call.out().line(fmt::format("revoked {} ({})", token.id, escape(token.name)));
  }
  co_return kOk;
}

}  // namespace

const Command kTokenCreate{
    .name = "token create",
    .group = Group::server,
    .summary = "Make a token for a client of the server",
    .details =
        "Clients send it as 'Authorization: Bearer TOKEN'. Only its hash is kept, so it is shown once. A server that "
        "runs knows it at once.",
    .options = kCreateOptions,
    .positionals = kName,
    .examples = kCreateExamples,
    .run = create,
};
const Command kTokenList{
    .name = "token list",
    .group = Group::server,
    .summary = "List tokens, also revoked ones",
    .run = list,
};
const Command kTokenRevoke{
    .name = "token revoke",
    .group = Group::server,
    .summary = "End a token at once",
    .positionals = kToken,
    .run = revoke,
};

}  // namespace openmcp::cli
