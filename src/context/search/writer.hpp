// Changes the index by a batch, in one transaction.
#pragma once

#include <map>

#include "context/search/columns.hpp"
#include "context/search/vectors.hpp"

namespace openmcp::context::search {

inline constexpr std::size_t max_passage_bytes = 1u << 20;  ///< indexed of one passage
inline constexpr std::size_t max_tags = 256, max_tag_bytes = 256, max_name_bytes = 256, max_manifest_bytes = 256;

class Writer {
public:
  Writer(sql::Connection& connection, Tokenizer& tokenizer);
  /// `lexicon`: nullptr when there is no word table; then new passages get no vectors.
  void apply(const Batch& batch, Lexicon* lexicon);
  void clear();
  /// Removes what no context refers to any more, and merges the full-text segments.
  void tidy();

private:
  struct Change;
  void remove(Change& change, const ContextKey& key);
  void remove_words(std::uint32_t row, std::string_view body, std::string_view title, std::string_view tags,
                    std::string_view date);
  void add(Change& change, const SearchDocument& document);
  void add_words(std::uint32_t row, std::string_view body, std::string_view title, std::string_view tags,
                 std::string_view date);
  void add_vectors(Change& change, std::uint32_t first, const std::vector<Measured>& passages,
                   std::span<const float> title);
  /// Makes every vector anew with the change's lexicon.
  void embed_all(Change& change);
  std::uint32_t name(const std::string& text);

  sql::Connection& connection_;
  Tokenizer& tokenizer_;
  std::map<std::string, std::uint32_t> names_;
};

}  // namespace openmcp::context::search
