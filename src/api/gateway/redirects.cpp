// Paths that a site does not have, answered as its _redirects file says. Only where the site has an origin of its own.
#include <fmt/format.h>

#include "api/gateway/call.hpp"
#include "api/gateway/redirects_file.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::api::gateway {
namespace {

namespace unixfs = ipld::unixfs;
using base::Errc;
using base::Error;
using base::Task;

[[noreturn]] void bad_file(std::string_view why) { refuse(500, fmt::format("could not parse _redirects: {}", why)); }

/// nullopt: the site has none.
Task<std::optional<std::vector<RedirectRule>>> load_rules(GatewayCall& call, ipld::Cid root) {
  if (root.codec() != ipld::Codec::dag_pb) co_return std::nullopt;
  std::optional<unixfs::DirectoryLink> entry;
  try {
    entry = co_await unixfs::find_entry(call.blocks, root, "_redirects");
  } catch (const Error&) {
    co_return std::nullopt;  // no directory, or not all of it is here: there are no rules to follow
  }
  if (!entry) co_return std::nullopt;
  std::optional<base::Bytes> text;
  std::string failure;
  try {
    text = co_await unixfs::read_bytes(call.env, call.blocks, entry->cid, kMaxRedirectsFile);
  } catch (const Error& error) {
    failure = error.code() == Errc::too_large
                  ? fmt::format("redirects file size cannot exceed {} bytes", kMaxRedirectsFile)
                  : error.message();
  }
  if (!text) bad_file(failure);
  auto rules = parse_redirects(base::as_text(*text));
  if (!rules) bad_file(rules.error().message());
  co_return *std::move(rules);
}

}  // namespace

Task<bool> answer_redirects(GatewayCall& call) {
  if (!call.domain || call.found.roots.empty()) co_return false;
  auto rules = co_await load_rules(call, call.found.site);
  if (!rules) co_return false;
  std::string path;
  for (auto& segment : call.target.segments) path += "/" + segment;
  auto redirect = match_redirect(*rules, path.empty() ? "/" : path);
  if (!redirect) co_return false;
  call.exchange.set_route("gateway_redirect");
  if (redirect->status >= 300 && redirect->status < 400) {
    http::Response response{.status = redirect->status,
                            .headers = {{"Location", with_query(redirect->to, call.request().query)}}};
    co_await call.exchange.send(std::move(response));
    co_return true;
  }
  // A page of the site in the place of the one that is not there.
  std::string_view to = redirect->to;
  auto parts = split_path(to.substr(0, to.find('?')));
  if (!parts) bad_file(parts.error().message());
  auto page = call.target;
  page.segments = parts->segments;
  std::swap(call.target, page);
  if (redirect->status != 200) call.status = redirect->status;
  co_await find_content(call);
  std::swap(call.target, page);
  call.rewritten = true;
  co_await answer_unixfs(call);
  co_return true;
}

}  // namespace openmcp::api::gateway
