// Lists: the original's whole array, streamed; pages with filters; tags.
#include "api/json.hpp"
#include "api/rest/handlers.hpp"
#include "api/rest/represent.hpp"
#include "api/validation.hpp"
#include "base/log.hpp"
#include "context/catalog.hpp"
#include "context/content.hpp"
#include "context/versions.hpp"
#include "context/workspace.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

constexpr std::size_t kPage = 128;           ///< contexts read at once
constexpr std::size_t kPiece = 64u << 10;    ///< bytes of JSON that are sent at once
constexpr std::uint64_t kMostListed = 1000;  ///< contexts of a page
constexpr std::size_t kMostFilters = 64;     ///< values of one parameter

std::vector<std::string> filter(const Call& call, std::string_view name) {
  auto values = query_texts(call, name);
  if (values.size() > kMostFilters)
    throw base::Error(Errc::too_large, "more than 64 values of the filter " + std::string(name));
  return values;
}

/// What can be shown of a context without asking the catalog again; nullopt: it cannot be read.
struct Listed {
  context::ContextView view;
  Shown content;
};

using Blocks = std::vector<std::optional<base::SharedBytes>>;

/// All at once; when one is damaged, one by one, so that it does not take the others with it.
base::Task<Blocks> read_blocks(storage::LocalStore& store, std::vector<ipld::Cid> cids) {
  bool damaged = false;
  try {
    co_return co_await store.retrieve_many(cids);
  } catch (const base::Error& error) {
    if (error.code() != Errc::corrupt) throw;
    damaged = true;
  }
  Blocks out;
  for (std::size_t i = 0; damaged && i < cids.size(); ++i) {
    out.emplace_back();
    try {
      out.back() = co_await store.retrieve(cids[i]);
    } catch (const base::Error& error) {
      if (error.code() != Errc::corrupt) throw;
    }
  }
  co_return out;
}

/// One read for all manifests of a page, and one for all contents that are one block.
class PageReader {
public:
  explicit PageReader(SurfacePtr surface) : surface_(std::move(surface)) {}

  base::Task<std::vector<Listed>> read(std::vector<context::ContextHeads> heads) {
    std::vector<ipld::Cid> cids;
    cids.reserve(heads.size());
    for (const auto& each : heads) cids.push_back(each.heads.front().manifest);
    auto blocks = co_await read_blocks(surface_->service.store, std::move(cids));
    std::vector<Listed> out;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      auto manifest = blocks[i] ? context::decode_manifest(*blocks[i])
                                : base::fail(Errc::not_found, "the block of its manifest is missing or damaged");
      if (!manifest) {
        base::log(base::LogLevel::warn, "api", "context {} is not listed: {}", heads[i].id.text(),
                  manifest.error().message());
      } else if (!manifest->tombstone) {
        out.push_back({.view = view_of(heads[i], *std::move(manifest)), .content = {}});
      }
    }
    co_await contents(out);
    co_return out;
  }

private:
  static context::ContextView view_of(const context::ContextHeads& heads, context::Manifest manifest) {
    const auto& latest = heads.heads.front();
    context::ContextView view;
    view.id = heads.id;
    view.versions = heads.versions;
    view.created = heads.created;
    view.changed = manifest.time;
    for (const auto& head : heads.heads) view.heads.push_back(head.manifest);
    view.current.cid = latest.manifest;
    view.current.number = heads.versions;
    view.current.head = true;
    view.current.attestation = latest.attestation;
    view.current.manifest = std::move(manifest);
    return view;
  }

  base::Task<void> contents(std::vector<Listed>& listed) {
    std::vector<ipld::Cid> cids;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < listed.size(); ++i) {
      const auto& manifest = listed[i].view.current.manifest;
      if (manifest.media_type == context::kDirectoryMedia) {
        listed[i].content.omitted = "a directory";
      } else if (manifest.content->codec() == ipld::Codec::raw) {
        cids.push_back(*manifest.content);
        places.push_back(i);
      }
    }
    auto blocks = co_await read_blocks(surface_->service.store, std::move(cids));
    for (std::size_t i = 0; i < places.size(); ++i) {
      auto& content = listed[places[i]].content;
      if (blocks[i])
        content = show_bytes(*blocks[i]);
      else
        content.omitted = "it cannot be read";
    }
  }

  SurfacePtr surface_;
};

/// A content of several blocks, one at a time.
base::Task<void> read_large(SurfacePtr surface, Listed& listed) {
  const auto& manifest = listed.view.current.manifest;
  if (manifest.content->codec() == ipld::Codec::raw || !listed.content.omitted.empty()) co_return;
  try {
    listed.content = co_await show_content(surface->service, listed.view.current);
  } catch (const base::Error& error) {
    if (error.code() != Errc::not_found && error.code() != Errc::corrupt) throw;
    listed.content.omitted = "it cannot be read";
  }
}

}  // namespace

base::Task<void> list_all(SurfacePtr surface, Call& call) {
  auto& exchange = call.exchange;
  PageReader reader(surface);
  auto first = co_await surface->service.workspace.page({}, kPage);  // errors before the answer begins
  http::ResponseHead head{.status = 200, .headers = {{"Content-Type", "application/json"}}, .length = {}};
  co_await exchange.start(std::move(head));
  if (call.request.is("HEAD")) {
    co_await exchange.finish();
    co_return;
  }
  std::string out = "[";
  bool any = false;
  for (auto page = std::move(first); !page.empty();) {
    const auto last = page.back().id;
    auto listed = co_await reader.read(std::move(page));
    for (auto& each : listed) {
      co_await read_large(surface, each);
      JsonWriter json;
      write_context(json, each.view, each.content, false);
      if (std::exchange(any, true)) out += ',';
      out += json.text();
      each = {};
      if (out.size() < kPiece) continue;
      co_await exchange.write_text(std::exchange(out, {}));
    }
    page = co_await surface->service.workspace.page(last, kPage);
  }
  out += ']';
  co_await exchange.write_text(std::move(out));
  co_await exchange.finish();
}

base::Task<void> list_contexts(SurfacePtr surface, Call& call) {
  if (call.request.query.empty()) {
    co_await list_all(surface, call);
    co_return;
  }
  const auto now = surface->service.env.now();
  context::ListRequest request;
  request.types = filter(call, "type");
  request.tags_all = filter(call, "tag");
  request.tags_any = filter(call, "any_tag");
  request.author = query_text(call, "author").value_or("");
  request.since = query_time(call, "since", now);
  request.until = query_time(call, "until", now);
  request.source_prefix = query_text(call, "source").value_or("");
  request.diverged = query_flag(call, "diverged");
  request.limit = query_number(call, "limit", 50, 1, kMostListed);
  request.cursor = query_text(call, "cursor").value_or("");
  auto page = co_await surface->service.workspace.list(std::move(request));
  JsonWriter json;
  json.begin_object().key("contexts").begin_array();
  for (const auto& each : page.contexts) write_json(json, each);
  json.end_array().field("next", page.next).end_object();
  co_await send_json(call, json.take());
}

base::Task<void> list_tags(SurfacePtr surface, Call& call) {
  auto tags = co_await surface->service.workspace.tags();
  JsonWriter json;
  json.begin_object().key("tags").begin_array();
  for (const auto& each : tags)
    json.begin_object().field("tag", each.tag).field("contexts", each.contexts).end_object();
  json.end_array().end_object();
  co_await send_json(call, json.take());
}

}  // namespace openmcp::api::rest
