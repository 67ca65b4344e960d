#include "context/search/tokenizer.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "base/result.hpp"
#include "context/search/unicode.hpp"
#include "context/search/word_hash.hpp"

namespace openmcp::context::search {

namespace {

// What an ASCII byte is to us: 0 separates, else the lower-case letter or the digit.
constexpr std::array<char, 128> kFolded = [] {
  std::array<char, 128> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[c] = c;
  for (char c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<char>(c - 'A' + 'a');
  for (char c = '0'; c <= '9'; ++c) table[c] = c;
  return table;
}();

bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }
bool in_word(char c) noexcept { return !is_ascii(c) || kFolded[static_cast<unsigned char>(c)] != 0; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

std::size_t cut_to(std::string_view word, std::size_t limit) noexcept {
  if (word.size() <= limit) return word.size();
  while (limit > 0 && (static_cast<unsigned char>(word[limit]) & 0xc0) == 0x80) --limit;
  return limit;
}

/// Marks without a letter, as emoji leave them, are no word.
bool only_marks(std::string_view word) noexcept {
  for (std::size_t at = 0; at < word.size();) {
    auto point = code_point_at(word, at);
    if (!joins_previous(point.value)) return false;
    at += point.length;
  }
  return true;
}

}  // namespace

struct Tokenizer::Builtin {
  fts5_tokenizer methods{};
  Fts5Tokenizer* instance = nullptr;

  Builtin(fts5_api* api, const char* name, std::initializer_list<const char*> options) {
    void* user = nullptr;
    std::vector<const char*> arguments(options);
    if (api->xFindTokenizer(api, name, &user, &methods) != SQLITE_OK ||
        methods.xCreate(user, arguments.data(), static_cast<int>(arguments.size()), &instance) != SQLITE_OK)
      throw base::Error(base::Errc::unsupported, std::string("SQLite lacks the FTS5 tokenizer ") + name);
  }
  Builtin(Builtin&& other) noexcept : methods(other.methods), instance(std::exchange(other.instance, nullptr)) {}
  ~Builtin() {
    if (instance) methods.xDelete(instance);
  }
};

Tokenizer::Tokenizer(sqlite3* connection) : Tokenizer(fts5_of(connection)) {}

Tokenizer::Tokenizer(fts5_api* api) : stems_(kStems) {
  builtins_.reserve(2);
  // Marks are letters too: without them the words of Indic scripts fall apart.
  builtins_.emplace_back(api, "unicode61",
                         std::initializer_list<const char*>{"remove_diacritics", "2", "categories", "L* N* Co Mn Mc"});
  builtins_.emplace_back(api, "porter", std::initializer_list<const char*>{"ascii"});
}

Tokenizer::~Tokenizer() = default;

int Tokenizer::each(std::string_view text, Purpose purpose, TokenSink& sink) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!in_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    bool ascii = true;
    while (end < text.size() && in_word(text[end])) ascii &= is_ascii(text[end++]);
    int code = ascii ? ascii_word(text, at, end, purpose, sink) : mixed_run(text, at, end, purpose, sink);
    if (code != SQLITE_OK) return code;
    at = end;
  }
  return SQLITE_OK;
}

int Tokenizer::ascii_word(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose, TokenSink& sink) {
  char word[max_word_bytes];
  std::size_t size = std::min(end - begin, max_word_bytes);
  bool upper_inside = false;
  for (std::size_t i = 0; i < size; ++i) {
    char c = text[begin + i];
    upper_inside |= i > 0 && is_upper(c);
    word[i] = kFolded[static_cast<unsigned char>(c)];
  }
  auto emit = [&](std::size_t from, std::size_t to, bool part) {
    std::string_view folded(word + from, to - from);
    auto stem = purpose == Purpose::words ? folded : stem_of(folded);
    return sink.token({folded, stem, begin + from, part ? begin + to : end, part, false});
  };
  int code = emit(0, size, false);
  if (code != SQLITE_OK || !upper_inside) return code;

  // Parts begin at aB and at the B of ABc; a part of one letter says nothing.
  std::size_t from = 0;
  for (std::size_t i = 1; i <= size; ++i) {
    bool cut = i == size;
    if (!cut && is_upper(text[begin + i]))
      cut = !is_upper(text[begin + i - 1]) || (i + 1 < size && is_lower(text[begin + i + 1]));
    if (!cut) continue;
    if (i - from >= 2 && i - from < size) {
      code = emit(from, i, true);
      if (code != SQLITE_OK) return code;
    }
    from = i;
  }
  return SQLITE_OK;
}

int Tokenizer::mixed_run(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose, TokenSink& sink) {
  enum class Script : unsigned char { none, spaced, unspaced };
  auto run = text.substr(0, end);
  auto script_of = [](CodePoint point) {
    if (point.value == 0xfffd) return Script::none;  // also what is not UTF-8, on which SQLite's decoder is lax
    return is_unspaced(point.value) ? Script::unspaced : Script::spaced;
  };
  while (begin < end) {
    auto script = script_of(code_point_at(run, begin));
    bool ascii = true;
    std::size_t stop = begin;
    while (stop < end) {
      auto point = code_point_at(run, stop);
      if (script_of(point) != script) break;
      ascii &= point.value < 0x80;
      stop += point.length;
    }
    if (script == Script::none) {
      begin = stop;
      continue;
    }
    bool unspaced = script == Script::unspaced;
    int code = unspaced ? unspaced_run(text, begin, stop, purpose, sink)
               : ascii  ? ascii_word(text, begin, stop, purpose, sink)
                        : foreign_words(text, begin, stop, purpose, sink);
    if (code != SQLITE_OK) return code;
    begin = stop;
  }
  return SQLITE_OK;
}

int Tokenizer::unspaced_run(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose,
                            TokenSink& sink) {
  auto run = text.substr(0, end);
  bool first = true;
  while (begin < end) {
    auto one = code_point_at(run, begin).length;
    bool last = begin + one >= end;
    if (last && !first && purpose == Purpose::query) break;
    auto size = last ? one : one + code_point_at(run, begin + one).length;
    auto word = text.substr(begin, size);
    // The last character alone shares the place of the last pair, so that phrases go on behind it.
    int code = sink.token({word, word, begin, begin + size, last && !first, last});
    if (code != SQLITE_OK) return code;
    first = false;
    begin += one;
  }
  return SQLITE_OK;
}

int Tokenizer::foreign_words(std::string_view text, std::size_t begin, std::size_t end, Purpose purpose,
                             TokenSink& sink) {
  struct Call {
    Tokenizer* self;
    std::size_t begin;
    Purpose purpose;
    TokenSink* sink;
  } call{this, begin, purpose, &sink};
  auto forward = [](void* context, int, const char* token, int size, int from, int to) {
    auto& c = *static_cast<Call*>(context);
    std::string_view word(token, static_cast<std::size_t>(size));
    word = word.substr(0, cut_to(word, max_word_bytes));
    if (only_marks(word)) return SQLITE_OK;
    auto first = c.begin + static_cast<std::size_t>(from), last = c.begin + static_cast<std::size_t>(to);
    bool stemmed = c.purpose != Purpose::words && std::all_of(word.begin(), word.end(), is_ascii);
    return c.sink->token({word, stemmed ? c.self->stem_of(word) : word, first, last, false, false});
  };
  auto& unicode61 = builtins_[0];
  return unicode61.methods.xTokenize(unicode61.instance, &call, FTS5_TOKENIZE_DOCUMENT, text.data() + begin,
                                     static_cast<int>(end - begin), forward);
}

std::string_view Tokenizer::stem_of(std::string_view word) {
  if (word.size() < 3) return word;
  auto hash = word_hash(word);
  auto& slot = stems_[(hash >> 8) % kStems];
  if (slot.hash == hash) return {slot.stem, slot.size};
  std::string_view stem = word;
  struct Call {
    char* into;
    std::string_view* stem;
  } call{uncached_, &stem};
  auto take = [](void* context, int, const char* token, int size, int, int) {
    auto& c = *static_cast<Call*>(context);
    auto length = std::min(static_cast<std::size_t>(size), max_word_bytes);
    std::memcpy(c.into, token, length);
    *c.stem = {c.into, length};
    return SQLITE_OK;
  };
  auto& porter = builtins_[1];
  if (porter.methods.xTokenize(porter.instance, &call, FTS5_TOKENIZE_DOCUMENT, word.data(),
                               static_cast<int>(word.size()), take) != SQLITE_OK)
    return word;
  if (stem.size() <= sizeof slot.stem) {
    slot.hash = hash;
    slot.size = static_cast<std::uint8_t>(stem.size());
    std::memcpy(slot.stem, stem.data(), stem.size());
  }
  return stem;
}

fts5_api* fts5_of(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  if (!api)
    throw base::Error(base::Errc::unsupported, "SQLite was built without FTS5", "install libsqlite3-0 with FTS5");
  return api;
}

void register_tokenizer(sqlite3* connection) {
  // FTS5's face of it. Exceptions must not pass through SQLite.
  auto create = [](void* user, const char**, int, Fts5Tokenizer** made) {
    try {
      *made = reinterpret_cast<Fts5Tokenizer*>(new Tokenizer(static_cast<fts5_api*>(user)));
      return SQLITE_OK;
    } catch (const std::bad_alloc&) {
      return SQLITE_NOMEM;
    } catch (...) {
      return SQLITE_ERROR;
    }
  };
  auto destroy = [](Fts5Tokenizer* made) { delete reinterpret_cast<Tokenizer*>(made); };
  auto tokenize = [](Fts5Tokenizer* made, void* context, int flags, const char* text, int size,
                     int (*put)(void*, int, const char*, int, int, int)) {
    struct Forward final : TokenSink {
      void* context;
      int (*put)(void*, int, const char*, int, int, int);
      int token(const Token& t) override {
        return put(context, t.part ? FTS5_TOKEN_COLOCATED : 0, t.stem.data(), static_cast<int>(t.stem.size()),
                   static_cast<int>(t.begin), static_cast<int>(t.end));
      }
    } forward;
    forward.context = context;
    forward.put = put;
    auto purpose = (flags & FTS5_TOKENIZE_QUERY) ? Tokenizer::Purpose::query : Tokenizer::Purpose::document;
    return reinterpret_cast<Tokenizer*>(made)->each({text, static_cast<std::size_t>(size)}, purpose, forward);
  };
  auto api = fts5_of(connection);
  fts5_tokenizer methods{create, destroy, tokenize};
  if (api->xCreateTokenizer(api, "openmcp", api, &methods, nullptr) != SQLITE_OK)
    throw base::Error(base::Errc::internal, "registering the tokenizer with SQLite failed");
}

}  // namespace openmcp::context::search
