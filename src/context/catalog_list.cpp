// Lists over the catalog: filters, pages and totals.
#include <fmt/format.h>

#include <charconv>

#include "context/catalog_state.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::size_t kMaxPage = 1000;
constexpr std::int64_t kRareTag = 2000;  ///< contexts; a tag with fewer is where a list begins

constexpr const char* kColumns =
    "SELECT c.id, c.type, c.title, c.author, c.created, c.changed, c.size, c.versions, c.heads, c.version, c.content,"
    " c.source FROM contexts c ";

ContextSummary summary_of(const sql::Query& row) {
  ContextSummary out;
  out.id = base::unwrap(ContextId::from_bytes(row.blob(0)));
  out.type = row.text(1);
  out.title = row.text(2);
  out.author = row.text(3);
  out.created = row.integer(4);
  out.changed = row.integer(5);
  out.size = row.unsigned_integer(6);
  out.versions = row.unsigned_integer(7);
  out.heads = static_cast<std::size_t>(row.integer(8));
  out.version = row.cid(9);
  if (!row.null(10)) out.content = row.cid(10);
  out.source = base::as_text(row.blob(11));
  return out;
}

void add_tags(sql::Connection& db, ContextSummary& context) {
  auto query = db.prepare("SELECT tag FROM tags WHERE context = ? ORDER BY tag");
  query.bind(context.id.bytes());
  while (query.step()) context.tags.push_back(query.text(0));
}

/// The place behind a context in the list: 16 hex digits of `changed` (two's complement) and the id.
std::string cursor_of(const ContextSummary& context) {
  return fmt::format("{:016x}", static_cast<std::uint64_t>(context.changed)) + base::to_hex(context.id.bytes());
}

struct Place {
  std::int64_t changed;
  ContextId id;
};

Place parse_cursor(const std::string& cursor) {
  std::uint64_t changed = 0;
  auto end = cursor.data() + std::min<std::size_t>(16, cursor.size());
  auto parsed = std::from_chars(cursor.data(), end, changed, 16);
  auto id = cursor.size() == 48 ? ContextId::parse(std::string_view(cursor).substr(16))
                                : base::fail(Errc::invalid_argument, "the wrong length");
  if (parsed.ec != std::errc() || parsed.ptr != end || !id)
    throw base::Error(Errc::invalid_argument, fmt::format("'{}' is not a cursor of this list", cursor.substr(0, 64)),
                      "pass the `next` of the page before, or nothing");
  return {static_cast<std::int64_t>(changed), *id};
}

/// SQL text with its values, in the order of their marks.
class Filter {
public:
  explicit Filter(std::string text) : text_(std::move(text)) {}
  void add(std::string_view condition) {
    text_ += std::exchange(first_, false) ? "WHERE " : " AND ";
    text_ += condition;
  }
  using Value = std::variant<std::int64_t, std::string, base::Bytes>;
  void value(Value value) { values_.push_back(std::move(value)); }
  void any_of(std::string_view column, const std::vector<std::string>& items) {
    if (items.empty()) return;
    std::string marks(2 * items.size() - 1, ',');
    for (std::size_t i = 0; i < marks.size(); i += 2) marks[i] = '?';
    add(fmt::format("{} IN ({})", column, marks));
    for (const auto& item : items) value(item);
  }
  void append(std::string_view text) { text_ += text; }

  const std::string& text() const { return text_; }
  void bind(sql::Query& query) const {
    for (const auto& value : values_) {
      if (auto number = std::get_if<std::int64_t>(&value)) query.bind(*number);
      if (auto text = std::get_if<std::string>(&value)) query.bind(std::string_view(*text));
      if (auto blob = std::get_if<base::Bytes>(&value)) query.bind(base::BytesView(*blob));
    }
  }

private:
  std::string text_;
  bool first_ = true;
  std::vector<Value> values_;
};

bool rare(sql::Connection& db, const std::string& tag) {
  auto query = db.prepare("SELECT count(*) FROM (SELECT 1 FROM tags WHERE tag = ? LIMIT ?)");
  query.bind(std::string_view(tag)).bind(kRareTag);
  return query.step() && query.integer(0) < kRareTag;
}

/// A common tag is looked up for each context of the ordered list; a rare one gives the contexts to sort.
void add_tag_filters(sql::Connection& db, const ListRequest& request, Filter& filter) {
  for (const auto& tag : request.tags_all) {
    filter.add(rare(db, tag) ? "c.id IN (SELECT context FROM tags WHERE tag = ?)"
                             : "EXISTS (SELECT 1 FROM tags t WHERE t.tag = ? AND t.context = c.id)");
    filter.value(tag);
  }
  if (request.tags_any.empty()) return;
  std::string condition = "EXISTS (SELECT 1 FROM tags t WHERE t.context = c.id AND t.tag IN (?";
  for (std::size_t i = 1; i < request.tags_any.size(); ++i) condition += ",?";
  filter.add(condition + "))");
  for (const auto& tag : request.tags_any) filter.value(tag);
}

Filter filter_of(sql::Connection& db, const ListRequest& request, std::size_t limit) {
  Filter filter(kColumns);
  filter.add("c.forgotten = 0");
  filter.any_of("c.type", request.types);
  add_tag_filters(db, request, filter);
  if (!request.author.empty()) {
    filter.add("c.author = ?");
    filter.value(request.author);
  }
  if (request.since) {
    filter.add("c.changed >= ?");
    filter.value(*request.since);
  }
  if (request.until) {
    filter.add("c.changed < ?");
    filter.value(*request.until);
  }
  if (!request.source_prefix.empty()) {
    filter.add("substr(c.source, 1, ?) = ?");
    filter.value(static_cast<std::int64_t>(request.source_prefix.size()));
    filter.value(base::to_bytes(request.source_prefix));
  }
  if (request.diverged) filter.add(*request.diverged ? "c.heads > 1" : "c.heads <= 1");
  if (!request.cursor.empty()) {
    auto place = parse_cursor(request.cursor);
    filter.add("(c.changed, c.id) < (?, ?)");
    filter.value(place.changed);
    filter.value(base::to_bytes(place.id.bytes()));
  }
  filter.append(" ORDER BY c.changed DESC, c.id DESC LIMIT ?");
  filter.value(static_cast<std::int64_t>(limit + 1));
  return filter;
}

void check(const ListRequest& request) {
  // SQLite's own bound on parameters is far above; this one keeps statements small.
  if (request.types.size() + request.tags_all.size() + request.tags_any.size() > 256)
    throw base::Error(Errc::too_large, "more than 256 types and tags in one list request");
}

}  // namespace

ListPage Catalog::list(const ListRequest& request) const {
  check(request);
  auto limit = std::clamp<std::size_t>(request.limit, 1, kMaxPage);
  auto db = state_->read();
  ListPage page;
  {
    auto filter = filter_of(db.connection, request, limit);
    sql::Query query(db.connection, filter.text());
    filter.bind(query);
    while (query.step()) page.contexts.push_back(summary_of(query));
  }
  if (page.contexts.size() > limit) {
    page.contexts.pop_back();
    page.next = cursor_of(page.contexts.back());
  }
  for (auto& context : page.contexts) add_tags(db.connection, context);
  return page;
}

std::optional<ContextSummary> Catalog::summary(const ContextId& id) const {
  auto db = state_->read();
  std::optional<ContextSummary> out;
  {
    static const std::string kText = std::string(kColumns) + "WHERE c.id = ? AND c.forgotten = 0";
    auto query = db->prepare(kText.c_str());
    query.bind(id.bytes());
    if (query.step()) out = summary_of(query);
  }
  if (out) add_tags(db.connection, *out);
  return out;
}

std::vector<TagCount> Catalog::tags() const {
  auto db = state_->read();
  std::vector<TagCount> out;
  auto query = db->prepare("SELECT tag, count(*) AS n FROM tags GROUP BY tag ORDER BY n DESC, tag");
  while (query.step()) out.push_back({.tag = query.text(0), .contexts = query.unsigned_integer(1)});
  return out;
}

Status Catalog::totals() const {
  auto db = state_->read();
  Status out;
  {
    auto query = db->prepare(
        "SELECT type, count(*), sum(size), sum(versions), sum(heads > 1), sum(heads) FROM contexts WHERE forgotten = 0"
        " GROUP BY type");
    while (query.step()) {
      out.by_type[query.text(0)] = query.unsigned_integer(1);
      out.contexts += query.unsigned_integer(1);
      out.content_bytes += query.unsigned_integer(2);
      out.versions += query.unsigned_integer(3);
      out.diverged += query.unsigned_integer(4);
      out.pins += query.unsigned_integer(5);
    }
  }
  auto query = db->prepare("SELECT count(*) FROM contexts WHERE forgotten = 1");
  if (query.step()) out.forgotten = query.unsigned_integer(0);
  out.pins += out.forgotten;
  out.schema = schema();
  return out;
}

}  // namespace openmcp::context
