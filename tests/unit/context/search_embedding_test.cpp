// The word table and the vectors made with it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "base/real_env.hpp"
#include "context/search/vectors.hpp"
#include "context/sql.hpp"
#include "search_support.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::context::search {
namespace {

using base::Errc;
using test::small_word_table;

base::Result<std::shared_ptr<const WordTable>> parse(base::Bytes bytes) {
  return WordTable::parse(base::SharedBytes(std::move(bytes)), "the table");
}

TEST(SearchWordTable, FindsItsWords) {
  auto table = base::unwrap(parse(small_word_table()));
  EXPECT_EQ(table->dims(), 4u);
  EXPECT_EQ(table->count(), 10u);
  EXPECT_TRUE(table->id().starts_with("test@1#"));
  for (std::uint32_t i = 0; i < table->count(); ++i) EXPECT_EQ(table->find(table->word(i)), i);
  EXPECT_EQ(table->rank(*table->find("car")), 0u);
  EXPECT_EQ(table->rank(*table->find("boat")), 9u);
  for (auto word : {"", "aardvark", "cars", "ca", "zebra", "doh"}) EXPECT_EQ(table->find(word), std::nullopt) << word;
  std::vector<float> sum(4);
  table->add(*table->find("boat"), 2, sum);
  EXPECT_NEAR(sum[3], 2 * 9 / std::sqrt(90.0), 0.02);
  EXPECT_NEAR(sum[0], 2 * 3 / std::sqrt(90.0), 0.02);
}

TEST(SearchWordTable, RefusesEveryDamage) {
  auto good = small_word_table();
  for (std::size_t size = 0; size < good.size(); ++size) {
    auto result = parse({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().code(), Errc::corrupt);
    EXPECT_NE(result.error().message().find("the table"), std::string::npos);
    EXPECT_FALSE(result.error().hint().empty());
  }
  auto longer = good;
  longer.push_back(0);
  EXPECT_FALSE(parse(longer));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto changed = good;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    ASSERT_FALSE(parse(changed)) << bit;
  }
  auto later = good;
  later[7] = '2';
  EXPECT_EQ(parse(later).error().code(), Errc::unsupported);
}

TEST(SearchWordTable, ChecksumsAreNotTrustedForTheRest) {
  // Right checksums over wrong contents: words out of order.
  auto bytes = small_word_table();
  auto at = std::search(bytes.begin(), bytes.end(), std::begin("boatbread"), std::end("boatbread") - 1);
  ASSERT_NE(at, bytes.end());
  *at = 'z';
  auto put = [&](std::size_t where, std::uint32_t value) {
    for (int i = 0; i < 4; ++i)
      bytes[where + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  put(24, crypto::crc32c(base::BytesView(bytes).subspan(32)));
  put(28, crypto::crc32c(base::BytesView(bytes).first(28)));
  auto result = parse(bytes);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("ascending"), std::string::npos);
}

TEST(SearchWordTable, IsLookedForInItsPlaces) {
  EXPECT_EQ(word_table_places("/x/words.i8", "/opt/bin"), (std::vector<std::string>{"/x/words.i8"}));
  EXPECT_EQ(word_table_places(nullptr, "/opt/bin"),
            (std::vector<std::string>{"/opt/bin/share/openmcp/words.i8", "/opt/bin/../share/openmcp/words.i8"}));
  EXPECT_TRUE(word_table_places("none", "/opt/bin").empty());

  test::TempDir folder;
  auto disk = base::make_real_disk();
  EXPECT_EQ(*word_table_loader(*disk, {folder / "absent"})(), nullptr);
  base::write_file_atomic(*disk, folder / "words.i8", small_word_table());
  auto loaded = word_table_loader(*disk, {folder / "absent", folder / "words.i8"})();
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->count(), 10u);
  base::write_file_atomic(*disk, folder / "words.i8", base::to_bytes(std::string_view("garbage")));
  auto refused = word_table_loader(*disk, {folder / "words.i8"})();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("words.i8"), std::string::npos);
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) dot += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

TEST(SearchVectors, ComparisonIsTheCosineAfterCentring) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (std::uint32_t dims : {1u, 3u, 16u, 50u, 100u, 1024u}) {
    auto stride = (dims + 15) / 16 * 16;
    constexpr std::size_t kCount = 150;  // more than two pieces
    std::vector<std::int8_t> components(kCount * stride);
    std::vector<float> inverse(kCount), spread(kCount), found(kCount), mean(dims), query(dims);
    std::vector<std::vector<float>> units(kCount, std::vector<float>(dims));
    for (std::size_t i = 0; i < kCount; ++i) {
      float square = 0;
      for (std::size_t d = 0; d < dims; ++d) {
        auto x = std::clamp(normal(random) * 40 + 20, -127.0f, 127.0f);
        components[i * stride + d] = static_cast<std::int8_t>(i == 5 ? 0 : x);
        units[i][d] = components[i * stride + d];
        square += units[i][d] * units[i][d];
      }
      inverse[i] = square > 0 ? 1 / std::sqrt(square) : 0;
      for (auto& x : units[i]) x *= inverse[i];
      for (std::size_t d = 0; d < dims; ++d) mean[d] += units[i][d] / kCount;
    }
    for (auto& x : query) x = normal(random);
    Mean middle(mean, stride);
    Comparison comparison(query, middle, stride);
    ASSERT_TRUE(comparison.usable());
    VectorsView view{components.data(), kCount, stride};
    middle.spread(view, inverse.data(), spread.data());
    comparison.run(view, inverse.data(), spread.data(), found.data());
    float length = 0;
    for (float x : query) length += x * x;
    std::vector<float> centred(dims);
    for (std::size_t d = 0; d < dims; ++d) centred[d] = query[d] / std::sqrt(length) - mean[d];
    for (std::size_t i = 0; i < kCount; ++i) {
      std::vector<float> other(dims);
      for (std::size_t d = 0; d < dims; ++d) other[d] = units[i][d] - mean[d];
      if (i == 5)
        EXPECT_EQ(found[i], 0);
      else if (dims > 1)  // with one dimension everything may lie on the mean
        EXPECT_NEAR(found[i], cosine(centred, other), 0.01) << dims << " " << i;
    }
  }
  std::vector<float> nothing(16);
  EXPECT_FALSE(Comparison(nothing, Mean(nothing, 16), 16).usable());
}

TEST(SearchVectors, NeighboursAndTitleCountALittle) {
  auto table = base::unwrap(parse(small_word_table()));
  Lexicon lexicon(table);
  EXPECT_EQ(lexicon.find("the").index, -1);
  EXPECT_EQ(lexicon.find("unknown").index, -1);
  EXPECT_GE(lexicon.find("dog").index, 0);
  EXPECT_LT(lexicon.find("car").weight, lexicon.find("boat").weight);  // the more frequent weighs less

  sql::Connection connection(":memory:", "test");
  Tokenizer tokenizer(connection.handle());
  auto of = [&](std::string_view text) { return measure(tokenizer, &lexicon, text); };
  EXPECT_EQ(of("the Dog and the getUserName").words, 5u);
  EXPECT_EQ(measure(tokenizer, nullptr, "a dog").words, 2u);
  auto vectors = passage_vectors({of("dog"), of("nothing known"), of("bread"), of("")}, of("river").sum, 4);
  std::span<const std::int8_t> first(vectors.data(), 4), second(vectors.data() + 4, 4);
  EXPECT_EQ(first[1], 127);  // its own topic
  EXPECT_GT(first[3], 10);   // the title's
  EXPECT_GT(second[1], 50);  // without known words only its neighbours'
  EXPECT_GT(second[2], 50);
  auto alone = passage_vectors({of("unknown words")}, std::vector<float>(4), 4);
  EXPECT_EQ(alone, (std::vector<std::int8_t>(4)));
  std::vector<double> sum(4);
  EXPECT_FALSE(add_unit(alone, 1, sum));
  EXPECT_TRUE(add_unit(first, 1, sum));
  EXPECT_TRUE(add_unit(first, -1, sum));
  for (auto x : sum) EXPECT_NEAR(x, 0, 1e-12);
}

}  // namespace
}  // namespace openmcp::context::search
