#include "context/car_index.hpp"

#include <fmt/format.h>

#include "context/manifest.hpp"
#include "ipld/dag_cbor.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::uint64_t kSchema = 1;
constexpr std::string_view kKind = "openmcp contexts";

std::unexpected<base::Error> corrupt(std::string what) {
  return base::fail(Errc::corrupt, "the index of the CAR: " + std::move(what));
}

base::Result<ipld::Block> block_of(ipld::Map map) {
  auto bytes = ipld::encode_dag_cbor(std::move(map));
  if (!bytes) return std::unexpected(std::move(bytes).error());
  if (bytes->size() > ipld::kMaxBlockBytes) return base::fail(Errc::too_large, "an index block of more than 2 MiB");
  return ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(*std::move(bytes)));
}

ipld::List links_of(const std::vector<ipld::Cid>& cids) {
  ipld::List list;
  for (const auto& cid : cids) list.emplace_back(cid);
  return list;
}

base::Result<std::vector<ipld::Cid>> cids_of(const ipld::List& list, std::size_t limit) {
  if (list.size() > limit) return corrupt("too many links");
  std::vector<ipld::Cid> out;
  out.reserve(list.size());
  for (const auto& item : list) {
    auto cid = item.as<ipld::Cid>();
    if (!cid) return corrupt(cid.error().message());
    out.push_back(*cid);
  }
  return out;
}

base::Result<ipld::Block> encode_page(std::span<const CarContext> contexts) {
  ipld::List list;
  for (const auto& [id, heads] : contexts)
    list.emplace_back(ipld::Map{{"id", ipld::Node::bytes(id.bytes())}, {"heads", links_of(heads)}});
  return block_of(ipld::Map{{"contexts", std::move(list)}});
}

base::Result<ipld::Block> encode_root(const CarRoot& root) {
  return block_of(ipld::Map{{"v", kSchema}, {"kind", kKind}, {"count", root.count}, {"pages", links_of(root.pages)}});
}

base::Result<CarContext> read_context(const ipld::Node& item) {
  auto id_bytes = item.field<base::BytesView>("id");
  auto list = item.field<const ipld::List*>("heads");
  if (!id_bytes || !list) return corrupt("an entry without id or heads");
  auto id = ContextId::from_bytes(*id_bytes);
  if (!id) return corrupt(id.error().message());
  auto heads = cids_of(**list, kMaxParents);
  if (!heads) return std::unexpected(std::move(heads).error());
  if (heads->empty() || std::adjacent_find(heads->begin(), heads->end(), std::greater_equal<>()) != heads->end())
    return corrupt("heads that are missing, unsorted or repeated");
  return CarContext{.id = *id, .heads = *std::move(heads)};
}

bool ascending(const std::vector<CarContext>& contexts) {
  auto wrong = [](const CarContext& a, const CarContext& b) { return a.id >= b.id; };
  return std::adjacent_find(contexts.begin(), contexts.end(), wrong) == contexts.end();
}

}  // namespace

base::Result<std::vector<ipld::Block>> encode_car_index(const std::vector<CarContext>& contexts) {
  CarRoot root{.count = contexts.size(), .pages = {}};
  std::vector<ipld::Block> blocks(1);
  for (std::size_t i = 0; i < contexts.size(); i += kCarPageContexts) {
    auto page = encode_page(std::span(contexts).subspan(i, std::min(kCarPageContexts, contexts.size() - i)));
    if (!page) return std::unexpected(std::move(page).error());
    root.pages.push_back(page->cid);
    blocks.push_back(*std::move(page));
  }
  if (root.pages.size() > kMaxCarPages) return base::fail(Errc::too_large, "more contexts than a CAR can list");
  auto first = encode_root(root);
  if (!first) return std::unexpected(std::move(first).error());
  blocks.front() = *std::move(first);
  return blocks;
}

base::Result<std::optional<CarRoot>> decode_car_root(base::BytesView block) {
  auto node = ipld::decode_dag_cbor(block);
  if (!node) return std::optional<CarRoot>();
  auto kind = node->field<std::string_view>("kind");
  if (!kind || *kind != kKind) return std::optional<CarRoot>();
  auto schema = node->field<std::uint64_t>("v");
  if (!schema) return corrupt(schema.error().message());
  if (*schema != kSchema)
    return base::fail(Errc::unsupported, fmt::format("a CAR of contexts with schema {}", *schema),
                      "a newer OpenMCP reads it");
  auto count = node->field<std::uint64_t>("count");
  auto pages = node->field<const ipld::List*>("pages");
  if (!count || !pages) return corrupt("no count or no pages");
  auto cids = cids_of(**pages, kMaxCarPages);
  if (!cids) return std::unexpected(std::move(cids).error());
  CarRoot root{.count = *count, .pages = *std::move(cids)};
  auto again = encode_root(root);
  if (!again || !base::equal(again->data, block)) return corrupt("unknown fields in its root");
  return std::optional(std::move(root));
}

base::Result<std::vector<CarContext>> decode_car_page(base::BytesView block) {
  auto node = ipld::decode_dag_cbor(block);
  if (!node) return corrupt(node.error().message());
  auto list = node->field<const ipld::List*>("contexts");
  if (!list) return corrupt(list.error().message());
  if ((*list)->empty() || (*list)->size() > kCarPageContexts) return corrupt("a page that is empty or too long");
  std::vector<CarContext> out;
  out.reserve((*list)->size());
  for (const auto& item : **list) {
    auto context = read_context(item);
    if (!context) return std::unexpected(std::move(context).error());
    out.push_back(*std::move(context));
  }
  if (!ascending(out)) return corrupt("ids that are unsorted or repeated");
  auto again = encode_page(out);
  if (!again || !base::equal(again->data, block)) return corrupt("unknown fields in a page");
  return out;
}

base::Task<std::optional<std::vector<CarContext>>> read_car_index(ipld::BlockSource& source, ipld::Cid root) {
  if (root.codec() != ipld::Codec::dag_cbor) co_return std::nullopt;
  auto block = co_await ipld::get_block(source, root);
  auto decoded = base::unwrap(decode_car_root(block));
  if (!decoded) co_return std::nullopt;
  std::vector<CarContext> out;
  for (const auto& cid : decoded->pages) {
    auto page_block = co_await ipld::get_block(source, cid);
    auto page = base::unwrap(decode_car_page(page_block));
    if (cid != decoded->pages.back() && page.size() != kCarPageContexts)
      throw base::Error(Errc::corrupt, "the index of the CAR: a page that is not full");
    out.insert(out.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
  }
  if (out.size() != decoded->count || !ascending(out))
    throw base::Error(Errc::corrupt, "the index of the CAR: pages that do not fit together");
  co_return out;
}

}  // namespace openmcp::context
