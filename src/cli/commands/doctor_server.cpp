// doctor: the mistakes around a server.
#include <fmt/format.h>
#include <unistd.h>

#include "api/auth.hpp"
#include "api/serve/certificate.hpp"
#include "api/serve/endpoints.hpp"
#include "cli/checks.hpp"
#include "cli/help.hpp"
#include "cli/human.hpp"
#include "cli/process.hpp"
#include "cli/render.hpp"
#include "cli/server/forward.hpp"
#include "cli/server/place.hpp"
#include "cli/settings.hpp"
#include "cli/suggest.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

/// Who writes to the store, and what is left of who did.
base::Task<bool> check_lock(Invocation& call, Checks& checks) {
  auto& disk = call.env().disk();
  auto socket = base::join(call.home().path, kSocketFile);
  auto reached = co_await reach_server(call.env(), call.home().path);
  if (reached) {
    auto& greeting = reached->greeting;
    AskFacts ask;
    co_await reached->channel->send(ask);
    auto frame = co_await reached->channel->receive_within(std::chrono::seconds(5));
    auto* facts = frame ? std::get_if<ServerFacts>(&*frame) : nullptr;
    auto text = facts ? server_text(facts->json) : fmt::format("{}, process {}", greeting.kind, greeting.pid);
    if (greeting.version == kVersion) {
      checks.good("server", text);
    } else {
      checks.warning("server", fmt::format("{}; it is openmcp {}, this is {}", text, greeting.version, kVersion),
                     "restart it, so that both are of one version");
    }
    checks.good("lock", "the server's; commands work through it");
    co_return true;
  }
  if (disk.stat(socket)) {
    checks.warning("socket", fmt::format("{} is left from a server that was killed", socket),
                   "nothing is lost; the next server takes its place");
  }
  std::string holder;
  auto lock = base::join(call.home().path, "lock");
  if (disk.stat(lock) && !disk.try_lock(lock, "openmcp doctor", holder)) {
    checks.warning("lock", fmt::format("held by {}", holder.empty() ? "another process" : holder),
                   "other writers wait for it; readers do not. If it does not end, stop that process");
  } else {
    checks.good("lock", "free");
  }
  co_return false;
}

base::Task<void> check_ports(Invocation& call, Checks& checks) {
  for (auto key : {"serve.listen", "serve.gateway"}) {
    auto texts = call.config().list(key);
    std::erase(texts, "none");
    for (auto& endpoint : api::serve::parse_endpoints(texts)) {
      try {
        auto listener = co_await call.env().network().listen(endpoint);
        listener->close();
      } catch (const Error& error) {
        if (error.code() == Errc::cancelled) throw;
        checks.warning("port", fmt::format("{}: {}", key, error.message()),
                       "'openmcp serve' cannot listen there: stop the other program, or set another address");
      }
    }
  }
}

void check_private(Invocation& call, Checks& checks) {
  for (auto name : {"token", "tokens.json", "audit.log", "keys"}) {
    auto path = base::join(call.home().path, name);
    auto info = call.env().disk().stat(path);
    if (!info || (info->mode & 0077u) == 0) continue;
    auto mode = info->kind == base::FileKind::directory ? 700 : 600;
    checks.bad("access", fmt::format("{} can be read by others (mode {:o})", path, info->mode & 0777u),
               fmt::format("chmod {} '{}'; where others use this machine, revoke its tokens", mode, path));
  }
}

base::Task<void> check_tokens(Invocation& call, Checks& checks) {
  if (!call.env().disk().stat(base::join(call.home().path, "tokens.json"))) co_return;
  auto auth = co_await api::Auth::open(call.env(), call.home().path, workspace_name(call.config()));
  auto now = call.env().now();
  constexpr auto kSoon = std::chrono::days(7);
  std::size_t valid = 0;
  for (auto& token : auth->list()) {
    if (token.revoked) continue;
    if (!token.expires || wall_time(*token.expires) > now) ++valid;
    if (!token.expires || wall_time(*token.expires) > now + kSoon) continue;
    bool over = wall_time(*token.expires) <= now;
    checks.warning("token",
                   fmt::format("{} ({}) {} at {}", token.id, token.name, over ? "ended" : "ends",
                               iso_time(wall_time(*token.expires))),
                   "'openmcp token create' makes a new one, 'openmcp token revoke' takes this one off the list");
  }
  co_await auth->close();
  checks.good("tokens", counted(valid, "valid token"));
}

void check_certificate(Invocation& call, Checks& checks) {
  constexpr std::uint64_t kMost = 1u << 20;
  auto& named = call.config().text("serve.tls_certificate");
  if (named.empty()) return;
  auto path = base::join(call.home().path, named);
  auto end = api::serve::certificate_end(base::read_file(call.env().disk(), path, kMost));
  auto now = call.env().now();
  if (!end) {
    checks.bad("certificate", fmt::format("{} holds no certificate", path),
               "a PEM file with the certificate and its chain");
  } else if (*end <= now) {
    checks.bad("certificate", fmt::format("{} ended at {}", path, iso_time(*end)), "renew it, then send SIGHUP");
  } else if (*end < now + std::chrono::days(20)) {
    checks.warning("certificate", fmt::format("{} ends at {}", path, iso_time(*end)), "renew it, then send SIGHUP");
  } else {
    checks.good("certificate", fmt::format("until {}", iso_time(*end)));
  }
}

}  // namespace

base::Task<void> check_server(Invocation& call, Checks& checks) {
  bool running = co_await check_lock(call, checks);
  check_private(call, checks);
  if (!running) co_await check_ports(call, checks);
  co_await check_tokens(call, checks);
  check_certificate(call, checks);
  constexpr std::size_t kFew = 1024;
  if (auto limit = descriptor_limit(); limit > 0 && limit < kFew) {
    checks.warning("files", fmt::format("only {} may be open at once", limit),
                   "a server with many clients needs more: ulimit -n 65536");
  }
}

void check_names(Invocation& call, Checks& checks) {
  constexpr std::string_view kOurs = "OPENMCP_";
  std::vector<std::string> known = {"OPENMCP_HOME", "OPENMCP_EMBEDDINGS"};
  for (auto& setting : all_settings()) known.push_back(environment_name(setting.key));
  std::vector<std::string_view> names(known.begin(), known.end());
  for (char** each = environ; each && *each; ++each) {
    std::string_view text = *each;
    auto name = text.substr(0, text.find('='));
    if (!name.starts_with(kOurs) || std::ranges::find(names, name) != names.end()) continue;
    auto near = nearest(name, names);
    checks.warning("variable", fmt::format("${} means nothing", name),
                   near.empty() ? "'openmcp help config' lists the variables" : fmt::format("did you mean ${}?", near));
  }
  for (auto& entry : call.env().disk().list(call.home().path)) {
    if (!entry.name.ends_with(".toml") || entry.name == kSettingsFile) continue;
    checks.warning("settings", fmt::format("{} is not read", base::join(call.home().path, entry.name)),
                   fmt::format("the settings are in {}", kSettingsFile));
  }
}

}  // namespace openmcp::cli
