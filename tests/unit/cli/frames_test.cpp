#include "cli/server/frames.hpp"

#include <gtest/gtest.h>

#include "base/sim_env.hpp"
#include "cli/server/lines.hpp"

namespace openmcp::cli {
namespace {

RunCommand full_command() {
  RunCommand command;
  command.words = {"commit", "-", "--title", std::string("a\0b", 3), ""};
  command.directory = "/home/anna";
  command.home = "/home/anna/.openmcp";
  command.root = "/home/anna";
  command.found = 2;
  command.variables = {{"OPENMCP_WORKSPACE_AUTHOR", "Anna"}};
  command.input_terminal = true;
  command.out = {.terminal = true, .colours = false, .columns = 80};
  return command;
}

std::vector<Frame> one_of_each() {
  return {Greeting{.version = "0.1.0", .kind = "serve", .pid = 77},
          full_command(),
          NeedInput{1u << 18},
          InputPiece{"bytes"},
          OutputPiece{true, std::string(1000, 'x')},
          CancelCommand{},
          CommandEnded{.code = 3, .error = ErrorFacts{1, "no such thing", "look elsewhere"}},
          SpeakMcp{},
          LinePiece{false, "{\"jsonrpc\""},
          AskFacts{},
          ServerFacts{"{}"},
          HandOver{}};
}

TEST(Frames, EachComesBackAsItWas) {
  auto all = one_of_each();
  ASSERT_EQ(all.size(), std::variant_size_v<Frame>);
  for (auto& frame : all) {
    auto bytes = encode(frame);
    ASSERT_GE(bytes.size(), 5u);
    EXPECT_EQ(bytes[3] + 256u * bytes[2], bytes.size() - 4);
    auto back = decode_frame(base::BytesView(bytes).subspan(4));
    ASSERT_TRUE(back.has_value()) << frame.index();
    EXPECT_TRUE(*back == frame) << frame.index();
  }
}

TEST(Frames, WhatIsCutOrLongerIsRefused) {
  for (auto& frame : one_of_each()) {
    auto bytes = encode(frame);
    base::Bytes body(bytes.begin() + 4, bytes.end());
    for (std::size_t size = 0; size < body.size(); ++size) {
      EXPECT_FALSE(decode_frame(base::BytesView(body).first(size)).has_value()) << frame.index() << " " << size;
    }
    body.push_back(0);
    EXPECT_FALSE(decode_frame(body).has_value()) << frame.index();
  }
  EXPECT_FALSE(decode_frame(base::Bytes{0}).has_value());
  EXPECT_FALSE(decode_frame(base::Bytes{static_cast<std::uint8_t>(std::variant_size_v<Frame> + 1)}).has_value());
}

TEST(Frames, AListOfBytesThatAreNotThereIsRefusedBeforeItIsMade) {
  base::Bytes body = {2, 0xFF, 0xFF, 0xFF, 0x7F};  // a command of 268 million words
  EXPECT_FALSE(decode_frame(body).has_value());
}

TEST(Lines, LongOnesGoInPiecesAndComeTogether) {
  for (std::size_t size : {std::size_t{0}, std::size_t{5}, kMaxPiece, kMaxPiece + 1, 3 * kMaxPiece}) {
    std::string line(size, 'l');
    auto pieces = pieces_of(line);
    EXPECT_EQ(pieces.size(), size == 0 ? 1 : (size + kMaxPiece - 1) / kMaxPiece);
    LineJoiner joiner;
    std::optional<std::string> whole;
    for (auto& piece : pieces) {
      EXPECT_FALSE(whole.has_value());
      whole = joiner.add(piece);
    }
    EXPECT_EQ(whole, line);
  }
}

}  // namespace
}  // namespace openmcp::cli
