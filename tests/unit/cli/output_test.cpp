#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <thread>

#include "api/json_writer.hpp"
#include "base/real_env.hpp"
#include "base/sync.hpp"
#include "cli/content_io.hpp"
#include "cli/signals.hpp"
#include "cli/stdio.hpp"
#include "cli/table.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::cli {
namespace {

using base::as_bytes;

/// A pipe whose other end is read by a thread.
class Pipe {
public:
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    read_ = ends[0];
    write_ = ends[1];
    thread_ = std::thread([this] {
      char buffer[65536];
      for (ssize_t got = 0; (got = ::read(read_, buffer, sizeof buffer)) > 0;) {
        text_.append(buffer, static_cast<std::size_t>(got));
      }
    });
  }
  ~Pipe() {
    if (thread_.joinable()) text();
  }
  int in() const { return write_; }
  std::string text() {
    close(write_);
    thread_.join();
    close(read_);
    return text_;
  }

private:
  int read_, write_;
  std::string text_;
  std::thread thread_;
};

TEST(Output, KeepsTheOrderOfSmallAndLargeWrites) {
  Pipe pipe;
  Output out(pipe.in(), true);
  std::string large(3 << 20, 'x');
  out.write("small ");
  out.write(large);
  std::array parts = {as_bytes(" a"), as_bytes(""), as_bytes("b"), as_bytes(large)};
  out.write_parts(parts);
  out.line(" end");
  out.flush();
  EXPECT_EQ(pipe.text(), "small " + large + " ab" + large + " end\n");
}

TEST(Output, ManyPartsAreWrittenInOrder) {
  Pipe pipe;
  Output out(pipe.in(), false);
  std::string all(1000, 0);
  std::vector<base::BytesView> parts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<char>('a' + i % 26);
    parts.push_back(as_bytes(std::string_view(all).substr(i, 1)));
  }
  out.write_parts(parts);
  EXPECT_EQ(pipe.text(), all);
}

TEST(Output, PartsOfMappedFilesKeepTheirOrderInAPipe) {
  test::TempDir temp;
  auto disk = base::make_real_disk();
  std::string text(5 << 20, 0);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 2654435761u >> 24);
  auto file = disk->open(temp / "f", base::OpenMode::create);
  file->write_at(0, as_bytes(text));
  Pipe pipe;
  Output out(pipe.in(), false);
  {
    auto whole = file->map(0, text.size());
    EXPECT_TRUE(whole.mapped());
    out.write("begin ");
    out.write_shared(whole.slice(7, 3'000'000));
    out.write("middle ");
    out.write_shared(whole.slice(3'000'007, 10));
    out.write_shared(base::SharedBytes(base::to_bytes(std::string(100'000, 'h'))));
    out.write_shared(whole.slice(4'000'000, 1'000'000));
  }
  file.reset();  // the pipe may still hold pages of it
  disk->remove(temp / "f");
  out.flush();
  EXPECT_EQ(pipe.text(), "begin " + text.substr(7, 3'000'000) + "middle " + text.substr(3'000'007, 10) +
                             std::string(100'000, 'h') + text.substr(4'000'000, 1'000'000));
}

TEST(Output, AReaderThatWentAwayIsAQuietEnd) {
  block_stop_signals();  // also ignores SIGPIPE
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  Output out(ends[1], false);
  out.write("gathered");
  EXPECT_THROW(out.flush(), OutputClosed);
  close(ends[1]);
}

TEST(Output, AFullDeviceIsNamed) {
  int full = open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "no /dev/full";
  Output out(full, false);
  try {
    out.write("x");
    out.flush();
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Errc::no_space);
  }
  close(full);
}

TEST(Output, NoColoursInPipes) {
  Pipe pipe;
  Output out(pipe.in(), true);
  EXPECT_FALSE(out.terminal());
  EXPECT_EQ(out.styled(Style::red, "x"), "x");
  EXPECT_EQ(out.columns(), 0u);
}

TEST(Input, ReadsUntilTheBufferIsFullOrTheEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([&] {
    for (auto piece : {"ab", "cd", "e"}) {
      ASSERT_EQ(write(ends[1], piece, strlen(piece)), static_cast<ssize_t>(strlen(piece)));
      usleep(2000);
    }
    close(ends[1]);
  });
  base::RealEnv env;
  StandardInput in(env, ends[0]);
  base::Bytes four(4);
  EXPECT_FALSE(in.begun());
  EXPECT_EQ(test::run(env, in.read(four)), 4u);
  EXPECT_EQ(base::as_text(four), "abcd");
  EXPECT_EQ(test::run(env, in.read(four)), 1u);
  EXPECT_EQ(test::run(env, in.read(four)), 0u);
  EXPECT_TRUE(in.begun());
  writer.join();
  close(ends[0]);
}

base::Task<void> stop_reading(base::Env& env, Input& in, bool& cancelled) {
  auto read = [](Input& from, bool& seen) -> base::Task<void> {
    base::Bytes piece(10);
    try {
      co_await from.read(piece);
    } catch (const base::Error& error) {
      seen = error.code() == base::Errc::cancelled;
    }
  };
  base::TaskGroup group(env);
  group.spawn(read(in, cancelled));
  co_await env.sleep(std::chrono::milliseconds(5));
  group.cancel();
  co_await group.join();
}

TEST(Input, WaitingForAPipeThatSaysNothingHoldsNoThreadAndCanBeCancelled) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  base::RealEnv env(1);  // the only worker must stay free
  StandardInput in(env, ends[0]);
  bool cancelled = false;
  test::run(env, stop_reading(env, in, cancelled));
  EXPECT_TRUE(cancelled);
  close(ends[0]), close(ends[1]);
}

TEST(Input, AFileIsReadToItsEnd) {
  test::TempDir temp;
  std::ofstream(temp / "f") << std::string(300'000, 'f');
  int file = open((temp / "f").c_str(), O_RDONLY);
  base::RealEnv env;
  StandardInput in(env, file);
  base::Bytes much(1'000'000);
  EXPECT_EQ(test::run(env, in.read(much)), 300'000u);
  EXPECT_EQ(test::run(env, in.read_some(much)), 0u);
  close(file);
}

TEST(Table, AlignsEscapesAndLeavesPipesUncut) {
  Pipe pipe;
  Output out(pipe.in(), true);
  Table table({{.title = "ID"}, {.title = "N", .right = true}, {.title = "TITLE", .shrinks = true}});
  table.row({"a", "1", std::string(300, 'x')});
  table.row({"日本", "200", "two\nlines \x1b[2J"});
  table.print(out);
  out.flush();
  EXPECT_EQ(pipe.text(),
            "ID      N  TITLE\na       1  " + std::string(300, 'x') + "\n日本  200  two\\nlines \\x1b[2J\n");
}

TEST(Table, AnEmptyOnePrintsNothing) {
  Pipe pipe;
  Output out(pipe.in(), true);
  Table({{.title = "ID"}}).print(out);
  out.flush();
  EXPECT_EQ(pipe.text(), "");
}

TEST(ContentOutput, InPipesBytesStayAsTheyAre) {
  Pipe pipe;
  Output out(pipe.in(), true);
  ContentOutput content(out);
  std::string bytes("\x1b[31m\0\xff no newline", 18);
  content.write(base::SharedBytes(base::to_bytes(bytes)));
  content.finish();
  EXPECT_EQ(pipe.text(), bytes);
}

TEST(Json, NestedObjectsParseBack) {
  api::JsonWriter json;
  json.begin_object().field("text", "a\"b\\c\n\x01\xff日").field("yes", true).field("n", -5).field("x", 0.25);
  json.strings("list", std::vector<std::string>{"1", "2"}).key("none").null();
  json.key("inner").begin_object().key("empty").begin_array().end_array().end_object();
  json.key("raw").raw(R"({"k":[1]})").end_object();
  auto value = boost::json::parse(json.text());
  EXPECT_EQ(value.at("text").as_string(), "a\"b\\c\n\x01\uFFFD日");
  EXPECT_EQ(value.at("n").as_int64(), -5);
  EXPECT_EQ(value.at("x").as_double(), 0.25);
  EXPECT_TRUE(value.at("yes").as_bool());
  EXPECT_EQ(value.at("list").as_array().size(), 2u);
  EXPECT_TRUE(value.at("none").is_null());
  EXPECT_TRUE(value.at("inner").at("empty").as_array().empty());
  EXPECT_EQ(value.at("raw").at("k").at(0).as_int64(), 1);
}

}  // namespace
}  // namespace openmcp::cli
