// Words of a text, as the index knows them. One tokenizer serves FTS5, the parser of queries, the embeddings and the
// snippets, so that they always agree.
//
// A word is a run of letters and digits, folded to lower case without diacritics (SQLite's unicode61 for what is not
// ASCII), and its stem (SQLite's porter). Further:
//   - camelCase words also count as their parts, at the same place: getUserName is getusername, get, user, name;
//   - runs of unspaced scripts (Han, Kana, Thai, ...) become overlapping pairs of characters, in documents also the
//   last
//     character alone, so that one character can be looked up as a prefix;
//   - words longer than max_word_bytes are known by their beginning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

struct sqlite3;
struct fts5_api;
struct Fts5Tokenizer;

namespace openmcp::context::search {

inline constexpr std::size_t max_word_bytes = 64;

/// Raised when any text would be cut differently: an index made by another version is emptied.
inline constexpr int tokenizer_version = 1;

struct Token {
  std::string_view word;   ///< folded; valid during the call
  std::string_view stem;   ///< what is indexed; valid during the call
  std::size_t begin, end;  ///< bytes of the text
  bool part;               ///< a part of the word before, at the same position
  bool lone;               ///< a single character of an unspaced script
};

class TokenSink {
public:
  /// Anything but 0 (SQLITE_OK) ends the tokenizing and is returned by it.
  virtual int token(const Token& token) = 0;

protected:
  ~TokenSink() = default;
};

class Tokenizer {
public:
  enum class Purpose : unsigned char {
    document,
    query,
    words  ///< as of a document, but stems are not asked for: `stem` is the word
  };

  /// `connection` lends SQLite's own tokenizers and must outlive this.
  explicit Tokenizer(sqlite3* connection);
  explicit Tokenizer(fts5_api* api);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// Any bytes are a text: what is not UTF-8 separates words. One thread at a time (stems are cached).
  int each(std::string_view text, Purpose purpose, TokenSink& sink);

private:
  struct Builtin;
  /// A stem found lately. Words are told apart by a 64-bit hash alone.
  struct Stem {
    std::uint64_t hash = 0;
    std::uint8_t size = 0;
    char stem[23];
  };
  static constexpr std::size_t kStems = 8192;

  int ascii_word(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose, TokenSink& sink);
  int mixed_run(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose, TokenSink& sink);
  int unspaced_run(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose, TokenSink& sink);
  int foreign_words(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose, TokenSink& sink);
  /// The stem of an ASCII word; valid until the next call.
  std::string_view stem_of(std::string_view word);

  std::vector<Builtin> builtins_;  ///< unicode61, porter
  std::vector<Stem> stems_;
  char uncached_[max_word_bytes + 1];
};

fts5_api* fts5_of(sqlite3* connection);

/// Makes "openmcp" usable as tokenize= option of FTS5 tables of this connection.
void register_tokenizer(sqlite3* connection);

}  // namespace openmcp::context::search
