#include "context/search/vectors.hpp"

#include <immintrin.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "context/search/stop_words.hpp"
#include "context/search/word_hash.hpp"

namespace openmcp::context::search {

namespace {

constexpr float kSif = 1e-3f;    // a of a / (a + p)
constexpr float kZipf = 12;      // p of rank r is 1 / ((r + 3) * kZipf): a harmonic distribution over 350,000 words
constexpr float kWindow = 0.4f;  // of the two passages before and the one after
constexpr float kTitle = 0.25f;  // of the passage's own length, in the direction of the title
constexpr std::size_t kSlots = 65536;

float length_of(std::span<const float> v) {
  float square = 0;
  for (float x : v) square += x * x;
  return std::sqrt(square);
}

}  // namespace

Lexicon::Lexicon(std::shared_ptr<const WordTable> table) : table_(std::move(table)), slots_(kSlots) {}

Lexicon::Entry Lexicon::find(std::string_view word) {
  auto hash = word_hash(word);
  auto& slot = slots_[(hash >> 8) % kSlots];
  if (slot.hash == hash) return slot.entry;
  slot = {hash, {}};
  if (is_stop_word(word)) return slot.entry;
  if (auto found = table_->find(word)) {
    float share = 1 / ((static_cast<float>(table_->rank(*found)) + 3) * kZipf);
    slot.entry = {static_cast<std::int32_t>(*found), kSif / (kSif + share)};
  }
  return slot.entry;
}

Measured measure(Tokenizer& tokenizer, Lexicon* lexicon, std::string_view text) {
  struct Sum final : TokenSink {
    Measured measured;
    Lexicon* lexicon;
    int token(const Token& token) override {
      measured.words += !token.part;
      if (!lexicon) return SQLITE_OK;
      auto [index, weight] = lexicon->find(token.word);
      if (index >= 0) lexicon->table().add(static_cast<std::uint32_t>(index), weight, measured.sum);
      return SQLITE_OK;
    }
  } sink;
  sink.lexicon = lexicon;
  if (lexicon) sink.measured.sum.resize(lexicon->table().dims());
  tokenizer.each(text, Tokenizer::Purpose::words, sink);
  return std::move(sink.measured);
}

std::vector<std::int8_t> passage_vectors(const std::vector<Measured>& passages, std::span<const float> title,
                                         std::uint32_t dims) {
  std::vector<std::int8_t> out(passages.size() * dims);
  std::vector<float> v(dims);
  auto title_length = length_of(title);
  for (std::size_t i = 0; i < passages.size(); ++i) {
    v = passages[i].sum;
    auto add = [&](std::size_t j) {
      for (std::size_t d = 0; d < dims; ++d) v[d] += kWindow * passages[j].sum[d];
    };
    if (i >= 1) add(i - 1);
    if (i >= 2) add(i - 2);
    if (i + 1 < passages.size()) add(i + 1);
    if (title_length > 0) {
      auto length = length_of(v);
      auto share = (length > 0 ? kTitle * length : 1) / title_length;
      for (std::size_t d = 0; d < dims; ++d) v[d] += share * title[d];
    }
    float largest = 0;
    for (float x : v) largest = std::max(largest, std::abs(x));
    if (largest == 0) continue;
    for (std::size_t d = 0; d < dims; ++d)
      out[i * dims + d] = static_cast<std::int8_t>(std::lround(v[d] / largest * 127));
  }
  return out;
}

bool add_unit(std::span<const std::int8_t> components, double sign, std::span<double> sum) {
  double square = 0;
  for (auto x : components) square += x * x;
  if (square == 0) return false;
  auto scale = sign / std::sqrt(square);
  for (std::size_t d = 0; d < components.size(); ++d) sum[d] += scale * components[d];
  return true;
}

namespace {

/// int16 components of a vector, and what one of them is worth.
float quantise(std::span<const float> v, std::vector<std::int16_t>& into, std::uint32_t stride) {
  into.assign(stride, 0);
  float largest = 0;
  for (float x : v) largest = std::max(largest, std::abs(x));
  if (largest == 0) return 0;
  // 4095 * 127 * 1024 components stay below 2^31.
  float scale = largest / 4095;
  for (std::size_t d = 0; d < v.size(); ++d) into[d] = static_cast<std::int16_t>(std::lround(v[d] / scale));
  return scale;
}

/// The dot of each vector with one other of int16 components.
void dots_plain(const VectorsView& vectors, const std::int16_t* other, std::int32_t* dots) noexcept {
  const auto* v = vectors.components;
  for (std::size_t i = 0; i < vectors.count; ++i, v += vectors.stride) {
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < vectors.stride; ++d) sum += v[d] * other[d];
    dots[i] = sum;
  }
}

__attribute__((target("avx2"))) void dots_avx2(const VectorsView& vectors, const std::int16_t* other,
                                               std::int32_t* dots) noexcept {
  const auto* v = vectors.components;
  for (std::size_t i = 0; i < vectors.count; ++i, v += vectors.stride) {
    auto sum = _mm256_setzero_si256();
    for (std::size_t d = 0; d < vectors.stride; d += 16) {
      auto x = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(v + d)));
      auto y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(other + d));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, y));
    }
    auto half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_hadd_epi32(half, half);
    dots[i] = _mm_cvtsi128_si32(half) + _mm_extract_epi32(half, 1);
  }
}

constexpr std::size_t kAtOnce = 64;

/// Calls use(first, dots, size) for pieces of at most kAtOnce vectors.
template <class Use>
void each_dot(const VectorsView& vectors, const std::vector<std::int16_t>& other, Use use) noexcept {
  static const auto dots_of = __builtin_cpu_supports("avx2") ? dots_avx2 : dots_plain;
  std::int32_t dots[kAtOnce];
  for (std::size_t first = 0; first < vectors.count; first += kAtOnce) {
    auto size = std::min(kAtOnce, vectors.count - first);
    dots_of({vectors.components + first * vectors.stride, size, vectors.stride}, other.data(), dots);
    use(first, dots, size);
  }
}

}  // namespace

Mean::Mean(std::span<const float> mean, std::uint32_t stride) : mean_(mean.begin(), mean.end()) {
  scale_ = quantise(mean_, quantised_, stride);
  for (float x : mean_) square_ += x * x;
}

void Mean::spread(const VectorsView& vectors, const float* inverse, float* spreads) const noexcept {
  each_dot(vectors, quantised_, [&](std::size_t first, const std::int32_t* dots, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      // |u - m|^2 = 1 - 2 u.m + |m|^2
      float square = 1 - 2 * scale_ * static_cast<float>(dots[i]) * inverse[first + i] + square_;
      spreads[first + i] = inverse[first + i] == 0 || square < 1e-6f ? 0 : 1 / std::sqrt(square);
    }
  });
}

Comparison::Comparison(std::span<const float> query, const Mean& mean, std::uint32_t stride) {
  auto length = length_of(query);
  if (length == 0) return;
  std::vector<float> centred(query.size());
  for (std::size_t d = 0; d < query.size(); ++d) centred[d] = query[d] / length - mean.vector()[d];
  length = length_of(centred);
  if (length < 1e-6f) return;
  for (std::size_t d = 0; d < query.size(); ++d) {
    centred[d] /= length;
    along_mean_ += centred[d] * mean.vector()[d];
  }
  scale_ = quantise(centred, quantised_, stride);
}

void Comparison::run(const VectorsView& vectors, const float* inverse, const float* spreads,
                     float* cosines) const noexcept {
  each_dot(vectors, quantised_, [&](std::size_t first, const std::int32_t* dots, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      // cos(q, u - m) = (q.u - q.m) / |u - m|
      float along = scale_ * static_cast<float>(dots[i]) * inverse[first + i] - along_mean_;
      cosines[first + i] = std::clamp(along * spreads[first + i], -1.0f, 1.0f);
    }
  });
}

}  // namespace openmcp::context::search
