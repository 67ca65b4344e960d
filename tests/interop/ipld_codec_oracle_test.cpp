// Our codecs beside @ipld/dag-cbor, @ipld/dag-json, @ipld/dag-pb and multiformats, on random values and damaged blocks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "interop/node_oracle.hpp"
#include "ipld/codec.hpp"
#include "ipld/dag_pb.hpp"
#include "unit/ipld/codec_support.hpp"

namespace openmcp::ipld {
namespace {

using namespace std::string_view_literals;
using boost::json::object;
using test::must;

constexpr int kValues = 2000;

/// The n-th of a repeatable series; sizes grow with n.
template <class T>
T nth(const rc::Gen<T>& generator, int n) {
  return generator(rc::Random(static_cast<std::uint64_t>(n)), 10 + n % 90).value();
}

/// JavaScript's numbers are exact below this.
constexpr std::uint64_t kSafe = std::uint64_t{1} << 53;

bool for_javascript(const Cid& cid) {
  return static_cast<std::uint64_t>(cid.codec()) < kSafe && static_cast<std::uint64_t>(cid.hash().code()) < kSafe;
}

/// @ipld/dag-json sorts keys by UTF-16 units, the specification by UTF-8 bytes: U+E000 to U+FFFF stand before what is
/// above them there, and behind it here.
bool sorts_alike(std::string_view key) {
  while (auto point = take_utf8(key))
    if (*point >= 0xe000 && *point <= 0xffff) return false;
  return key != "__proto__";
}

/// JavaScript has one type of number: a float without a fraction comes back as an integer. Leave those out, and CIDs
/// whose codes are not exact there, and keys that it sorts otherwise.
Node for_javascript(const Node& node) {
  if (auto cid = node.if_link(); cid && !for_javascript(*cid)) return Cid();
  if (auto number = node.if_float(); number && *number == std::trunc(*number)) return nullptr;
  if (auto list = node.if_list()) {
    List out;
    for (const Node& item : *list) out.push_back(for_javascript(item));
    return out;
  }
  if (auto map = node.if_map()) {
    Map out;
    for (const auto& [key, value] : *map)
      if (sorts_alike(key)) out.set(key, for_javascript(value));
    return out;
  }
  return node;
}

Node random_value(int n) { return for_javascript(nth(test::random_node(), n)); }

PbNode random_pb_node(int n) {
  rc::Gen<PbNode> generator = rc::gen::exec([] {
    PbNode node;
    for (int links = *rc::gen::inRange(0, 8); links > 0; --links) {
      PbLink link{*rc::gen::suchThat(test::random_cid(), [](const Cid& cid) { return for_javascript(cid); }),
                  std::nullopt, std::nullopt};
      if (*rc::gen::arbitrary<bool>()) link.name = *test::random_text();
      if (*rc::gen::arbitrary<bool>())
        link.tsize = (*test::random_integer()).cbor_argument() >> 11;  // JavaScript's safe integers
      node.links.push_back(std::move(link));
    }
    if (*rc::gen::arbitrary<bool>()) node.data = *test::random_bytes(200);
    sort_links(node.links);
    return node;
  });
  return nth(generator, n);
}

object block_request(Codec codec, base::BytesView block) {
  return {{"codec", codec_name(codec)}, {"block", base::to_hex(block)}};
}

/// The hex that JavaScript made for this codec; empty when it refused.
std::string again(const object& answer, Codec codec) {
  if (!answer.contains("again")) return {};
  const auto& made = answer.at("again").at(codec_name(codec));
  return made.is_string() ? std::string(made.as_string()) : std::string();
}

std::string text_of(const object& answer, std::string_view key) {
  return answer.contains(key) ? std::string(answer.at(key).as_string()) : std::string();
}
std::string error_of(const object& answer) { return text_of(answer, "error"); }

TEST(IpldOracle, BlocksOfRandomValuesAreTheSame) {
  OPENMCP_NEED_NODE();
  struct Case {
    Node node;
    Codec codec;
    base::Bytes block;
  };
  std::vector<Case> cases;
  for (int n = 0; n < kValues; ++n) {
    const Node node = random_value(n);
    for (Codec codec : {Codec::dag_cbor, Codec::dag_json})
      if (auto block = encode(codec, node)) cases.push_back({node, codec, *std::move(block)});
    const Node pb = must(decode(Codec::dag_pb, must(encode_dag_pb(random_pb_node(n)))));
    cases.push_back({pb, Codec::dag_pb, must(encode(Codec::dag_pb, pb))});
  }
  std::vector<object> requests;
  for (const auto& one : cases) requests.push_back(block_request(one.codec, one.block));
  const auto answers = test::ask_node("ipld_oracle.mjs", requests);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& [node, codec, block] = cases[i];
    SCOPED_TRACE(codec_name(codec) + " " + base::to_hex(block));
    ASSERT_EQ(error_of(answers[i]), "");
    for (Codec target : {Codec::dag_cbor, Codec::dag_json, Codec::dag_pb}) {
      if (target == Codec::dag_pb && codec != Codec::dag_pb) continue;
      auto ours = encode(target, node);
      if (ours) ASSERT_EQ(again(answers[i], target), base::to_hex(*ours)) << "as " << codec_name(target);
    }
    std::vector<std::string> ours, theirs;
    for (const Cid& cid : must(links_of(codec, block))) ours.push_back(cid.text());
    for (const auto& cid : answers[i].at("links").as_array()) theirs.emplace_back(cid.as_string());
    std::ranges::sort(ours);
    std::ranges::sort(theirs);
    ASSERT_EQ(ours, theirs);
  }
}

TEST(IpldOracle, DamagedBlocksThatWeTakeAreTakenAndWhatIsCanonicalIsTakenByUs) {
  OPENMCP_NEED_NODE();
  struct Case {
    Codec codec;
    base::Bytes block;
  };
  std::vector<Case> cases;
  rc::Random random(7);
  for (int n = 0; n < 3 * kValues; ++n) {
    const Codec codec = n % 3 == 0 ? Codec::dag_cbor : n % 3 == 1 ? Codec::dag_json : Codec::dag_pb;
    auto block = codec == Codec::dag_pb ? encode_dag_pb(random_pb_node(n)) : encode(codec, random_value(n));
    if (!block || block->empty()) continue;
    // One byte changed, put in or left out.
    const auto at = static_cast<std::ptrdiff_t>(random.next() % block->size());
    const std::string_view likely =
        codec == Codec::dag_json ? "0\",:{}[]/\\ \nbue-."sv : "\x01\x00\x12\x18\x40\x60\x81\xa1\xf6\xd8"sv;
    const auto byte = static_cast<std::uint8_t>(
        random.next() % 2 ? random.next() : static_cast<unsigned char>(likely[random.next() % likely.size()]));
    switch (random.next() % 3) {
      case 0:
        (*block)[static_cast<std::size_t>(at)] = byte;
        break;
      case 1:
        block->insert(block->begin() + at, byte);
        break;
      default:
        block->erase(block->begin() + at);
    }
    cases.push_back({codec, *std::move(block)});
  }
  std::vector<object> requests;
  for (const auto& one : cases) requests.push_back(block_request(one.codec, one.block));
  const auto answers = test::ask_node("ipld_oracle.mjs", requests);
  int taken = 0, refused = 0, stricter = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& [codec, block] = cases[i];
    SCOPED_TRACE(codec_name(codec) + " " + base::to_hex(block));
    auto node = decode(codec, block);
    if (codec == Codec::dag_pb) {  // decode() also takes data before links
      if (auto strict = decode_dag_pb(block); !strict) node = std::unexpected(strict.error());
    }
    const std::string theirs = again(answers[i], codec);
    const bool canonical = error_of(answers[i]).empty() && theirs == base::to_hex(block);
    if (node) {
      ++taken;
      ASSERT_EQ(error_of(answers[i]), "");
      if (for_javascript(*node) == *node && encode(codec, *node)) ASSERT_TRUE(canonical) << theirs;
    } else {
      ++(answers[i].contains("error") ? refused : stricter);
      // They carry CIDs whose digests IPIP-512 forbids, and write a CID's text as they read it.
      const bool cid = node.error().message().find("CID") != std::string::npos ||
                       (codec == Codec::dag_json && base::as_text(block).contains(R"({"/":")"));
      ASSERT_TRUE(!canonical || cid) << node.error().message();
    }
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(refused, 500);
  EXPECT_GT(stricter, 20);
}

TEST(IpldOracle, CidsReadTheSame) {
  OPENMCP_NEED_NODE();
  std::vector<Cid> cids;
  std::vector<object> requests;
  for (int n = 0; n < kValues; ++n) {
    const Cid cid = nth(test::random_cid(), n);
    if (!for_javascript(cid)) continue;
    cids.push_back(cid);
    requests.push_back({{"cid", base::to_hex(cids.back().bytes())}});
  }
  const auto answers = test::ask_node("ipld_oracle.mjs", requests);
  for (std::size_t i = 0; i < cids.size(); ++i) {
    ASSERT_EQ(error_of(answers[i]), "") << base::to_hex(cids[i].bytes());
    EXPECT_EQ(text_of(answers[i], "text"), cids[i].text());
    if (cids[i].version() == 0) continue;
    EXPECT_EQ(text_of(answers[i], "base58btc"), must(cids[i].text('z')));
    EXPECT_EQ(text_of(answers[i], "base36"), must(cids[i].text('k')));
  }
}

TEST(IpldOracle, EveryMultibaseWritesTheSame) {
  OPENMCP_NEED_NODE();
  std::vector<object> requests;
  std::vector<std::string> ours;
  for (std::string_view name : {"base2",
                                "base8",
                                "base10",
                                "base16",
                                "base16upper",
                                "base32",
                                "base32upper",
                                "base32pad",
                                "base32padupper",
                                "base32hex",
                                "base32hexupper",
                                "base32hexpad",
                                "base32hexpadupper",
                                "base32z",
                                "base36",
                                "base36upper",
                                "base58btc",
                                "base58flickr",
                                "base64",
                                "base64pad",
                                "base64url",
                                "base64urlpad",
                                "base256emoji"}) {
    base::Bytes all(256);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
    for (int n = 0; n < 100; ++n) {
      auto bytes = n == 0 ? all : nth(test::random_bytes(60), n);
      if (n % 7 == 0) bytes.insert(bytes.begin(), static_cast<std::size_t>(n % 5), 0);
      requests.push_back({{"base", name}, {"bytes", base::to_hex(bytes)}});
      ours.push_back(must(multibase_encode(must(base_from_name(name)), bytes)));
    }
  }
  const auto answers = test::ask_node("ipld_oracle.mjs", requests);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ASSERT_EQ(error_of(answers[i]), "");
    ASSERT_EQ(text_of(answers[i], "text"), ours[i]) << boost::json::serialize(requests[i]);
  }
}

}  // namespace
}  // namespace openmcp::ipld
