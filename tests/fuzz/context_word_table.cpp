// Word tables: with their checksums put right, a file is refused or says exactly what its bytes say.
#include <cstring>

#include "context/search/embedding.hpp"
#include "crypto/hash.hpp"
#include "need.hpp"

namespace {

void put(openmcp::base::Bytes& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace openmcp;
  using context::search::WordTable;
  base::Bytes bytes(data, data + size);
  if (size >= 32) {
    put(bytes, 24, crypto::crc32c(base::BytesView(bytes).subspan(32)));
    put(bytes, 28, crypto::crc32c(base::BytesView(bytes).first(28)));
  }
  auto parsed = WordTable::parse(base::SharedBytes(bytes), "fuzz");
  if (!parsed) return 0;
  const auto& table = **parsed;

  // Written again from what the table says, without its components, the same file.
  auto name = table.id().substr(0, table.id().rfind('#'));
  base::Bytes again(bytes.begin(), bytes.begin() + 32);
  again.insert(again.end(), name.begin(), name.end());
  while (again.size() % 4 != 0) again.push_back(0);
  auto add = [&](std::uint32_t value) {
    again.resize(again.size() + 4);
    put(again, again.size() - 4, value);
  };
  std::uint32_t offset = 0;
  for (std::uint32_t i = 0; i < table.count(); ++i) {
    add(offset);
    offset += static_cast<std::uint32_t>(table.word(i).size());
    need(table.find(table.word(i)) == i);
  }
  add(offset);
  for (std::uint32_t i = 0; i < table.count(); ++i) add(table.rank(i));
  auto rest = std::size_t{table.count()} * (4 + table.dims());
  need(again.size() + rest <= bytes.size());
  again.insert(again.end(), bytes.begin() + static_cast<std::ptrdiff_t>(again.size()),
               bytes.begin() + static_cast<std::ptrdiff_t>(again.size() + rest));
  for (std::uint32_t i = 0; i < table.count(); ++i) {
    auto word = table.word(i);
    again.insert(again.end(), word.begin(), word.end());
    std::vector<float> vector(table.dims());
    table.add(i, 1, vector);
    for (float x : vector) need(x >= -128 && x <= 128);
  }
  need(again == bytes);
  return 0;
}
