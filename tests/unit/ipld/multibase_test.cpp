#include "ipld/multibase.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "codec_support.hpp"
#include "support/vectors.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using test::must;

constexpr std::u32string_view kPrefixes = U"079fFvVtTbBcChkKzZmMuU\U0001F680";

std::vector<Base> all_bases() {
  std::vector<Base> bases = {Base::identity};
  for (char32_t prefix : kPrefixes) bases.push_back(must(base_from_prefix(prefix)));
  return bases;
}

std::string trim(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

/// name, "text": the form of the repository's test files. In the first line the text is what all others decode to.
struct Row {
  std::string name, text;
};
std::vector<Row> read_rows(const std::filesystem::path& file) {
  std::vector<Row> rows;
  std::istringstream lines(test::slurp_text(file));
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find('"'), last = line.rfind('"');
    if (first == last) continue;
    Row row{line.substr(0, line.find(',')), line.substr(first + 1, last - first - 1)};
    for (std::size_t at; (at = row.text.find("\\x00")) != std::string::npos;) row.text.replace(at, 4, 1, '\0');
    rows.push_back(row);
  }
  return rows;
}

TEST(Multibase, EncodesAndDecodesThePublishedVectors) {
  OPENMCP_NEED_VECTORS(folder, "multibase/tests");
  std::size_t checked = 0;
  for (std::string file : {"basic", "leading_zero", "two_leading_zeros"}) {
    auto rows = read_rows(folder / (file + ".csv"));
    const std::string decoded = rows.at(0).text;
    for (std::size_t i = 1; i < rows.size(); ++i, ++checked) {
      SCOPED_TRACE(file + " " + rows[i].name);
      auto base = must(base_from_name(rows[i].name));
      EXPECT_EQ(must(multibase_encode(base, base::as_bytes(decoded))), rows[i].text);
      auto back = must(multibase_decode(rows[i].text));
      EXPECT_EQ(back.base, base);
      EXPECT_EQ(base::as_text(back.bytes), decoded);
    }
  }
  EXPECT_EQ(checked, 69u);
}

TEST(Multibase, ReadsTheOtherLetterCase) {
  OPENMCP_NEED_VECTORS(folder, "multibase/tests");
  auto rows = read_rows(folder / "case_insensitivity.csv");
  ASSERT_EQ(rows.size(), 13u);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    SCOPED_TRACE(rows[i].name);
    EXPECT_EQ(base::as_text(must(multibase_decode(rows[i].text)).bytes), rows[0].text);
  }
}

TEST(Multibase, KnowsTheRegisteredNamesAndPrefixes) {
  OPENMCP_NEED_VECTORS(folder, "multibase");
  std::istringstream lines(test::slurp_text(folder / "multibase.csv"));
  std::string line;
  std::getline(lines, line);
  std::size_t known = 0;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string point, character, name;
    std::getline(cells, point, ',');
    std::getline(cells, character, ',');
    std::getline(cells, name, ',');
    name = trim(name);
    if (name == "none" || name == "base45" || name == "proquint") continue;  // reserved; drafts without vectors
    const auto prefix = static_cast<char32_t>(std::stoul(point.substr(2), nullptr, 16));
    EXPECT_EQ(base_name(must(base_from_prefix(prefix))), name);
    EXPECT_EQ(must(base_from_name(name)), static_cast<Base>(prefix));
    ++known;
  }
  EXPECT_EQ(known, kPrefixes.size());
}

TEST(Multibase, RefusesWhatNoEncoderWrites) {
  for (std::string text : {"",      // no prefix
                           "x00",   // unknown prefix
                           "\xff",  // not UTF-8
                           "f0",    // half a byte
                           "fzz",   // wrong character
                           "bf",    // one symbol is no byte
                           "bmy=",  // padding where there is none
                           "bmz",   // bits after the last byte (my is "f")
                           "bnbswy3dpfqqho33snr========",
                           "cmy",       // padding is missing
                           "cmy=====",  // not enough of it
                           "cmy=======",
                           "c========",  // padding alone
                           "cmzxw6yqa=",
                           "hMy",  // z-base-32 has one case
                           "mZg==",
                           "MZg",
                           "MZg=",
                           "MZh==",
                           "mZ",
                           "uZg/",
                           "mZg_",
                           "M=Zg=",
                           "00",
                           "0000000002",
                           "78",
                           "700",
                           "9a",
                           "9-1",
                           "zO",
                           "z0",
                           "zl",
                           "k-",
                           "k\xc3\xa9",
                           "\xf0\x9f\x9a\x80x",
                           "\xf0\x9f\x9a\x80\xf0\x9f"})
    EXPECT_FALSE(multibase_decode(text)) << text;
  EXPECT_EQ(base_from_name("base33").error().code(), Errc::unsupported);
  EXPECT_EQ(base_from_prefix('!').error().code(), Errc::unsupported);
}

TEST(Multibase, BoundsTheBasesThatCostTheSquare) {
  const base::Bytes most(kMaxRadixBytes, 0xff), more(kMaxRadixBytes + 1, 0xff);
  for (Base base : {Base::base10, Base::base36, Base::base58btc}) {
    auto text = must(multibase_encode(base, most));
    EXPECT_EQ(must(multibase_decode(text)).bytes, most);
    EXPECT_EQ(multibase_encode(base, more).error().code(), Errc::too_large);
    EXPECT_EQ(base_decode(base, std::string(kMaxRadixBytes + 1, base == Base::base58btc ? '1' : '0')).error().code(),
              Errc::too_large);
    EXPECT_EQ(base_decode(base, std::string(1 << 20, '5')).error().code(), Errc::too_large);
  }
}

TEST(Multibase, EveryLengthComesBackInEveryBase) {
  for (Base base : all_bases()) {
    SCOPED_TRACE(base_name(base));
    for (std::size_t size = 0; size < 70; ++size) {
      base::Bytes bytes(size);
      for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + size);
      auto text = must(multibase_encode(base, bytes));
      auto back = must(multibase_decode(text));
      ASSERT_EQ(back.bytes, bytes) << text;
      ASSERT_EQ(back.base, base);
    }
  }
}

RC_GTEST_PROP(Multibase, RandomBytesComeBack, ()) {
  auto bytes = *test::random_bytes(300);
  auto zeros = *rc::gen::inRange<std::size_t>(0, 5);
  bytes.insert(bytes.begin(), zeros, 0);
  for (Base base : all_bases()) RC_ASSERT(must(multibase_decode(must(multibase_encode(base, bytes)))).bytes == bytes);
}

RC_GTEST_PROP(Multibase, WhatDecodesIsWhatEncodingWrites, ()) {
  auto base = *rc::gen::elementOf(all_bases());
  // Texts of the right alphabet, of any length: whatever is accepted must be the canonical text but for letter case.
  auto sample = must(base_encode(base, *test::random_bytes(40)));
  auto text = sample.substr(0, *rc::gen::inRange<std::size_t>(0, sample.size() + 1));
  auto bytes = base_decode(base, text);
  if (bytes) RC_ASSERT(must(base_encode(base, *bytes)) == text);
}

}  // namespace
}  // namespace openmcp::ipld
