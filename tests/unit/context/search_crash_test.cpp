// A process that is killed while it indexes leaves the content and the position of one and the same batch.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "search_support.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::context::search {
namespace {

constexpr int kEach = 7;  // documents a batch

/// Batch n holds documents n * kEach ... and, from the second on, removes the first of the batch before.
Batch batch(int n) {
  Batch made;
  for (int i = 0; i < kEach; ++i) {
    auto number = n * kEach + i;
    made.upserts.push_back(test::document(number, "batch", {"boat in batch number" + std::to_string(n), "river dog"}));
  }
  if (n > 0) made.removals.push_back(test::key((n - 1) * kEach));
  made.position = static_cast<std::uint64_t>(n) + 1;
  return made;
}

TEST(SearchCrash, BatchesAreWholeAndMatchThePosition) {
  test::TempDir folder;
  auto path = folder / "search.db";
  IndexOptions options{.path = path, .store = "crash", .words = test::loader_of(test::small_word_table())};
  int last = 0;
  for (int cycle = 0; cycle < 8; ++cycle) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    auto child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(acknowledged[0]);
      try {
        SearchIndex index(options);
        for (auto n = static_cast<int>(index.position());; ++n) {
          index.apply(batch(n));
          if (write(acknowledged[1], &n, sizeof n) != sizeof n) _exit(1);
        }
      } catch (...) {
        _exit(2);
      }
    }
    close(acknowledged[1]);
    int done = last - 1, n = 0;
    auto wanted = last + 5 + cycle * 3;
    while (done < wanted && read(acknowledged[0], &n, sizeof n) == sizeof n) done = n;
    usleep(static_cast<useconds_t>(300 * cycle));
    kill(child, SIGKILL);
    while (read(acknowledged[0], &n, sizeof n) == sizeof n) done = n;
    close(acknowledged[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));

    SearchIndex index(options);
    auto position = static_cast<int>(index.position());
    EXPECT_GE(position, done + 1);
    EXPECT_LE(position, done + 2);
    EXPECT_EQ(index.count(), static_cast<std::uint64_t>(position * kEach - (position - 1)));
    auto newest = test::query("number" + std::to_string(position - 1));
    newest.weights.embedding = 0;
    EXPECT_EQ(index.search(newest).total, static_cast<std::uint32_t>(kEach));
    newest.text = "number" + std::to_string(position);
    EXPECT_EQ(index.search(newest).total, 0u);
    EXPECT_TRUE(index.integrity_check().empty());
    last = position;
  }
}

}  // namespace
}  // namespace openmcp::context::search
