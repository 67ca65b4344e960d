// The audit log: what is written, what a crash leaves, what a change is found by.
#include "api/audit.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "api/audit_line.hpp"
#include "base/real_env.hpp"
#include "base/result.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::api {
namespace {

using test::run;

AuditEntry entry(std::string action, std::string detail = {}) {
  AuditEntry out;
  out.who = "ada";
  out.from = "rest";
  out.action = std::move(action);
  out.detail = std::move(detail);
  return out;
}

class AuditTest : public testing::Test {
protected:
  std::unique_ptr<AuditLog> open() { return run(env, AuditLog::open(env, home)); }
  AuditCheck verify() { return run(env, AuditLog::verify(env, home)); }
  std::string text() const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& bytes) const { std::ofstream(file, std::ios::binary) << bytes; }
  /// A log of that many lines, closed.
  void make(int lines) {
    auto log = open();
    for (int i = 1; i <= lines; ++i) log->record(entry("step." + std::to_string(i)));
    run(env, log->close());
  }

  test::TempDir directory;
  std::string home = directory / "home", file = home + "/audit.log";
  base::RealEnv env;
};

TEST_F(AuditTest, WritesLinesThatFollowEachOther) {
  auto log = open();
  log->record(entry("context.commit", "a \"quoted\"\nline with \xff and \u00e4"));
  log->record(entry("context.forget"));
  EXPECT_EQ(log->records(), 2u);
  EXPECT_EQ(log->failures(), 0u);
  // Handed to the system: another process sees it at once.
  EXPECT_EQ(verify().lines, 2u);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);

  auto page = run(env, log->read(0, 10));
  ASSERT_EQ(page.lines.size(), 2u);
  EXPECT_EQ(page.next, 0u);
  EXPECT_EQ(page.lines[0].seq, 2u);
  EXPECT_EQ(page.lines[1].entry.who, "ada");
  EXPECT_EQ(page.lines[1].entry.detail, "a \"quoted\"\nline with \uFFFD and \u00e4");
  EXPECT_GT(page.lines[1].time, 1'600'000'000'000'000);
  auto check = run(env, log->check());
  EXPECT_TRUE(check.ok());
  EXPECT_EQ(check.head, page.lines[0].hash);
  run(env, log->close());
  log->record(entry("too.late"));
  EXPECT_EQ(log->failures(), 1u);
}

TEST_F(AuditTest, GoesOnAfterARestart) {
  make(3);
  make(2);
  auto check = verify();
  EXPECT_TRUE(check.ok()) << check.problem;
  EXPECT_EQ(check.lines, 5u);
}

TEST_F(AuditTest, HasOneWriter) {
  auto log = open();
  EXPECT_THROW(open(), base::Error);
  run(env, log->close());
  open();
}

TEST_F(AuditTest, ReadsPagesFromTheNewest) {
  auto log = open();
  // Lines of different lengths, many more than one window holds.
  for (int i = 1; i <= 3000; ++i) log->record(entry("step." + std::to_string(i), std::string(i % 97, 'x')));
  std::uint64_t before = 0, expected = 3000;
  do {
    auto page = run(env, log->read(before, 700));
    ASSERT_FALSE(page.lines.empty());
    for (const auto& line : page.lines) {
      ASSERT_EQ(line.seq, expected);
      ASSERT_EQ(line.entry.action, "step." + std::to_string(expected));
      --expected;
    }
    before = page.next;
  } while (before != 0);
  EXPECT_EQ(expected, 0u);
  for (std::uint64_t seq : {2u, 3u, 1000u, 1001u, 2999u, 3000u, 3001u}) {
    auto page = run(env, log->read(seq, 1));
    ASSERT_EQ(page.lines.size(), 1u);
    EXPECT_EQ(page.lines[0].seq, seq - 1);
  }
  EXPECT_EQ(run(env, log->read(5000, 1)).lines[0].seq, 3000u);
  EXPECT_TRUE(run(env, log->read(1, 10)).lines.empty());
  EXPECT_EQ(run(env, log->read(0, 100'000)).lines.size(), 1000u);
}

TEST_F(AuditTest, FindsEveryChangeOfALine) {
  make(5);
  const auto whole = text();
  const auto head = verify().head;
  ASSERT_TRUE(verify().ok());
  auto line_of = [&whole](std::size_t at) { return std::count(whole.begin(), whole.begin() + at, '\n') + 1; };
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    write(changed);
    auto check = verify();
    // A change that leaves a line as it could be written is found by the line behind it; in the last line, only by the
    // head, when it was kept elsewhere.
    if (check.ok() && line_of(at) == 5) {
      EXPECT_NE(check.head, head);
      continue;
    }
    EXPECT_FALSE(check.ok()) << at;
    EXPECT_GE(check.bad_line, static_cast<std::uint64_t>(line_of(at)));
    EXPECT_LE(check.bad_line, static_cast<std::uint64_t>(line_of(at)) + 1);
    EXPECT_FALSE(check.problem.empty());
  }
}

TEST_F(AuditTest, FindsLinesThatWereRemovedPutInOrSwapped) {
  make(4);
  std::vector<std::string> lines;
  std::istringstream in(text());
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  auto bad = [&](std::vector<std::string> order) {
    std::string out;
    for (auto& line : order) out += line;
    write(out);
    return verify().bad_line;
  };
  EXPECT_EQ(bad({lines[0], lines[2], lines[3]}), 2u);
  EXPECT_EQ(bad({lines[1], lines[2], lines[3]}), 1u);
  EXPECT_EQ(bad({lines[0], lines[0], lines[1]}), 2u);
  EXPECT_EQ(bad({lines[0], lines[2], lines[1], lines[3]}), 2u);
  // Cut at the end: only the head tells, when it was kept elsewhere.
  EXPECT_EQ(bad({lines[0], lines[1]}), 0u);
  EXPECT_NE(verify().head, audit_hash(lines[3].substr(0, lines[3].size() - 1)));
}

TEST_F(AuditTest, CutsWhatACrashLeftAndSaysSo) {
  make(3);
  const auto whole = text();
  const std::string half = "{\"seq\":4,\"time\":\"20";
  write(whole + half);
  EXPECT_EQ(verify().bad_line, 4u);
  auto log = open();
  EXPECT_TRUE(log->valid());
  auto page = run(env, log->read(0, 1));
  EXPECT_EQ(page.lines[0].entry.action, "audit.recovered");
  EXPECT_EQ(page.lines[0].seq, 4u);
  log->record(entry("further"));
  run(env, log->close());
  EXPECT_TRUE(verify().ok());
  EXPECT_EQ(verify().lines, 5u);
  EXPECT_TRUE(text().starts_with(whole));
  std::ifstream aside(file + ".cut-4", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(aside), {}), half);
}

TEST_F(AuditTest, CutsHolesAndWhatStandsBehindThem) {
  make(8);
  auto damaged = text();
  const auto third = damaged.find("\"seq\":3");
  std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(third) + 20, 300, '\0');
  write(damaged);
  auto log = open();
  run(env, log->close());
  auto check = verify();
  EXPECT_TRUE(check.ok()) << check.problem;
  EXPECT_EQ(check.lines, 3u);  // two, and the one that says that the rest was cut
}

TEST_F(AuditTest, NeverCutsAwayTheTraceOfAChange) {
  make(5);
  auto changed = text();
  changed.replace(changed.find("step.3"), 6, "step.9");
  write(changed);
  auto log = open();
  EXPECT_FALSE(log->valid());
  log->record(entry("further"));
  run(env, log->close());
  EXPECT_TRUE(text().starts_with(changed));
  EXPECT_EQ(verify().bad_line, 4u);  // for good
}

TEST_F(AuditTest, FindsItsEndInALargeLog) {
  {
    auto log = open();
    for (int i = 0; i < 4000; ++i) log->record(entry("step", std::string(2000, 'x')));
    run(env, log->close());
  }
  ASSERT_GT(text().size(), 8u << 20);
  make(1);
  auto check = verify();
  EXPECT_TRUE(check.ok()) << check.problem;
  EXPECT_EQ(check.lines, 4001u);
}

TEST_F(AuditTest, SaysThatThereIsNone) {
  EXPECT_THROW(verify(), base::Error);
  open();
  EXPECT_EQ(verify().lines, 0u);
  EXPECT_TRUE(verify().ok());
}

TEST(AuditLine, CutsLongFields) {
  AuditEntry long_one;
  long_one.who = long_one.target = long_one.detail = std::string(100'000, '\x01');
  auto line = encode_audit_line(1, 0, bounded(long_one), first_prev());
  EXPECT_LT(line.size(), kMaxAuditLine);
  EXPECT_TRUE(decode_audit_line(line));
}

}  // namespace
}  // namespace openmcp::api
