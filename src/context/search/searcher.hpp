// Answers queries over one connection, with the columns and postings it keeps in memory.
#pragma once

#include "context/search/columns.hpp"
#include "context/search/postings.hpp"
#include "context/search/ranking.hpp"
#include "context/search/vectors.hpp"

namespace openmcp::context::search {

class Searcher {
public:
  Searcher(sql::Connection& connection, std::size_t cache_bytes);

  /// `table`: nullptr with the reason in `problem`. One caller at a time.
  SearchResult search(const Query& query, const std::shared_ptr<const WordTable>& table, const std::string& problem);

private:
  struct Ranked {
    float fused = 0;
    std::uint32_t row = 0;
    Micros time = 0;
  };
  struct Work;

  void read_terms(Work& work);
  void filter(Work& work);
  void compare(Work& work, const std::shared_ptr<const WordTable>& table, const std::string& problem);
  void select(Work& work);
  void fill(Work& work);
  void fill_score(const Work& work, const Ranked& ranked, std::uint32_t head, Hit& hit) const;
  double recency_of(const Work& work, std::uint32_t row) const;
  std::vector<char> contexts_with(const PostingList& postings) const;

  sql::Connection& connection_;
  Tokenizer tokenizer_;
  Columns columns_;
  PostingReader postings_;
  std::unique_ptr<Lexicon> lexicon_;
  std::uint64_t epoch_ = 0, removed_when_cached_ = 0;
};

}  // namespace openmcp::context::search
