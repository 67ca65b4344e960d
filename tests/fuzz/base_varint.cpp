// What a varint decoder takes, the encoder writes again byte for byte; what it refuses, it leaves.
#include "base/varint.hpp"
#include "need.hpp"

using namespace openmcp::base;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesView all(data, size);
  BytesView in = all;
  if (auto value = take_varint(in)) {
    Bytes again;
    put_varint(again, *value);
    need(again.size() == varint_size(*value) && again.size() <= kVarintMax);
    need(equal(again, all.first(size - in.size())));
    BytesView wide = all;
    need(take_varint64(wide, true).value() == *value && wide.size() == in.size());
  } else {
    need(in.size() == size);
  }
  BytesView strict = all, loose = all;
  auto exact = take_varint64(strict, true);
  auto lax = take_varint64(loose, false);
  if (exact) {
    need(lax && *lax == *exact && strict.size() == loose.size());
    Bytes again;
    put_varint64(again, *exact);
    need(equal(again, all.first(size - strict.size())));
  }
  return 0;
}
