// Any bytes as a document and as a query: no error, all bounds kept, and what was put in is found by its own words.
#include <cstdlib>

#include "base/bytes.hpp"
#include "context/search/index.hpp"
#include "context/search/terms.hpp"
#include "context/sql.hpp"
#include "ipld/utf8.hpp"
#include "need.hpp"

namespace {

using namespace openmcp;
using namespace openmcp::context::search;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SearchIndex index({.path = ":memory:"});
  static context::sql::Connection connection(":memory:", "fuzz");
  static Tokenizer tokenizer(connection.handle());
  // The first line is the query, the rest the document.
  auto text = base::as_text({data, size});
  auto asked = text.substr(0, text.find('\n'));
  auto content = text.substr(std::min(asked.size() + 1, text.size()));

  SearchDocument document;
  document.title = asked;
  document.tags = {std::string(asked)};
  for (auto kind : {TextKind::prose, TextKind::code}) {
    document.passages = split_text(content, kind);
    for (const auto& passage : document.passages) need(!passage.text.empty() && passage.text.size() <= passage_limit);
  }
  index.apply({.upserts = {document}, .position = 1});

  auto terms = parse_terms(tokenizer, asked);
  need(terms.all.size() <= max_query_words);
  Query query{.text = std::string(asked), .snippet_bytes = static_cast<std::uint32_t>(size % 300), .explain = true};
  auto result = index.search(query);
  bool excluded = false;
  for (const auto& term : terms.all) excluded |= term.role == Role::excluded;
  // The query is the title: it must be found, unless it excludes itself or the title was cut.
  if (!excluded && asked.size() <= max_title_bytes / 4) need(result.hits.size() == 1);
  for (const auto& hit : result.hits) {
    need(ipld::valid_utf8(hit.snippet) && hit.snippet.size() <= query.snippet_bytes);
    std::uint32_t last = 0;
    for (auto [begin, end] : hit.highlights) {
      need(begin >= last && begin < end && end <= hit.snippet.size());
      last = end;
    }
    double sum = 0;
    for (const auto& term : hit.score.terms) sum += term.score;
    need(std::abs(sum - hit.score.bm25) <= 1e-3 * (1 + sum));
  }
  // What is removed leaves nothing to find.
  index.apply({.removals = {document.context}, .position = 2});
  need(index.count() == 0 && index.search(query).hits.empty());
  return 0;
}
