// Blocks of dag-json, dag-cbor, json and cbor: as they are, in no other codec; for people a page that shows them.
#include <fmt/format.h>

#include <functional>

#include "api/gateway/call.hpp"
#include "api/gateway/head.hpp"
#include "api/gateway/html.hpp"
#include "ipld/codec.hpp"
#include "ipld/multibase.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Task;
using ipld::Codec;

/// The format in which blocks of this codec are served, and the plain one that it may pass for.
struct Document {
  Format own = Format::none, plain = Format::none;
  std::string_view extension, kind;
};
std::optional<Document> document_of(Codec codec) {
  switch (codec) {
    case Codec::dag_json:
      return Document{Format::dag_json, Format::json, "json", "inline"};
    case Codec::dag_cbor:
      return Document{Format::dag_cbor, Format::cbor, "cbor", "attachment"};
    case Codec::json:
      return Document{Format::json, Format::json, "json", "inline"};
    case Codec::cbor:
      return Document{Format::cbor, Format::cbor, "cbor", "attachment"};
    default:
      return std::nullopt;
  }
}

constexpr std::size_t kMaxShown = 256u << 10;  ///< bytes of a document that is shown; decoded it takes many times that
constexpr std::size_t kMaxPreview = 1u << 20;  ///< characters of a page

/// A Node as indented HTML, links followed by a click.
class Preview {
public:
  explicit Preview(std::string prefix) : prefix_(std::move(prefix)) {}

  void node(const ipld::Node& node, unsigned depth) {
    if (out_.size() > kMaxPreview) {
      cut_ = true;
      return;
    }
    switch (node.kind()) {
      case ipld::Kind::map:
        children(*node.if_map(), '{', '}', depth);
        break;
      case ipld::Kind::list:
        children(*node.if_list(), '[', ']', depth);
        break;
      case ipld::Kind::link: {
        auto text = node.if_link()->text();
        out_ += fmt::format("<a href=\"{}{}\">{}</a>", prefix_, text, text);
        break;
      }
      case ipld::Kind::string:
        out_ += html_escape(fmt::format("\"{}\"", *node.if_string()));
        break;
      case ipld::Kind::bytes:
        out_ += fmt::format(
            "<i>{} bytes</i> {}", node.if_bytes()->size(),
            base::to_hex(base::BytesView(*node.if_bytes()).first(std::min<std::size_t>(node.if_bytes()->size(), 256))));
        break;
      case ipld::Kind::integer:
        out_ += node.if_integer()->text();
        break;
      case ipld::Kind::floating:
        out_ += fmt::format("{}", *node.if_float());
        break;
      case ipld::Kind::boolean:
        out_ += *node.if_bool() ? "true" : "false";
        break;
      case ipld::Kind::null:
        out_ += "null";
        break;
    }
  }

  std::string take() {
    if (cut_) out_ += "\n<i>and more: fetch the document to see it all</i>";
    return std::move(out_);
  }

private:
  template <class Children>
  void children(const Children& all, char open, char close, unsigned depth) {
    out_ += open;
    bool first = true;
    for (auto& child : all) {
      out_ += first ? "\n" : ",\n";
      first = false;
      out_.append(2 * (depth + 1), ' ');
      if constexpr (std::is_same_v<Children, ipld::Map>) {
        out_ += html_escape(fmt::format("\"{}\": ", child.key));
        node(child.value, depth + 1);
      } else {
        node(child, depth + 1);
      }
      if (cut_) return;
    }
    if (!first) {
      out_ += '\n';
      out_.append(2 * depth, ' ');
    }
    out_ += close;
  }

  std::string prefix_, out_;
  bool cut_ = false;
};

Task<void> answer_preview(GatewayCall& call, base::SharedBytes block, Document document) {
  auto& cid = call.found.cid;
  auto headers =
      head_of(call, "text/html; charset=utf-8", fmt::format("\"DagIndex-{}_CID-{}\"", kPagesVersion, cid.text()), true);
  headers.add("Content-Security-Policy", std::string(kPagePolicy));
  if (co_await answer_not_modified(call, headers)) co_return;
  auto gateway = call.domain ? "//" + *call.domain : std::string();
  std::string shown = "<i>too large to be shown here</i>";
  if (block.size() <= kMaxShown) {
    auto node = base::unwrap(ipld::decode(cid.codec(), block));
    Preview preview(gateway + "/ipfs/");
    preview.node(node, 0);
    shown = preview.take();
  }
  auto page = page_begin("Document " + cid.text());
  page += fmt::format("<header><h1>{} document</h1><p class=\"cid\">{}</p></header>\n<pre>",
                      ipld::codec_name(cid.codec()), cid.text());
  page += shown;
  page +=
      fmt::format("</pre>\n<p><a href=\"?format={}\">Document as it is</a> · <a href=\"?format=raw\">Block</a></p>\n",
                  name_of(document.own));
  page += page_end();
  http::Response response{.status = 200, .headers = std::move(headers), .body = std::move(page)};
  co_await call.exchange.send(std::move(response));
}

/// What the block is served as. Refuses what would have to be converted.
Document checked_document(const GatewayCall& call) {
  auto& cid = call.found.cid;
  auto document = document_of(cid.codec());
  auto format = call.wanted.format;
  if (!document) {
    auto text = fmt::format("{} is {}; ask for ?format=raw or ?format=car", cid.text(), ipld::codec_name(cid.codec()));
    refuse(format == Format::none ? 400 : 406, std::move(text));
  }
  if (format != Format::none && format != document->own && format != document->plain) {
    refuse(406, fmt::format("{} is {}: it is not converted to {}. Fetch it with ?format=raw and convert it yourself",
                            cid.text(), ipld::codec_name(cid.codec()), name_of(format)));
  }
  if (!call.found.remainder.empty()) {
    refuse(501, fmt::format("{} ends inside a block, at a field that is no link; ask for the block itself",
                            call.target.text()));
  }
  return *document;
}

}  // namespace

Task<void> answer_document(GatewayCall& call) {
  call.exchange.set_route("gateway_document");
  auto document = checked_document(call);
  auto& cid = call.found.cid;
  auto block = co_await ipld::get_block(call.blocks, cid);
  auto format = call.wanted.format;
  bool linked = document.own == Format::dag_json || document.own == Format::dag_cbor;
  if (format == Format::none && call.wanted.html && linked) {
    co_await answer_preview(call, std::move(block), document);
    co_return;
  }
  auto served = format == Format::none ? document.own : format;
  auto headers = head_of(call, media_type_of(served), etag_of(cid, name_of(served)));
  headers.add("Content-Disposition",
              disposition_of(call, document.kind, fmt::format("{}.{}", cid.text(), document.extension)));
  if (co_await answer_not_modified(call, headers)) co_return;
  co_await send_bytes(call, std::move(headers), std::move(block));
}

}  // namespace openmcp::api::gateway
