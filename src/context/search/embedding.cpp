#include "context/search/embedding.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "crypto/hash.hpp"

namespace openmcp::context::search {

namespace {

constexpr std::string_view kMagic = "OMCPWRD1";
constexpr std::size_t kHeader = 32;
constexpr std::uint32_t kMaxDims = 1024, kMaxCount = 1u << 24, kMaxName = 256;
constexpr const char* kHint = "remove the file, or make it anew with scripts/embeddings";

std::uint32_t u32_at(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

std::unexpected<base::Error> damaged(std::string_view origin, std::string_view what) {
  return base::fail(base::Errc::corrupt, fmt::format("word table {}: {}", origin, what), kHint);
}

}  // namespace

static_assert(std::endian::native == std::endian::little);

base::Result<std::shared_ptr<const WordTable>> WordTable::parse(base::SharedBytes bytes, std::string_view origin) {
  const auto* data = bytes.data();
  auto view = base::as_text(bytes.view());
  if (bytes.size() < kHeader || !view.starts_with(kMagic.substr(0, 7))) return damaged(origin, "not a word table");
  if (!view.starts_with(kMagic))
    return base::fail(base::Errc::unsupported, fmt::format("word table {}: of a later format", origin),
                      "update openmcp, or make the table anew with scripts/embeddings");
  if (crypto::crc32c(bytes.view().first(28)) != u32_at(data + 28)) return damaged(origin, "damaged header");

  auto table = std::shared_ptr<WordTable>(new WordTable());
  table->dims_ = u32_at(data + 8);
  table->count_ = u32_at(data + 12);
  std::uint64_t words_size = u32_at(data + 16), name_size = u32_at(data + 20);
  std::uint64_t n = table->count_, padded_name = (name_size + 3) / 4 * 4;
  if (table->dims_ == 0 || table->dims_ > kMaxDims || n == 0 || n > kMaxCount || name_size > kMaxName)
    return damaged(origin, "sizes out of range");
  auto offsets = kHeader + padded_name, ranks = offsets + 4 * (n + 1), scales = ranks + 4 * n,
       components = scales + 4 * n, words = components + n * table->dims_;
  if (words + words_size != bytes.size())
    return damaged(origin, fmt::format("{} bytes instead of {}", bytes.size(), words + words_size));
  auto checksum = u32_at(data + 24);
  if (crypto::crc32c(bytes.view().subspan(kHeader)) != checksum) return damaged(origin, "checksum mismatch");

  for (auto at = kHeader + name_size; at < offsets; ++at)
    if (data[at] != 0) return damaged(origin, "padding is not zero");
  for (std::uint64_t i = 0; i < n; ++i) {
    float scale;
    std::memcpy(&scale, data + scales + 4 * i, sizeof scale);
    if (!(scale > 0 && scale < 1)) return damaged(origin, "a scale is out of range");
  }

  table->offsets_ = data + offsets;
  table->ranks_ = data + ranks;
  table->scales_ = data + scales;
  table->components_ = reinterpret_cast<const std::int8_t*>(data + components);
  table->words_ = reinterpret_cast<const char*>(data + words);
  if (u32_at(table->offsets_) != 0 || u32_at(table->offsets_ + 4 * n) != words_size)
    return damaged(origin, "offsets do not cover the words");
  for (std::uint32_t i = 0; i < n; ++i)
    if (u32_at(table->offsets_ + 4 * std::size_t{i}) >= u32_at(table->offsets_ + 4 * (std::size_t{i} + 1)))
      return damaged(origin, "offsets not ascending");
  for (std::uint32_t i = 1; i < n; ++i)
    if (table->word(i - 1) >= table->word(i)) return damaged(origin, "words not ascending");
  table->id_ = fmt::format("{}#{:08x}", view.substr(kHeader, name_size), checksum);
  table->bytes_ = std::move(bytes);
  return table;
}

std::string_view WordTable::word(std::uint32_t index) const noexcept {
  auto begin = u32_at(offsets_ + 4 * std::size_t{index}), end = u32_at(offsets_ + 4 * (std::size_t{index} + 1));
  return {words_ + begin, end - begin};
}

std::optional<std::uint32_t> WordTable::find(std::string_view wanted) const noexcept {
  std::uint32_t low = 0, high = count_;
  while (low < high) {
    auto middle = low + (high - low) / 2;
    if (word(middle) < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == count_ || word(low) != wanted) return std::nullopt;
  return low;
}

std::uint32_t WordTable::rank(std::uint32_t index) const noexcept { return u32_at(ranks_ + 4 * std::size_t{index}); }

void WordTable::add(std::uint32_t index, float weight, std::span<float> into) const noexcept {
  float scale;
  std::memcpy(&scale, scales_ + 4 * std::size_t{index}, sizeof scale);
  scale *= weight;
  const auto* from = components_ + std::size_t{index} * dims_;
  auto* to = into.data();
  for (std::uint32_t d = 0; d < dims_; ++d) to[d] += scale * static_cast<float>(from[d]);
}

std::vector<std::string> word_table_places(const char* environment, std::string_view program_directory) {
  if (environment && *environment) {
    if (std::string_view(environment) == "none") return {};
    return {environment};
  }
  return {base::join(std::string(program_directory), "share/openmcp/words.i8"),
          base::join(std::string(program_directory), "../share/openmcp/words.i8")};
}

WordTableLoader word_table_loader(base::Disk& disk, std::vector<std::string> places) {
  return [&disk, places = std::move(places)]() -> base::Result<std::shared_ptr<const WordTable>> {
    for (const auto& place : places) {
      try {
        auto info = disk.stat(place);
        if (!info) continue;
        auto file = disk.open(place, base::OpenMode::read);
        auto size = file->size();
        if (size > (std::uint64_t{1} << 32)) return damaged(place, "too large");
        return WordTable::parse(file->map(0, static_cast<std::size_t>(size)), place);
      } catch (base::Error& error) {
        return std::unexpected(std::move(error.within("opening the word table")));
      }
    }
    return nullptr;
  };
}

}  // namespace openmcp::context::search
