// Hashes and checksums, bytes per second on one core.
#include <benchmark/benchmark.h>

#include "crypto/hash.hpp"

namespace {

using namespace openmcp;

template <class Hash>
void hash(benchmark::State& state, Hash function) {
  base::Bytes data(static_cast<std::size_t>(state.range(0)), 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(function(base::BytesView(data)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

#define HASH_BENCH(name, call)                                   \
  void name(benchmark::State& state) {                           \
    hash(state, [](base::BytesView d) { return crypto::call; }); \
  }                                                              \
  BENCHMARK(name)->Arg(64)->Arg(2048)->Arg(1 << 20)

HASH_BENCH(sha2_256, sha256(d));
HASH_BENCH(blake3, blake3(d));
HASH_BENCH(blake2b_256, blake2b256(d));
HASH_BENCH(keccak_256, keccak256(d));
HASH_BENCH(crc32c, crc32c(d));
HASH_BENCH(murmur3_x64_128, murmur3_x64_128(d));

}  // namespace

BENCHMARK_MAIN();
