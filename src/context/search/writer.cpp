#include "context/search/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "context/text.hpp"

namespace openmcp::context::search {

namespace {

constexpr std::size_t kRememberedNames = 4096;
constexpr std::size_t kFlushChunks = 4096;

base::BytesView bytes_of(const ContextKey& key) { return {key.data(), key.size()}; }

/// Words of a passage and its neighbours: the length that BM25 sees.
std::vector<std::uint8_t> effective_lengths(const std::vector<Measured>& passages) {
  std::vector<std::uint8_t> lengths(passages.size());
  for (std::size_t i = 0; i < passages.size(); ++i) {
    auto words = passages[i].words;
    if (i >= 1) words += passages[i - 1].words;
    if (i >= 2) words += passages[i - 2].words;
    if (i + 1 < passages.size()) words += passages[i + 1].words;
    lengths[i] = encode_length(words);
  }
  return lengths;
}

/// Sums of lengths are kept as integers, so that they do not drift: eighths of a word.
std::uint64_t counted_length(std::uint8_t code) { return static_cast<std::uint64_t>(decode_length(code) * 8); }

}  // namespace

struct Writer::Change {
  Change(sql::Connection& connection, Lexicon* words)
      : state(read_state(connection)),
        lexicon(words),
        dims(words ? words->table().dims() : static_cast<std::uint32_t>(state.vector_sum.size())),
        columns(connection, state.generation + 1, dims) {
    ++state.generation;
  }
  StateRow state;
  Lexicon* lexicon;
  std::uint32_t dims;
  ColumnWriter columns;
};

Writer::Writer(sql::Connection& connection, Tokenizer& tokenizer) : connection_(connection), tokenizer_(tokenizer) {}

void Writer::apply(const Batch& batch, Lexicon* lexicon) {
  sql::Transaction transaction(connection_);
  try {
    Change change(connection_, lexicon);
    // Another table's vectors have no meaning beside this one's.
    if (lexicon && (!change.state.embedding_complete || change.state.embedder != lexicon->table().id()))
      embed_all(change);
    for (const auto& key : batch.removals) remove(change, key);
    std::map<ContextKey, std::size_t> last;
    for (std::size_t i = 0; i < batch.upserts.size(); ++i) last[batch.upserts[i].context] = i;
    for (std::size_t i = 0; i < batch.upserts.size(); ++i) {
      if (last[batch.upserts[i].context] != i) continue;
      remove(change, batch.upserts[i].context);
      add(change, batch.upserts[i]);
    }
    change.columns.flush();
    change.state.position = batch.position;
    write_state(connection_, change.state);
    transaction.commit();
  } catch (...) {
    names_.clear();  // some may have been rolled back
    throw;
  }
}

void Writer::clear() {
  names_.clear();
  sql::Transaction transaction(connection_);
  auto state = read_state(connection_);
  connection_.run(
      "DELETE FROM contexts; DELETE FROM passages; DELETE FROM names; DELETE FROM tags; DELETE FROM columns;"
      "INSERT INTO words(words) VALUES('delete-all')");
  StateRow empty;
  empty.generation = state.generation + 1;
  empty.epoch = state.epoch + 1;
  write_state(connection_, empty);
  transaction.commit();
}

void Writer::tidy() {
  names_.clear();
  sql::Transaction transaction(connection_);
  connection_.run(
      "DELETE FROM names WHERE name NOT IN (SELECT type FROM contexts UNION SELECT author FROM contexts);"
      "INSERT INTO words(words) VALUES('optimize')");
  transaction.commit();
}

void Writer::remove(Change& change, const ContextKey& key) {
  std::uint32_t number, head, passages;
  std::string title, tags;
  Micros time;
  {
    auto query = connection_.prepare("SELECT number, first_row, passages, title, tags, time FROM contexts WHERE id=?");
    if (!query.bind(bytes_of(key)).step()) return;
    number = static_cast<std::uint32_t>(query.integer(0));
    head = static_cast<std::uint32_t>(query.integer(1));
    passages = static_cast<std::uint32_t>(query.integer(2));
    title = query.text(3);
    tags = query.text(4);
    time = query.integer(5);
  }
  auto& state = change.state;
  remove_words(head, {}, title, tags, date_words(time));
  {
    auto query = connection_.prepare("SELECT row, time, speaker, text FROM passages WHERE row > ? AND row <= ?");
    query.bind(std::uint64_t{head}).bind(std::uint64_t{head} + passages);
    while (query.step()) {
      auto date = query.null(1) ? std::string() : date_words(query.integer(1));
      remove_words(static_cast<std::uint32_t>(query.integer(0)), query.text(3), {}, query.text(2), date);
    }
  }
  bool has_vectors = change.dims > 0 && state.vectors > 0;
  for (auto row = head; row <= head + passages; ++row) {
    auto& entry = change.columns.row(row);
    if (entry.kind == RowKind::passage) state.length_sum -= counted_length(entry.length);
    entry = RowEntry{};
    if (!has_vectors || row == head) continue;
    std::span<std::int8_t> vector(change.columns.vector(row), change.dims);
    if (add_unit(vector, -1, state.vector_sum)) --state.vectors;
    std::ranges::fill(vector, std::int8_t{0});
  }
  change.columns.context(number) = ContextEntry{};
  state.passages -= passages;
  --state.contexts;
  state.removed_rows += passages + 1;
  for (const auto& tag : split_tags(tags))
    connection_.prepare("DELETE FROM tags WHERE tag=? AND context=?")
        .bind(std::string_view(tag))
        .bind(std::uint64_t{number})
        .run();
  connection_.prepare("DELETE FROM passages WHERE row > ? AND row <= ?")
      .bind(std::uint64_t{head})
      .bind(std::uint64_t{head} + passages)
      .run();
  connection_.prepare("DELETE FROM contexts WHERE number=?").bind(std::uint64_t{number}).run();
}

namespace {

void bind_or_null(sql::Query& query, std::string_view text) {
  if (text.empty())
    query.bind_null();
  else
    query.bind(text);
}

/// Tags as they are indexed: words apart.
std::string tag_words(std::string_view joined) {
  std::string words(joined);
  std::ranges::replace(words, '\x1f', ' ');
  return words;
}

}  // namespace

void Writer::remove_words(std::uint32_t row, std::string_view body, std::string_view title, std::string_view tags,
                          std::string_view date) {
  auto words = tag_words(tags);
  auto query =
      connection_.prepare("INSERT INTO words(words, rowid, body, title, tags, date) VALUES('delete', ?, ?, ?, ?, ?)");
  query.bind(std::uint64_t{row});
  for (auto text : {body, title, std::string_view(words), date}) bind_or_null(query, text);
  query.run();
}

void Writer::add_words(std::uint32_t row, std::string_view body, std::string_view title, std::string_view tags,
                       std::string_view date) {
  auto words = tag_words(tags);
  auto query = connection_.prepare("INSERT INTO words(rowid, body, title, tags, date) VALUES(?, ?, ?, ?, ?)");
  query.bind(std::uint64_t{row});
  for (auto text : {body, title, std::string_view(words), date}) bind_or_null(query, text);
  query.run();
}

void Writer::add(Change& change, const SearchDocument& document) {
  auto& state = change.state;
  auto count = std::min(document.passages.size(), max_passages);
  if (state.next_row > UINT32_MAX - 2 - count || state.next_context == UINT32_MAX)
    throw base::Error(base::Errc::too_large, "search index: its numbers are used up", "rebuild it");
  if (document.manifest.size() > max_manifest_bytes)
    throw base::Error(base::Errc::invalid_argument,
                      fmt::format("search index: a manifest name of {} bytes", document.manifest.size()));
  auto head = state.next_row;
  auto number = state.next_context;
  state.next_row += static_cast<std::uint32_t>(count) + 1;
  ++state.next_context;

  auto title = to_valid_utf8(document.title, max_title_bytes);
  auto type = to_valid_utf8(document.type, max_name_bytes), author = to_valid_utf8(document.author, max_name_bytes);
  std::set<std::string> distinct;
  for (const auto& given : document.tags) {
    auto tag = to_valid_utf8(given, max_tag_bytes);
    std::ranges::replace(tag, '\x1f', ' ');
    if (!tag.empty() && distinct.size() < max_tags) distinct.insert(std::move(tag));
  }
  auto tags = join_tags({distinct.begin(), distinct.end()});

  add_words(head, {}, title, tags, date_words(document.time));
  change.columns.row(head) = {number, 0, RowKind::head, 0};
  change.columns.context(number) = {document.time, name(type), name(author)};

  std::vector<Measured> measured;
  measured.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& passage = document.passages[i];
    auto row = head + 1 + static_cast<std::uint32_t>(i);
    auto text = to_valid_utf8(passage.text, max_passage_bytes);
    auto speaker = to_valid_utf8(passage.speaker, max_name_bytes);
    auto insert = connection_.prepare("INSERT INTO passages(row, time, speaker, text) VALUES(?, ?, ?, ?)");
    insert.bind(std::uint64_t{row});
    if (passage.time)
      insert.bind(*passage.time);
    else
      insert.bind_null();
    bind_or_null(insert, speaker);
    insert.bind(std::string_view(text)).run();
    add_words(row, text, {}, speaker, passage.time ? date_words(*passage.time) : std::string());
    if (passage.time) change.columns.set_time(row, *passage.time);
    measured.push_back(measure(tokenizer_, change.lexicon, text));
  }
  auto lengths = effective_lengths(measured);
  for (std::size_t i = 0; i < count; ++i) {
    change.columns.row(head + 1 + static_cast<std::uint32_t>(i)) = {number, lengths[i], RowKind::passage, 0};
    state.length_sum += counted_length(lengths[i]);
  }
  if (change.lexicon)
    add_vectors(change, head + 1, measured, measure(tokenizer_, change.lexicon, title).sum);
  else if (count > 0)
    state.embedding_complete = false;

  connection_
      .prepare(
          "INSERT INTO contexts(number, id, first_row, passages, manifest, type, title, author, tags, time) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(std::uint64_t{number})
      .bind(bytes_of(document.context))
      .bind(std::uint64_t{head})
      .bind(std::uint64_t{count})
      .bind(base::as_bytes(document.manifest))
      .bind(std::string_view(type))
      .bind(std::string_view(title))
      .bind(std::string_view(author))
      .bind(std::string_view(tags))
      .bind(document.time)
      .run();
  for (const auto& tag : distinct)
    connection_.prepare("INSERT INTO tags(tag, context) VALUES(?, ?)")
        .bind(std::string_view(tag))
        .bind(std::uint64_t{number})
        .run();
  ++state.contexts;
  state.passages += count;
}

void Writer::add_vectors(Change& change, std::uint32_t first, const std::vector<Measured>& passages,
                         std::span<const float> title) {
  auto& state = change.state;
  auto dims = change.dims;
  auto vectors = passage_vectors(passages, title, dims);
  state.vector_sum.resize(dims);
  for (std::size_t i = 0; i < passages.size(); ++i) {
    std::span<const std::int8_t> vector(vectors.data() + i * dims, dims);
    if (!add_unit(vector, 1, state.vector_sum)) continue;
    ++state.vectors;
    std::ranges::copy(vector, change.columns.vector(first + static_cast<std::uint32_t>(i)));
  }
}

void Writer::embed_all(Change& change) {
  auto& state = change.state;
  change.columns.erase(Column::vectors);
  state.embedder = change.lexicon->table().id();
  state.vector_sum.assign(change.dims, 0);
  state.vectors = 0;
  ++state.epoch;  // readers must not keep vectors of the other table
  auto contexts = connection_.prepare("SELECT first_row, passages, title FROM contexts ORDER BY number");
  while (contexts.step()) {
    auto head = static_cast<std::uint32_t>(contexts.integer(0));
    auto title = contexts.text(2);
    std::vector<Measured> measured;
    auto passages = connection_.prepare("SELECT text FROM passages WHERE row > ? AND row <= ? ORDER BY row");
    passages.bind(std::uint64_t{head}).bind(contexts.unsigned_integer(0) + contexts.unsigned_integer(1));
    while (passages.step()) measured.push_back(measure(tokenizer_, change.lexicon, passages.text(0)));
    add_vectors(change, head + 1, measured, measure(tokenizer_, change.lexicon, title).sum);
    if (change.columns.touched() > kFlushChunks) change.columns.flush();
  }
  state.embedding_complete = true;
}

std::uint32_t Writer::name(const std::string& text) {
  auto known = names_.find(text);
  if (known != names_.end()) return known->second;
  auto insert = connection_.prepare("INSERT INTO names(name) VALUES(?) ON CONFLICT DO NOTHING");
  insert.bind(std::string_view(text)).run();
  auto query = connection_.prepare("SELECT id FROM names WHERE name=?");
  query.bind(std::string_view(text)).step();
  auto id = static_cast<std::uint32_t>(query.integer(0));
  if (names_.size() >= kRememberedNames) names_.clear();
  names_.emplace(text, id);
  return id;
}

}  // namespace openmcp::context::search
