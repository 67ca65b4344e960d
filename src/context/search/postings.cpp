#include "context/search/postings.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <new>

namespace openmcp::context::search {

namespace {

// Rows that a query may read afresh: 300,000 take about 15 ms.
constexpr std::size_t kBudget = 300'000;
constexpr std::size_t kEntryBytes = 256;  // of the cache, without the list
// Columns of the table `words`.
enum : int { kBody, kTitle, kTags, kDate };

void count(std::uint8_t& counter) {
  if (counter != 255) ++counter;
}

Posting posting_of(const Fts5ExtensionApi* api, Fts5Context* context) {
  Posting posting{static_cast<std::uint32_t>(api->xRowid(context)), 0, 0, 0, 0};
  Fts5PhraseIter place;
  int column, offset;
  for (api->xPhraseFirst(context, 0, &place, &column, &offset); column >= 0;
       api->xPhraseNext(context, &place, &column, &offset)) {
    switch (column) {
      case kBody:
        count(posting.body);
        break;
      case kTitle:
        count(posting.title);
        break;
      case kTags:
        count(posting.tags);
        break;
      default:
        count(posting.date);
    }
  }
  return posting;
}

}  // namespace

struct PostingReader::Reading {
  const Term* term;
  std::string match;
  std::shared_ptr<PostingList> list = std::make_shared<PostingList>();
  bool cut = false;  ///< the cap was reached
};

int PostingReader::take(const Fts5ExtensionApi* api, Fts5Context* context, void* user) {
  auto& [self, reading] = *static_cast<std::pair<PostingReader*, Reading*>*>(user);
  if (reading->list->size() == self->cap_) {
    reading->cut = true;
    return SQLITE_DONE;
  }
  try {
    reading->list->push_back(posting_of(api, context));
    return SQLITE_OK;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

PostingReader::PostingReader(sql::Connection& connection, std::size_t cache_bytes)
    : connection_(connection), cache_bytes_(cache_bytes) {
  // Called once, on the first row of an OR of all terms: reads the list of each.
  auto read_lists = [](const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* result, int,
                       sqlite3_value**) {
    auto self = static_cast<PostingReader*>(api->xUserData(context));
    int phrases = std::min(api->xPhraseCount(context), static_cast<int>(self->current_.size()));
    for (int i = 0; i < phrases; ++i) {
      std::pair<PostingReader*, Reading*> user(self, self->current_[static_cast<std::size_t>(i)]);
      int code = api->xQueryPhrase(context, i, &user, &PostingReader::take);
      if (code != SQLITE_OK) return sqlite3_result_error_code(result, code);
    }
    sqlite3_result_int(result, phrases);
  };
  // Called for each row of a single term: continues its list.
  auto read_row = [](const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* result, int, sqlite3_value**) {
    auto self = static_cast<PostingReader*>(api->xUserData(context));
    try {
      self->current_[0]->list->push_back(posting_of(api, context));
      sqlite3_result_int(result, 1);
    } catch (const std::bad_alloc&) {
      sqlite3_result_error_nomem(result);
    }
  };
  auto api = fts5_of(connection.handle());
  if (api->xCreateFunction(api, "openmcp_lists", this, read_lists, nullptr) != SQLITE_OK ||
      api->xCreateFunction(api, "openmcp_row", this, read_row, nullptr) != SQLITE_OK)
    throw base::Error(base::Errc::internal, "registering functions with FTS5 failed");
}

std::vector<std::shared_ptr<const PostingList>> PostingReader::read(const std::vector<Term>& terms,
                                                                    std::uint32_t row_end) {
  try {
    return read_lists(terms, row_end);
  } catch (...) {
    current_.clear();
    forget();  // a list may be half continued
    throw;
  }
}

std::vector<std::shared_ptr<const PostingList>> PostingReader::read_lists(const std::vector<Term>& terms,
                                                                          std::uint32_t row_end) {
  std::vector<std::shared_ptr<const PostingList>> lists(terms.size());
  std::vector<Reading> missing;
  std::vector<std::size_t> places;
  missing.reserve(terms.size());
  for (std::size_t i = 0; i < terms.size(); ++i) {
    auto match = terms[i].match();
    lists[i] = remembered(match, row_end);
    if (lists[i]) continue;
    missing.push_back({&terms[i], std::move(match)});
    places.push_back(i);
  }
  if (missing.empty()) return lists;

  std::vector<Reading*> first;
  first.reserve(missing.size());
  for (auto& reading : missing) first.push_back(&reading);
  read_all(first, std::max<std::size_t>(kBudget / first.size(), kBudget / 8));

  std::size_t spent = 0;
  std::vector<std::pair<std::size_t, Reading*>> common;  // estimated rows
  bool something = std::any_of(lists.begin(), lists.end(), [](const auto& list) { return list && !list->empty(); });
  for (auto& reading : missing) {
    spent += reading.list->size();
    if (reading.cut) {
      auto share = static_cast<double>(row_end) / (reading.list->back().row + 1);
      common.emplace_back(static_cast<std::size_t>(static_cast<double>(reading.list->size()) * share), &reading);
    } else {
      something |= !reading.list->empty();
    }
  }
  std::ranges::sort(common, {}, [](const auto& entry) { return entry.first; });
  for (auto& [rows, reading] : common) {
    bool needed = reading->term->role != Role::optional || !something;
    if (!needed && spent + rows > kBudget) continue;
    reading->list->clear();
    reading->cut = false;
    read_all({reading}, SIZE_MAX);
    spent += rows;
    something = true;
  }
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (missing[i].cut) continue;
    remember(missing[i].match, missing[i].list, row_end);
    lists[places[i]] = missing[i].list;
  }
  return lists;
}

void PostingReader::read_all(std::vector<Reading*> readings, std::size_t cap) {
  std::string match;
  for (const auto* reading : readings) {
    if (!match.empty()) match += " OR ";
    match += reading->match;
  }
  current_ = std::move(readings);
  cap_ = cap;
  auto query = connection_.prepare("SELECT openmcp_lists(words) FROM words WHERE words MATCH ? LIMIT 1");
  query.bind(std::string_view(match)).run();
  current_.clear();
}

std::shared_ptr<const PostingList> PostingReader::remembered(const std::string& match, std::uint32_t row_end) {
  auto found = cache_.find(match);
  if (found == cache_.end()) return nullptr;
  auto& cached = found->second;
  ages_.splice(ages_.begin(), ages_, cached.age);
  if (cached.end < row_end) {
    Reading reading{nullptr, match, cached.postings};
    auto before = cached.postings->size();
    current_ = {&reading};
    auto query = connection_.prepare("SELECT openmcp_row(words) FROM words WHERE words MATCH ? AND rowid >= ?");
    query.bind(std::string_view(match)).bind(std::uint64_t{cached.end}).run();
    current_.clear();
    cached.end = row_end;
    used_bytes_ += (cached.postings->size() - before) * sizeof(Posting);
  }
  return cached.postings;
}

void PostingReader::remember(const std::string& match, std::shared_ptr<PostingList> list, std::uint32_t row_end) {
  auto bytes = kEntryBytes + list->size() * sizeof(Posting);
  if (bytes > cache_bytes_ / 2) return;
  used_bytes_ += bytes;
  ages_.push_front(match);
  cache_[match] = {std::move(list), row_end, ages_.begin()};
  while (used_bytes_ > cache_bytes_) {
    auto oldest = cache_.find(ages_.back());
    used_bytes_ -= kEntryBytes + oldest->second.postings->size() * sizeof(Posting);
    cache_.erase(oldest);
    ages_.pop_back();
  }
}

void PostingReader::forget() {
  cache_.clear();
  ages_.clear();
  used_bytes_ = 0;
}

}  // namespace openmcp::context::search
