#include "api/serve/serve.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "api/auth.hpp"
#include "api/serve/endpoints.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/process.hpp"
#include "cli/render.hpp"
#include "cli/server/command_server.hpp"
#include "cli/server/forward.hpp"
#include "cli/server/hosting.hpp"
#include "cli/settings.hpp"
#include "cli/signals.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

using api::serve::Running;
using api::serve::url_of;
using base::Errc;
using base::Error;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "listen",
     .value = "ADDR:PORT",
     .help = "where the web page, REST, JSON-RPC and MCP are (default: serve.listen); port 0 is any free one",
     .repeatable = true},
    {.name = "gateway",
     .value = "ADDR:PORT",
     .help = "where the IPFS gateway is (default: serve.gateway); none: no gateway",
     .repeatable = true},
    {.name = "conformance",
     .help =
         "for the test suites of others: fixtures beside the product's tools, callers need no token; loopback only"},
};
constexpr std::string_view kExamples[] = {
    "openmcp serve",
    "openmcp serve --listen 127.0.0.1:8000 --gateway none",
    "openmcp --home /srv/memory serve --listen '[::1]:7777'",
};

api::serve::ServeOptions options_from(Invocation& call) {
  auto& args = call.args();
  auto listed = [&](std::string_view option, std::string_view key) {
    auto texts = args.given(option) ? args.all(option) : call.config().list(key);
    std::erase(texts, "none");
    return api::serve::parse_endpoints(texts);
  };
  api::serve::ServeOptions options;
  options.listen = listed("listen", "serve.listen");
  options.gateway = listed("gateway", "serve.gateway");
  options.conformance = args.flag("conformance");
  options.version = kVersion;
  if (options.listen.empty() && options.gateway.empty()) {
    throw Error(Errc::invalid_argument, "there is nothing to listen at", "give --listen ADDR:PORT");
  }
  return options;
}

/// The store, also when an `mcp` process has it: that one hands it over and goes on as our client.
base::Task<void> take_store(Invocation& call) {
  constexpr int kAttempts = 8;
  constexpr base::Duration kPatience = std::chrono::seconds(30);
  for (int attempt = 1;; ++attempt) {
    auto reached = co_await reach_server(call.env(), call.home().path);
    if (reached && reached->greeting.kind.starts_with("serve")) {
      throw Error(Errc::busy, fmt::format("a server has this store already (process {})", reached->greeting.pid),
                  "'openmcp status' shows where it listens; to start anew, stop it first");
    }
    if (reached) {
      HandOver ask;
      co_await reached->channel->send(ask);
      auto last = co_await reached->channel->receive_within(kPatience);
      if (last) throw Error(Errc::corrupt, "the process that has the store did not hand it over");
    }
    try {
      co_await call.store(Access::write);
      co_return;
    } catch (const Error& error) {
      // Another client of that process may have been faster.
      if (error.code() != Errc::busy || attempt == kAttempts || !reached) throw;
    }
  }
}

/// The secret of the first token.
std::string first_token(Invocation& call, api::Auth& auth) {
  constexpr std::uint64_t kMost = 4096;
  auto bytes = base::read_file(call.env().disk(), auth.token_file(), kMost);
  std::string text(base::as_text(bytes));
  return text.substr(0, text.find_first_of("\r\n"));
}

void announce(Invocation& call, Running& running, api::Auth& auth) {
  auto& out = call.out();
  auto urls = [&running](const std::vector<base::Endpoint>& endpoints) {
    std::vector<std::string> list;
    list.reserve(endpoints.size());
    for (auto& endpoint : endpoints) list.push_back(url_of(endpoint, running.tls()));
    return list;
  };
  auto main = urls(running.endpoints()), gateway = urls(running.gateway_endpoints());
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("home", call.home().path).field("pid", getpid()).field("version", kVersion);
    json.strings("listen", main).strings("gateway", gateway);
    json.field("mcp", main.empty() ? std::string() : main.front() + "/mcp").field("token_file", auth.token_file());
    json.end_object();
    print_json(call, json);
    return out.flush();
  }
  if (!call.globals().quiet) {
    out.line(fmt::format("{} serves {}", out.styled(Style::bold, fmt::format("openmcp {}", kVersion)),
                         escape(call.home().path)));
    Facts facts;
    for (auto& url : main) {
      // The secret goes to the person at the terminal and nowhere else: what is in a pipe may be a log.
      facts.add("open", out.terminal() ? fmt::format("{}/#token={}", url, first_token(call, auth)) : url + "/");
      facts.add("MCP", url + "/mcp");
      facts.add("REST", url + "/api/v1");
    }
    for (auto& url : gateway) facts.add("gateway", url + "/ipfs/CID");
    facts.add("token", escape(auth.token_file()));
    facts.print(out);
    if (out.terminal()) call.note("Ctrl-C stops it");
  }
  out.flush();
}

void reload_settings(Invocation& call, base::Config& settings) {
  auto fresh = read_settings(call.env().disk(), call.home().path, call.surroundings().variable);
  if (call.globals().verbose == 0) base::set_log_level(log_level_of(fresh));
  settings = std::move(fresh);
}

/// Until a signal asks for the end.
base::Task<void> until_stopped(Invocation& call, Running& running, base::Config& settings, ReloadSignals& reloads) {
  bool at_terminal = call.in().terminal();
  for (;;) {
    co_await reloads.next();
    if (at_terminal && terminal_is_gone()) co_return;
    auto before = settings;
    std::optional<Error> failure;
    try {
      reload_settings(call, settings);
      co_await running.reload();
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled) throw;
      failure = error;
    }
    if (!failure) {
      base::log(base::LogLevel::info, "serve", "settings, tokens and certificate were read again");
      continue;
    }
    settings = std::move(before);
    base::log(base::LogLevel::error, "serve", "reading the settings again: {}; what was before stays in force",
              failure->message());
  }
}

base::Task<int> run(Invocation& call) {
  ReloadSignals reloads(call.env());  // from here on: whoever sees that we are ready may send one
  auto options = options_from(call);
  raise_descriptor_limit();
  co_await take_store(call);
  auto settings = call.config();
  auto grace = std::chrono::seconds(settings.integer("serve.drain_seconds"));
  auto conformance = options.conformance;
  Hosting hosting(call, settings, conformance ? "serve conformance" : "serve");
  co_await hosting.start(std::move(options), {});
  std::exception_ptr failure;
  try {
    announce(call, hosting.running(), hosting.running().service().auth);
    notify_service_manager("READY=1");
    co_await until_stopped(call, hosting.running(), settings, reloads);
  } catch (const Error& error) {
    if (error.code() != Errc::cancelled) failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
  }
  notify_service_manager("STOPPING=1");
  base::log(base::LogLevel::info, "serve", "stopping; requests in progress have {} s", grace.count());
  co_await hosting.stop(grace);
  if (failure) std::rethrow_exception(failure);
  co_return kOk;
}

}  // namespace

const Command kServe{
    .name = "serve",
    .group = Group::server,
    .summary = "Open the store to AI clients, programs, IPFS clients and browsers",
    .details =
        "Serves the web page, REST, JSON-RPC, the Model Context Protocol (/mcp), the pinning service, delegated "
        "routing, "
        "metrics and health on one address, and an IPFS gateway on another. Callers need a token; the first one is "
        "made "
        "here and lies in the store's directory, readable by you alone.\n"
        "While it runs other commands work through it, so that nobody waits for the store. SIGTERM and Ctrl-C let "
        "requests in progress end (a second one ends at once); SIGHUP reads settings, tokens and certificate again.",
    .options = kOptions,
    .examples = kExamples,
    .place = Place::here,
    .run = run,
};

}  // namespace openmcp::cli
