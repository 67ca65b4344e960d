#include "ipld/unixfs/data.hpp"

#include "codec_support.hpp"
#include "ipld/unixfs/fs_node.hpp"
#include "unixfs_support.hpp"

namespace openmcp::test {
namespace {

using namespace ipld::unixfs;
using base::Bytes;
using base::BytesView;

rc::Gen<Data> random_data(Bytes& content) {
  return rc::gen::exec([&content] {
    Data data;
    data.type = static_cast<NodeType>(*rc::gen::inRange(0, 6));
    if (*rc::gen::arbitrary<bool>()) {
      content = *random_bytes(50);
      data.data = content;
    }
    auto number = [] { return *rc::gen::arbitrary<std::uint64_t>() >> *rc::gen::inRange(0, 64); };
    if (*rc::gen::arbitrary<bool>()) data.filesize = number();
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) data.blocksizes.push_back(number());
    if (*rc::gen::arbitrary<bool>()) data.hash_type = number();
    if (*rc::gen::arbitrary<bool>()) data.fanout = number();
    if (*rc::gen::arbitrary<bool>()) data.mode = *rc::gen::arbitrary<std::uint32_t>();
    if (*rc::gen::arbitrary<bool>()) {
      data.mtime = UnixTime{*rc::gen::arbitrary<std::int64_t>(), *rc::gen::inRange<std::uint32_t>(0, 1'000'000'000)};
    }
    return data;
  });
}

bool same(const Data& a, const Data& b) {
  auto bytes = [](const Data& data) { return data.data ? std::optional(base::to_bytes(*data.data)) : std::nullopt; };
  return a.type == b.type && bytes(a) == bytes(b) && a.filesize == b.filesize && a.blocksizes == b.blocksizes &&
         a.hash_type == b.hash_type && a.fanout == b.fanout && a.mode == b.mode && a.mtime == b.mtime;
}

TEST(UnixfsData, ComesBackAsItWent) {
  EXPECT_TRUE(rc::check("decode(encode(data)) == data", [] {
    Bytes content;
    auto data = *random_data(content);
    auto bytes = encode_data(data);
    auto back = must(decode_data(bytes));
    RC_ASSERT(same(data, back));
    RC_ASSERT(back.canonical);
  }));
}

TEST(UnixfsData, KnownBytes) {
  EXPECT_EQ(base::to_hex(encode_data({.type = NodeType::directory})), "0801");
  auto hello = base::to_bytes("hello\n");
  EXPECT_EQ(base::to_hex(encode_data({.type = NodeType::file, .data = hello, .filesize = 6})),
            "0802120668656c6c6f0a1806");
  EXPECT_EQ(base::to_hex(encode_data({.type = NodeType::file, .filesize = 300, .blocksizes = {256, 44}})),
            "080218ac02208002202c");
  EXPECT_EQ(base::to_hex(encode_data({.type = NodeType::file, .mode = 0644, .mtime = UnixTime{-1, 5}})),
            "080238a403421008ffffffffffffffffff011505000000");
}

TEST(UnixfsData, PackedSizesAndLaterFieldsAreReadButNotCanonical) {
  auto packed =
      must(decode_data(from_hex("080218ac022203"
                                "80022c")));
  EXPECT_EQ(packed.blocksizes, (std::vector<std::uint64_t>{256, 44}));
  EXPECT_FALSE(packed.canonical);
  auto later =
      must(decode_data(from_hex("0802"
                                "4a0161"
                                "5001"
                                "5d00000000")));
  EXPECT_EQ(later.type, NodeType::file);
  EXPECT_FALSE(later.canonical);
}

TEST(UnixfsData, DamageIsRefused) {
  for (auto hex : {
           "",            // no type
           "1800",        // no type
           "0806",        // unknown type
           "0802180018",  // field cut off
           "08021800"
           "1800",  // twice
           "1800"
           "0802",    // out of order
           "088200",  // varint longer than needed
           "0802"
           "1205"
           "6161",    // data cut off
           "0a0102",  // type as bytes
           "0802"
           "388080808010",  // mode over 32 bits
           "0802"
           "4200",  // mtime without seconds
           "0802"
           "4205"
           "1501000000",  // mtime without seconds
           "0802"
           "4207"
           "0801"
           "1500ca9a3b",  // 10^9 nanoseconds
           "0802"
           "4204"
           "0801"
           "0801",  // seconds twice
           "0802"
           "2203"
           "80028c",  // packed size cut off
           "0802"
           "4b",  // a group: no wire type of ours
           "0802"
           "00",  // field 0
       }) {
    auto data = decode_data(from_hex(hex));
    ASSERT_FALSE(data) << hex;
    EXPECT_EQ(data.error().code(), base::Errc::corrupt) << hex;
  }
}

TEST(UnixfsNode, SizesMustAgree) {
  auto leaf = make_block(ipld::Codec::raw, base::SharedBytes(base::to_bytes("0123456789")));
  auto node = [&](Data data) {
    std::vector<ipld::PbLink> links{{.hash = leaf.cid, .name = "", .tsize = 10}};
    auto block = unixfs_block(data, links);
    return decode_fs_node(block.cid, block.data);
  };
  EXPECT_EQ(node({.type = NodeType::file, .filesize = 10, .blocksizes = {10}})->size, 10u);
  EXPECT_EQ(node({.type = NodeType::file, .blocksizes = {10}})->size, 10u);
  EXPECT_EQ(node({.type = NodeType::file, .filesize = 11, .blocksizes = {10}}).error().code(), base::Errc::corrupt);
  EXPECT_EQ(node({.type = NodeType::file, .filesize = 10}).error().code(), base::Errc::corrupt);
  auto inline_bytes = base::to_bytes("ab");
  EXPECT_EQ(node({.type = NodeType::raw, .data = inline_bytes, .filesize = 12, .blocksizes = {10}})->size, 12u);
  EXPECT_EQ(node({.type = NodeType::file, .data = inline_bytes, .blocksizes = {UINT64_MAX}}).error().code(),
            base::Errc::corrupt);
}

}  // namespace
}  // namespace openmcp::test
