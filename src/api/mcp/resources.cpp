// Contexts and blocks as MCP resources: context://{id}, context://{id}@{version}, ipfs://{cid}[/path].
#include <fmt/format.h>

#include "api/mcp/arguments.hpp"
#include "api/mcp/rendering.hpp"
#include "api/mcp/tools.hpp"
#include "api/time.hpp"
#include "context/content.hpp"
#include "context/text.hpp"
#include "http/url.hpp"
#include "ipld/codec.hpp"
#include "ipld/dag_json.hpp"
#include "ipld/multibase.hpp"
#include "ipld/path.hpp"
#include "ipld/unixfs/directory.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::api::mcp {

namespace {

constexpr std::uint64_t kMaxResource = 4u << 20;  ///< bytes of one resource
constexpr std::size_t kMaxEntries = 1000;         ///< of a directory's listing
constexpr std::size_t kPage = 50;                 ///< resources a page

// --- list ------------------------------------------------------------------------------------------------------------

base::Task<ResourcePage> list_contexts(Turn& turn, std::string cursor) {
  context::ListRequest request;
  request.limit = kPage;
  request.cursor = std::move(cursor);
  auto page = co_await turn.service.workspace.list(std::move(request));
  ResourcePage out;
  for (auto& summary : page.contexts) {
    const auto title = summary.title.empty() ? summary.id.text() : one_line(summary.title);
    JsonWriter json;
    json.begin_object().field("uri", context_uri(summary.id)).field("name", title).field("title", title);
    json.field(
        "description",
        fmt::format("{}, changed {}{}", summary.type, short_time(wall_time(summary.changed)),
                    summary.tags.empty() ? "" : fmt::format(", tags: {}", fmt::join(few_tags(summary.tags), ", "))));
    json.field("size", summary.size).key("annotations").begin_object();
    json.field("lastModified", iso_time(wall_time(summary.changed))).end_object().end_object();
    out.resources.push_back(json.take());
  }
  out.next = std::move(page.next);
  co_return out;
}

// --- read
// --------------------------------------------------------------------------------------------------------------

std::string contents(std::string_view uri, std::string_view mime, base::BytesView bytes) {
  JsonWriter json;
  json.begin_array().begin_object().field("uri", uri);
  if (!mime.empty()) json.field("mimeType", mime);
  if (context::is_text(bytes)) {
    json.field("text", base::as_text(bytes));
  } else {
    json.field("blob", base::unwrap(ipld::base_encode(ipld::Base::base64pad, bytes)));
  }
  json.end_object().end_array();
  return json.take();
}

base::Error too_large(std::uint64_t size) {
  return {base::Errc::too_large, fmt::format("reading a resource of {} bytes: at most {} at once", size, kMaxResource),
          "context_get reads text in parts; the gateway has the whole"};
}

std::string media_of(std::string_view name, base::BytesView bytes) {
  auto known = context::file_type(name);
  return std::string(known.media.empty() ? context::sniff_media(bytes, true) : known.media);
}

base::Task<std::string> directory_contents(Turn& turn, std::string uri, ipld::Cid cid) {
  auto page = co_await ipld::unixfs::list_page(turn.service.store, cid, "", kMaxEntries);
  JsonWriter listing;
  listing.begin_object().key("entries").begin_array();
  for (auto& entry : page.entries) {
    listing.begin_object().field("name", entry.name).field("uri", "ipfs://" + entry.cid.text()).end_object();
  }
  listing.end_array().field("cut", !page.next.empty()).end_object();
  co_return contents(uri, "application/json", base::as_bytes(listing.text()));
}

base::Task<std::string> block_contents(Turn& turn, std::string uri, std::string name, ipld::Cid cid) {
  auto& store = turn.service.store;
  if (cid.codec() != ipld::Codec::raw && cid.codec() != ipld::Codec::dag_pb) {
    auto block = co_await ipld::get_block(store, cid);
    auto node = base::unwrap(ipld::decode(cid.codec(), block));
    auto text = base::unwrap(ipld::encode_dag_json(node));
    co_return contents(uri, "application/vnd.ipld.dag-json", base::as_bytes(text));
  }
  auto stat = co_await ipld::unixfs::stat(store, cid);
  if (stat.type == ipld::unixfs::NodeType::directory || stat.type == ipld::unixfs::NodeType::hamt_shard)
    co_return co_await directory_contents(turn, uri, cid);
  if (stat.type == ipld::unixfs::NodeType::symlink) co_return contents(uri, "text/plain", base::as_bytes(stat.target));
  if (stat.size > kMaxResource) throw too_large(stat.size);
  auto bytes = co_await ipld::unixfs::read_bytes(turn.service.env, store, cid, kMaxResource);
  co_return contents(uri, media_of(name, bytes), bytes);
}

base::Task<std::optional<std::string>> read_ipfs(Turn& turn, std::string uri) {
  constexpr std::string_view scheme = "ipfs://";
  if (!uri.starts_with(scheme)) co_return std::nullopt;
  auto decoded = base::unwrap(http::percent_decode(std::string_view(uri).substr(scheme.size())));
  auto path = base::unwrap(ipld::ContentPath::parse("/ipfs/" + decoded));
  std::string name = path.segments.empty() ? "" : path.segments.back();
  auto resolved = co_await ipld::resolve(turn.service.store, std::move(path));
  if (!resolved.remainder.empty())
    throw base::Error(base::Errc::not_found, "reading a resource: the path ends inside a block");
  co_return co_await block_contents(turn, uri, std::move(name), resolved.cid);
}

base::Task<std::optional<std::string>> read_context(Turn& turn, std::string uri) {
  constexpr std::string_view scheme = "context://";
  if (!uri.starts_with(scheme)) co_return std::nullopt;
  auto decoded = base::unwrap(http::percent_decode(std::string_view(uri).substr(scheme.size())));
  const auto at = decoded.find('@');
  // Exactly an id: titles and the like are for tools.
  auto id = base::unwrap(context::ContextId::parse(decoded.substr(0, at)));
  context::Ref ref{id, {}};
  if (at != std::string::npos) ref = co_await resolve(turn, id.text(), decoded.substr(at + 1));
  auto view = co_await turn.service.workspace.get(ref);
  const auto& manifest = view.current.manifest;
  if (manifest.media_type == context::kDirectoryMedia && manifest.content)
    co_return co_await directory_contents(turn, uri, *manifest.content);
  if (manifest.size > kMaxResource) throw too_large(manifest.size);
  auto bytes = co_await turn.service.workspace.content(view.current.cid, kMaxResource);
  co_return contents(uri, manifest.media_type, bytes);
}

}  // namespace

void add_resources(Registry& registry) {
  registry.add(ResourceTemplate{.uri_template = "context://{id}",
                                .name = "context",
                                .title = "Context",
                                .description = "The latest text of a context, by its id",
                                .mime = ""});
  registry.add(
      ResourceTemplate{.uri_template = "context://{id}@{version}",
                       .name = "context-version",
                       .title = "Version of a context",
                       .description = "One version of a context, by its id and the version's CID or number (v3)",
                       .mime = ""});
  registry.add(ResourceTemplate{.uri_template = "ipfs://{cid}{/path*}",
                                .name = "ipfs",
                                .title = "Content by CID",
                                .description = "A file, directory or block that this workspace holds, by its CID",
                                .mime = ""});
  registry.add_reader(read_context);
  registry.add_reader(read_ipfs);
  registry.set_lister(list_contexts);
}

}  // namespace openmcp::api::mcp
