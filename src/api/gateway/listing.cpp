// Directories as a page. Streamed: entries are read page by page while the client takes what was read before, so the
// size of a directory does not matter.
#include <fmt/format.h>

#include <algorithm>

#include "api/gateway/call.hpp"
#include "api/gateway/head.hpp"
#include "api/gateway/html.hpp"
#include "ipld/unixfs/directory.hpp"

namespace openmcp::api::gateway {
namespace {

namespace unixfs = ipld::unixfs;
using base::Task;

/// Up to here a directory is sorted by name; larger ones come in the order of their hashes.
constexpr std::size_t kSorted = 5000;
constexpr std::size_t kPage = 2000;
constexpr std::size_t kPieceBytes = 64u << 10;

/// Where links of a listing lead.
struct Links {
  std::string here;     ///< before the entries' names
  std::string crumbs;   ///< "/ipfs/<root>" for links to the directories above
  std::string gateway;  ///< before "/ipfs/<cid>" of single entries
};

Links links_of(const GatewayCall& call) {
  auto root = std::string(call.target.space == Space::ipfs ? "/ipfs/" : "/ipns/") + encode_segment(call.target.root);
  auto path = call.target.segments.empty() ? std::string() : encode_path(call.target.segments, false);
  if (!call.domain) return {root + path, root, ""};
  auto gateway = "//" + *call.domain;
  return {path, gateway + root, gateway};
}

std::string breadcrumbs(const GatewayCall& call, const Links& links) {
  auto out = fmt::format("{}<a href=\"{}\">{}</a>", call.target.space == Space::ipfs ? "/ipfs/" : "/ipns/",
                         html_escape(links.crumbs), html_escape(call.target.root));
  auto at = links.crumbs;
  for (auto& segment : call.target.segments) {
    at += "/" + encode_segment(segment);
    out += fmt::format("/<a href=\"{}\">{}</a>", html_escape(at), html_escape(segment));
  }
  return out;
}

std::string row(const Links& links, const unixfs::DirectoryLink& entry) {
  auto cid = entry.cid.text();
  auto name = encode_segment(entry.name);
  // The name is encoded twice in the link to the CID: this is how listings of IPFS gateways write it, and what tools
  // that read listings (the conformance suite among them) look for.
  return fmt::format(
      "<tr><td><a href=\"{}/{}\">{}</a></td><td class=\"hash\"><a class=\"ipfs-hash\" translate=\"no\" "
      "href=\"{}/ipfs/{}?filename={}\">{}…{}</a></td><td title=\"{} bytes with all below\">{}</td></tr>\n",
      html_escape(links.here), html_escape(name), html_escape(entry.name), links.gateway, cid,
      http::percent_encode(http::percent_encode(entry.name)), cid.substr(0, 4), cid.substr(cid.size() - 4),
      entry.dag_size, readable_size(entry.dag_size));
}

std::string top(const GatewayCall& call, const Links& links) {
  auto crumbs = breadcrumbs(call, links);
  auto page = page_begin("Index of " + call.target.text());
  page += fmt::format("<header><h1>Index of {}</h1><p class=\"cid\">{}</p></header>\n<main><table>\n", crumbs,
                      call.found.cid.text());
  page += "<thead><tr><th>Name</th><th class=\"hash\">CID</th><th>Size</th></tr></thead>\n<tbody>\n";
  if (!call.target.segments.empty()) {
    page += fmt::format("<tr><td><a href=\"{}/..\">..</a></td><td class=\"hash\"></td><td></td></tr>\n",
                        html_escape(links.here));
  }
  return page;
}

std::string bottom(std::uint64_t count, bool sorted) {
  return fmt::format(
      "</tbody></table></main>\n<footer><p class=\"note\">{} entr{}{}. Whole directory as <a "
      "href=\"?format=tar\">TAR</a> or <a href=\"?format=car\">CAR</a>.</p></footer>\n{}",
      count, count == 1 ? "y" : "ies", sorted ? "" : ", in the order of the directory's own index", page_end());
}

}  // namespace

Task<void> answer_listing(GatewayCall& call) {
  call.exchange.set_route("gateway_listing");
  auto cid = call.found.cid;
  auto etag = fmt::format("\"DirIndex-{}_CID-{}\"", kPagesVersion, cid.text());
  auto headers = head_of(call, "text/html; charset=utf-8", etag, true);
  headers.add("Content-Security-Policy", std::string(kPagePolicy));
  if (co_await answer_not_modified(call, headers)) co_return;
  auto links = links_of(call);
  auto& exchange = call.exchange;
  http::ResponseHead head{.status = 200, .headers = std::move(headers), .length = std::nullopt};
  if (call.head()) {
    co_await exchange.start(std::move(head));
    co_await exchange.finish();
    co_return;
  }

  auto page = co_await unixfs::list_page(call.blocks, cid, "", kSorted);  // before the head: a missing shard is a 404
  bool sorted = page.next.empty();
  if (sorted) std::ranges::sort(page.entries, {}, &unixfs::DirectoryLink::name);
  auto text = top(call, links);
  co_await exchange.start(std::move(head));
  std::uint64_t count = 0;
  while (true) {
    for (auto& entry : page.entries) {
      text += row(links, entry);
      ++count;
      if (text.size() < kPieceBytes) continue;
      auto piece = std::exchange(text, {});
      co_await exchange.write_text(std::move(piece));
    }
    if (page.next.empty()) break;
    auto after = std::move(page.next);
    page = co_await unixfs::list_page(call.blocks, cid, std::move(after), kPage);
  }
  text += bottom(count, sorted);
  co_await exchange.write_text(std::move(text));
  co_await exchange.finish();
}

}  // namespace openmcp::api::gateway
