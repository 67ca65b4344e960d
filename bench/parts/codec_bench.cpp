// Codecs on blocks of the sizes that commits and imports make.
#include <benchmark/benchmark.h>

#include "ipld/codec.hpp"
#include "ipld/dag_cbor.hpp"
#include "ipld/dag_pb.hpp"

namespace {

using namespace openmcp;
using namespace openmcp::ipld;

Cid some_cid(std::uint8_t seed) { return make_block(Codec::raw, base::SharedBytes(base::Bytes(32, seed))).cid; }

Node manifest_like() {
  List tags, parents;
  for (const char* tag : {"architecture", "decision", "storage"}) tags.emplace_back(tag);
  parents.emplace_back(some_cid(2));
  Map map;
  map.set("v", Node(1));
  map.set("id", Node(base::Bytes(16, 7)));
  map.set("type", Node("documentation"));
  map.set("title", Node("How an acknowledged write is made durable"));
  map.set("content", Node(some_cid(1)));
  map.set("size", Node(2048));
  map.set("hash", Node(base::Bytes(32, 9)));
  map.set("parents", Node(std::move(parents)));
  map.set("tags", Node(std::move(tags)));
  map.set("time", Node(std::int64_t{1763888400000000}));
  return Node(std::move(map));
}

void dag_cbor_encode_manifest(benchmark::State& state) {
  auto node = manifest_like();
  for (auto _ : state) benchmark::DoNotOptimize(encode_dag_cbor(node));
}
BENCHMARK(dag_cbor_encode_manifest);

void dag_cbor_decode_manifest(benchmark::State& state) {
  auto bytes = base::unwrap(encode_dag_cbor(manifest_like()));
  for (auto _ : state) benchmark::DoNotOptimize(decode_dag_cbor(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(dag_cbor_decode_manifest);

void links_of_manifest(benchmark::State& state) {
  auto bytes = base::unwrap(encode_dag_cbor(manifest_like()));
  for (auto _ : state) benchmark::DoNotOptimize(links_of(Codec::dag_cbor, bytes));
}
BENCHMARK(links_of_manifest);

PbNode file_node() {
  PbNode node;
  for (int i = 0; i < 1024; ++i)
    node.links.push_back({some_cid(static_cast<std::uint8_t>(i)), std::string(), std::uint64_t{1} << 20});
  return node;
}

void dag_pb_encode_1024_links(benchmark::State& state) {
  auto node = file_node();
  for (auto _ : state) benchmark::DoNotOptimize(encode_dag_pb(node));
}
BENCHMARK(dag_pb_encode_1024_links);

void links_of_1024_links(benchmark::State& state) {
  auto bytes = base::unwrap(encode_dag_pb(file_node()));
  for (auto _ : state) benchmark::DoNotOptimize(links_of(Codec::dag_pb, bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(links_of_1024_links);

void cid_to_text(benchmark::State& state) {
  auto cid = some_cid(1);
  for (auto _ : state) benchmark::DoNotOptimize(cid.text());
}
BENCHMARK(cid_to_text);

void cid_from_text(benchmark::State& state) {
  auto text = some_cid(1).text();
  for (auto _ : state) benchmark::DoNotOptimize(Cid::parse(text));
}
BENCHMARK(cid_from_text);

}  // namespace
