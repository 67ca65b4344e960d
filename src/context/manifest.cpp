#include "context/manifest.hpp"

#include <fmt/format.h>

#include "context/json_node.hpp"
#include "ipld/dag_cbor.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::context {

namespace {

using base::Errc;
using base::fail;

base::Result<void> bounded(std::string_view what, std::string_view text, std::size_t limit) {
  if (text.size() > limit)
    return fail(Errc::too_large, fmt::format("a {} of {} bytes; at most {} are allowed", what, text.size(), limit));
  if (!ipld::valid_utf8(text)) return fail(Errc::invalid_argument, fmt::format("a {} that is not UTF-8", what));
  return {};
}

base::Result<void> present(std::string_view what, std::string_view text, std::size_t limit) {
  if (text.empty()) return fail(Errc::invalid_argument, fmt::format("an empty {}", what));
  return bounded(what, text, limit);
}

base::Result<void> counted(std::string_view what, std::size_t count, std::size_t limit) {
  if (count <= limit) return {};
  return fail(Errc::too_large, fmt::format("{} {}; at most {} are allowed", count, what, limit));
}

/// What a forgotten context must not keep.
bool bare(const Manifest& m) {
  return m.type.empty() && m.title.empty() && !m.content && m.size == 0 && m.content_hash == crypto::Digest32{} &&
         m.media_type.empty() && m.parents.empty() && m.tags.empty() && m.metadata == "{}" && m.relations.empty() &&
         m.source.empty() && !m.squash;
}

base::Result<void> check_bounds(const Manifest& m) {
  if (m.id.nil()) return fail(Errc::invalid_argument, "a manifest without context id");
  if (auto ok = bounded("author's name", m.author.name, kMaxAuthor); !ok) return ok;
  if (auto ok = bounded("message", m.message, kMaxMessage); !ok) return ok;
  if (m.tombstone) {
    if (!bare(m)) return fail(Errc::invalid_argument, "a tombstone that keeps more than id, author, time and reason");
    return {};
  }
  if (auto ok = present("type", m.type, kMaxType); !ok) return ok;
  if (auto ok = bounded("title", m.title, kMaxTitle); !ok) return ok;
  if (auto ok = bounded("media type", m.media_type, kMaxMedia); !ok) return ok;
  if (!m.content) return fail(Errc::invalid_argument, "a manifest without content");
  if (m.size > std::uint64_t{INT64_MAX}) return fail(Errc::too_large, "a size beyond 2^63");
  if (m.content->codec() == ipld::Codec::raw && m.content->hash().code() == ipld::HashCode::sha2_256 &&
      !base::equal(m.content->hash().digest(), m.content_hash))
    return fail(Errc::invalid_argument, "a content hash that differs from the content's CID");
  if (auto ok = counted("parents", m.parents.size(), kMaxParents); !ok) return ok;
  if (auto ok = counted("tags", m.tags.size(), kMaxTags); !ok) return ok;
  for (const auto& tag : m.tags)
    if (auto ok = present("tag", tag, kMaxTag); !ok) return ok;
  if (auto ok = counted("relations", m.relations.size(), kMaxRelations); !ok) return ok;
  for (const auto& relation : m.relations) {
    if (auto ok = present("relation's kind", relation.kind, kMaxKind); !ok) return ok;
    if (relation.target.nil()) return fail(Errc::invalid_argument, "a relation without target");
  }
  if (m.source.size() > kMaxSource) return fail(Errc::too_large, "a source path longer than 4096 bytes");
  return {};
}

template <class T>
bool ascending(const std::vector<T>& items) {
  return std::adjacent_find(items.begin(), items.end(), std::greater_equal<>()) == items.end();
}

ipld::Node source_node(const std::string& source) {
  if (ipld::valid_utf8(source)) return source;
  return ipld::Node::bytes(base::as_bytes(source));
}

ipld::List link_list(const std::vector<ipld::Cid>& cids) {
  ipld::List list;
  list.reserve(cids.size());
  for (const auto& cid : cids) list.emplace_back(cid);
  return list;
}

template <std::size_t N>
base::Result<std::array<std::uint8_t, N>> fixed(base::BytesView bytes, std::string_view what) {
  if (bytes.size() != N) return fail(Errc::corrupt, fmt::format("{} of {} bytes instead of {}", what, bytes.size(), N));
  std::array<std::uint8_t, N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

/// Reads fields one after the other and keeps the first error: the happy path stays one line a field.
class Fields {
public:
  explicit Fields(const ipld::Node& node) : node_(node) {}

  template <class T>
  T required(std::string_view key) {
    if (error_) return {};
    return keep(node_.field<T>(key));
  }
  template <class T>
  std::optional<T> optional(std::string_view key) {
    if (error_) return {};
    return keep(node_.optional_field<T>(key));
  }
  template <class T>
  T keep(base::Result<T> value) {
    if (value) return *std::move(value);
    if (!error_) error_ = std::move(value).error();
    return {};
  }
  const std::optional<base::Error>& error() const { return error_; }

private:
  const ipld::Node& node_;
  std::optional<base::Error> error_;
};

std::vector<Relation> read_relations(Fields& fields, const ipld::List* list) {
  std::vector<Relation> relations;
  for (const auto& item : *list) {
    auto kind = fields.keep(item.field<std::string>("kind"));
    auto to = fields.keep(item.field<base::BytesView>("to"));
    if (fields.error()) return relations;
    relations.push_back({std::move(kind), fields.keep(ContextId::from_bytes(to))});
  }
  return relations;
}

/// The fields as they are in the map; whether they are in bounds and canonical is checked by the caller.
base::Result<Manifest> read_fields(const ipld::Node& node) {
  Fields fields(node);
  Manifest m;
  m.id = fields.keep(ContextId::from_bytes(fields.required<base::BytesView>("id")));
  m.type = fields.optional<std::string>("type").value_or("");
  m.title = fields.optional<std::string>("title").value_or("");
  m.content = fields.optional<ipld::Cid>("content");
  m.size = fields.optional<std::uint64_t>("size").value_or(0);
  if (auto hash = fields.optional<base::BytesView>("hash")) m.content_hash = fields.keep(fixed<32>(*hash, "hash"));
  m.media_type = fields.optional<std::string>("media").value_or("");
  if (auto list = fields.optional<const ipld::List*>("parents"))
    for (const auto& item : **list) m.parents.push_back(fields.keep(item.as<ipld::Cid>()));
  if (auto list = fields.optional<const ipld::List*>("tags"))
    for (const auto& item : **list) m.tags.push_back(fields.keep(item.as<std::string>()));
  if (auto metadata = fields.optional<const ipld::Map*>("metadata"))
    m.metadata = fields.keep(json_from_node(*node.find("metadata")));
  if (auto list = fields.optional<const ipld::List*>("relations")) m.relations = read_relations(fields, *list);
  if (fields.required<const ipld::Map*>("author"); !fields.error()) {
    const auto& author = *node.find("author");
    m.author.name = fields.keep(author.field<std::string>("name"));
    if (auto key = fields.keep(author.optional_field<base::BytesView>("key")))
      m.author.key = fields.keep(fixed<32>(*key, "author key"));
  }
  m.time = fields.required<std::int64_t>("time");
  m.message = fields.optional<std::string>("message").value_or("");
  if (auto source = node.find("source"))
    m.source =
        source->if_bytes() ? std::string(base::as_text(*source->if_bytes())) : fields.keep(source->as<std::string>());
  if (auto squash = fields.optional<base::BytesView>("squash")) m.squash = fields.keep(ipld::Cid::from_bytes(*squash));
  m.tombstone = fields.optional<bool>("tombstone").value_or(false);
  if (fields.error()) return std::unexpected(*fields.error());
  return m;
}

}  // namespace

base::Result<std::string> canonical_json(std::string_view object) {
  if (object == "{}") return std::string(object);
  if (object.size() > kMaxMetadata)
    return fail(Errc::too_large,
                fmt::format("metadata of {} bytes; at most {} are allowed", object.size(), kMaxMetadata));
  auto node = node_from_json(object);
  if (!node) return std::unexpected(node.error().within("reading metadata"));
  if (!node->if_map())
    return fail(Errc::invalid_argument, fmt::format("metadata is a JSON {}", ipld::kind_name(node->kind())),
                "give an object, as {\"project\": \"x\"}");
  auto text = json_from_node(*node);
  if (text && text->size() > kMaxMetadata) return fail(Errc::too_large, "metadata of more than 1 MiB");
  return text;
}

base::Result<void> normalise(Manifest& m) {
  auto unique = [](auto& items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
  };
  unique(m.tags);
  unique(m.relations);
  auto metadata = canonical_json(m.metadata);
  if (!metadata) return std::unexpected(std::move(metadata).error());
  m.metadata = *std::move(metadata);
  return check_bounds(m);
}

base::Result<ipld::Block> encode(const Manifest& m) {
  ipld::Map map;
  map.reserve(18);
  // In dag-cbor's order of keys, so that each append is at the end.
  auto put = [&map](const char* key, ipld::Node value) { map.append(key, std::move(value)); };
  put("v", kManifestSchema);
  put("id", ipld::Node::bytes(m.id.bytes()));
  if (m.content) put("hash", ipld::Node::bytes(m.content_hash));
  if (m.content) put("size", m.size);
  if (!m.tags.empty()) {
    ipld::List tags(m.tags.begin(), m.tags.end());
    put("tags", std::move(tags));
  }
  put("time", m.time);
  if (!m.type.empty()) put("type", m.type);
  if (!m.media_type.empty()) put("media", m.media_type);
  if (!m.title.empty()) put("title", m.title);
  ipld::Map author;
  if (m.author.key) author.append("key", ipld::Node::bytes(*m.author.key));
  author.append("name", m.author.name);
  put("author", std::move(author));
  if (!m.source.empty()) put("source", source_node(m.source));
  if (m.squash) put("squash", m.squash->bytes());
  if (m.content) put("content", *m.content);
  if (!m.message.empty()) put("message", m.message);
  if (!m.parents.empty()) put("parents", link_list(m.parents));
  if (m.metadata != "{}") {
    auto metadata = node_from_json(m.metadata);
    if (!metadata) return std::unexpected(std::move(metadata).error());
    put("metadata", *std::move(metadata));
  }
  if (!m.relations.empty()) {
    ipld::List relations;
    for (const auto& relation : m.relations)
      relations.emplace_back(ipld::Map{{"to", ipld::Node::bytes(relation.target.bytes())}, {"kind", relation.kind}});
    put("relations", std::move(relations));
  }
  if (m.tombstone) put("tombstone", true);

  auto bytes = ipld::encode_dag_cbor(std::move(map));
  if (!bytes) return std::unexpected(std::move(bytes).error());
  if (bytes->size() > kMaxManifest)
    return fail(Errc::too_large,
                fmt::format("a manifest of {} bytes; at most {} are allowed", bytes->size(), kMaxManifest),
                "shorten the metadata");
  return ipld::make_block(ipld::Codec::dag_cbor, base::SharedBytes(*std::move(bytes)));
}

base::Result<Manifest> decode_manifest(base::BytesView block) {
  auto node = ipld::decode_dag_cbor(block);
  if (!node) return std::unexpected(node.error().within("reading a manifest"));
  auto schema = node->field<std::uint64_t>("v");
  if (!schema) return std::unexpected(schema.error().within("reading a manifest"));
  if (*schema != kManifestSchema)
    return fail(Errc::unsupported, fmt::format("a manifest of schema {}", *schema), "a newer OpenMCP reads it");
  auto manifest = read_fields(*node);
  if (!manifest)
    return std::unexpected(base::Error(Errc::corrupt, manifest.error().within("reading a manifest").message()));
  if (auto ok = check_bounds(*manifest); !ok)
    return fail(Errc::corrupt, ok.error().within("reading a manifest").message());
  if (!ascending(manifest->tags) || !ascending(manifest->relations))
    return fail(Errc::corrupt, "reading a manifest: tags or relations that are unsorted or repeated");
  // One value, one form: unknown and empty fields and every other way to write them show as a difference here.
  auto again = encode(*manifest);
  if (!again || !base::equal(again->data, block))
    return fail(Errc::corrupt, "reading a manifest: fields that are unknown or empty");
  return manifest;
}

}  // namespace openmcp::context
