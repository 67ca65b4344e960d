// What the tests of search share: word tables made in memory, documents in few words.
#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "context/search/index.hpp"
#include "crypto/hash.hpp"

namespace openmcp::test {

namespace search = context::search;

inline void put_u32(base::Bytes& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

/// The file that scripts/embeddings would make of these words; ranks by the order of `ranked`.
inline base::Bytes word_table_bytes(const std::vector<std::pair<std::string, std::vector<float>>>& ranked,
                                    const std::string& name = "test@1") {
  struct Entry {
    std::uint32_t rank;
    std::vector<float> vector;
  };
  std::map<std::string, Entry> sorted;
  for (std::uint32_t rank = 0; rank < ranked.size(); ++rank) sorted[ranked[rank].first] = {rank, ranked[rank].second};
  base::Bytes body = base::to_bytes(name);
  while (body.size() % 4 != 0) body.push_back(0);
  std::string words;
  for (const auto& [word, entry] : sorted) {
    put_u32(body, static_cast<std::uint32_t>(words.size()));
    words += word;
  }
  put_u32(body, static_cast<std::uint32_t>(words.size()));
  for (const auto& [word, entry] : sorted) put_u32(body, entry.rank);
  std::vector<float> scales;
  for (const auto& [word, entry] : sorted) {
    float length = 0, largest = 0;
    for (float x : entry.vector) length += x * x;
    for (float x : entry.vector) largest = std::max(largest, std::abs(x) / std::sqrt(length));
    scales.push_back(largest / 127);
    std::uint32_t bits;
    std::memcpy(&bits, &scales.back(), 4);
    put_u32(body, bits);
  }
  std::size_t i = 0;
  for (const auto& [word, entry] : sorted) {
    float length = 0;
    for (float x : entry.vector) length += x * x;
    for (float x : entry.vector)
      body.push_back(static_cast<std::uint8_t>(std::lround(x / std::sqrt(length) / scales[i])));
    ++i;
  }
  body.insert(body.end(), words.begin(), words.end());

  base::Bytes file = base::to_bytes(std::string_view("OMCPWRD1"));
  put_u32(file, static_cast<std::uint32_t>(ranked[0].second.size()));
  put_u32(file, static_cast<std::uint32_t>(sorted.size()));
  put_u32(file, static_cast<std::uint32_t>(words.size()));
  put_u32(file, static_cast<std::uint32_t>(name.size()));
  put_u32(file, crypto::crc32c(body));
  put_u32(file, crypto::crc32c(file));
  file.insert(file.end(), body.begin(), body.end());
  return file;
}

/// Four topics, each a direction; words lean to their topic.
inline base::Bytes small_word_table(const std::string& name = "test@1") {
  return word_table_bytes({{"car", {10, 1, 0, 0}},
                           {"vehicle", {10, 0, 1, 0}},
                           {"engine", {9, 0, 0, 1}},
                           {"dog", {0, 10, 1, 0}},
                           {"puppy", {1, 10, 0, 0}},
                           {"bread", {0, 1, 10, 0}},
                           {"cake", {1, 0, 10, 0}},
                           {"river", {0, 0, 1, 10}},
                           {"lake", {0, 1, 0, 10}},
                           {"boat", {3, 0, 0, 9}}},
                          name);
}

inline search::WordTableLoader loader_of(base::Bytes bytes) {
  return [bytes = std::move(bytes)] { return search::WordTable::parse(base::SharedBytes(bytes), "test table"); };
}

inline search::ContextKey key(int number) {
  search::ContextKey key{};
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<std::uint8_t>(number >> (8 * i));
  key[15] = 1;
  return key;
}

inline search::SearchDocument document(int number, std::string title, std::vector<std::string> texts) {
  search::SearchDocument made;
  made.context = key(number);
  made.manifest = "manifest " + std::to_string(number);
  made.type = "documentation";
  made.title = std::move(title);
  made.author = "ada";
  made.time = 1'700'000'000'000'000 + number * 1'000'000LL;
  for (auto& text : texts) made.passages.push_back({std::move(text), std::nullopt, ""});
  return made;
}

/// Numbers of the contexts found, in order.
inline std::vector<int> numbers(const search::SearchResult& result) {
  std::vector<int> found;
  for (const auto& hit : result.hits)
    found.push_back(hit.context[0] | hit.context[1] << 8 | hit.context[2] << 16 | hit.context[3] << 24);
  return found;
}

inline search::Query query(std::string text) {
  search::Query made;
  made.text = std::move(text);
  return made;
}

}  // namespace openmcp::test
