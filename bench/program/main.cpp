// Whole-program figures: the openmcp that a user runs, beside Kubo (when given) with the same durability, in one run.
// Usage: bench_program OPENMCP [--kubo IPFS] [--work FOLDER] [--quick] [--only large,small,memory,start]
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "support/limits.hpp"
#include "support/process.hpp"
#include "support/random_file.hpp"
#include "support/table.hpp"

namespace {

namespace fs = std::filesystem;
using namespace openmcp::bench;

struct Setting {
  std::string openmcp, kubo;
  fs::path work;
  std::uint64_t big = 1ull << 30;    ///< bytes of the one large file
  std::uint64_t giant = 4ull << 30;  ///< bytes of the file that memory is measured with
  int small_files = 5000;
  int repeats = 5;
  std::string only = "large,small,memory,start";
};

class Bench {
public:
  explicit Bench(Setting setting) : s_(std::move(setting)) {
    fs::remove_all(s_.work);
    fs::create_directories(s_.work);
    big_ = s_.work / "big.bin";
    small_ = s_.work / "small";
    write_random(big_, s_.big, 1);
    fs::create_directories(small_);
    for (int i = 0; i < s_.small_files; ++i)
      write_random(small_ / fmt::format("f{:05}", i), 2048, static_cast<std::uint64_t>(i) + 2);
  }
  ~Bench() { fs::remove_all(s_.work); }

  void run_all() {
    auto cores = std::max(1u, std::thread::hardware_concurrency());
    double sha = sha256_rate(cores), fresh = copy_sync_rate(big_, s_.work, false),
           used = copy_sync_rate(big_, s_.work, true), sync = append_sync_rate(s_.work, 2048);
    fmt::print(
        "limits here: SHA-256 {:.2f} GB/s on {} cores; copy + fdatasync {:.0f} MB/s fresh, {:.0f} MB/s on used "
        "blocks; 2 KiB append + fdatasync {:.0f}/s\n\n",
        sha / 1e9, cores, fresh / 1e6, used / 1e6, sync);
    print_header();
    // The limit of an add is the slower of hashing everything and writing everything durably.
    auto wanted = [this](std::string_view part) { return s_.only.find(part) != std::string::npos; };
    if (wanted("large")) add_and_cat(std::min(sha, used));
    if (wanted("small")) small_files();
    if (wanted("memory")) memory();
    if (wanted("start")) start();
  }

private:
  std::vector<std::string> home() const { return {"OPENMCP_HOME=" + (s_.work / "home").string()}; }
  std::vector<std::string> repo() const { return {"IPFS_PATH=" + (s_.work / "kubo").string()}; }
  void fresh_home() const {
    fs::remove_all(s_.work / "home");
    run({s_.openmcp, "init"}, Output::discard, home());
    ::sync();
  }
  void fresh_repo() const {
    fs::remove_all(s_.work / "kubo");
    run({s_.kubo, "init", "--profile=randomports"}, Output::discard, repo());
    run({s_.kubo, "config", "profile", "apply", "unixfs-v1-2025"}, Output::discard, repo());
    // Kubo's flatfs does not sync by default; ours does, so it is compared with syncing on.
    auto config = s_.work / "kubo" / "config";
    std::ifstream in(config);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (auto at = text.find("\"sync\": false"); at != std::string::npos) text.replace(at, 13, "\"sync\": true");
    std::ofstream(config) << text;
    ::sync();
  }

  /// Adds the large file several times with us and with Kubo in turn, each time into an empty store.
  /// `kept`: what was added before stays, so that the file system must find other blocks, as in a store that grows. A
  /// disk may be several times slower at blocks that it never wrote before, and who comes first must not get better
  /// ones.
  std::string add(double limit, bool kept) {
    auto mb = [&](double wall) { return static_cast<double>(s_.big) / 1e6 / wall; };
    std::vector<Run> our_runs, peer_runs;
    for (int i = 0; i < s_.repeats; ++i) {
      if (kept && i > 0) set_aside(i);
      fresh_home();
      our_runs.push_back(run({s_.openmcp, "add", "-Q", big_.string()}, Output::capture, home()));
      if (s_.kubo.empty()) continue;
      fresh_repo();
      peer_runs.push_back(run({s_.kubo, "add", "-Q", "--offline", big_.string()}, Output::capture, repo()));
    }
    fs::remove_all(s_.work / "aside");
    auto ours = median(std::move(our_runs));
    auto cid = trimmed(ours.output);
    Figure figure{.what = fmt::format("add {} MiB {}", s_.big >> 20, kept ? "beside the last" : "in place of the last"),
                  .ours = mb(ours.wall),
                  .unit = "MB/s",
                  .limit = limit / 1e6,
                  .goal = ">= 3x Kubo, >= 70 % of limit"};
    if (!peer_runs.empty()) {
      auto peer = median(std::move(peer_runs));
      figure.peer = mb(peer.wall);
      if (trimmed(peer.output) != cid) fmt::print("CIDs differ: {} and Kubo's {}\n", cid, trimmed(peer.output));
      figure.reached = figure.ours >= 3 * *figure.peer && figure.ours * 1e6 >= 0.7 * limit;
    }
    print(figure);
    return cid;
  }
  void set_aside(int number) const {
    fs::create_directories(s_.work / "aside");
    fs::rename(s_.work / "home", s_.work / "aside" / fmt::format("home{}", number));
    if (!s_.kubo.empty()) fs::rename(s_.work / "kubo", s_.work / "aside" / fmt::format("kubo{}", number));
  }

  void add_and_cat(double limit) {
    auto mb = [&](double wall) { return static_cast<double>(s_.big) / 1e6 / wall; };
    add(limit, true);
    auto cid = add(limit, false);
    for (auto output : {Output::drain_pipe, Output::discard}) {
      auto nothing = [] {};
      auto read = median_run(s_.repeats, nothing, {s_.openmcp, "cat", cid}, output, home());
      Figure cat{.what = fmt::format("cat {} MiB {}", s_.big >> 20,
                                     output == Output::discard ? "to /dev/null" : "into a pipe"),
                 .ours = mb(read.wall),
                 .unit = "MB/s",
                 .goal = ">= 5x Kubo"};
      if (!s_.kubo.empty()) {
        cat.peer = mb(median_run(s_.repeats, nothing, {s_.kubo, "cat", "--offline", cid}, output, repo()).wall);
        cat.reached = cat.ours >= 5 * *cat.peer;
      }
      print(cat);
    }
  }

  void small_files() {
    auto rate = [&](double wall) { return s_.small_files / wall; };
    auto ours = median_run(
        s_.repeats, [this] { fresh_home(); }, {s_.openmcp, "add", "-Q", "-r", small_.string()}, Output::capture,
        home());
    Figure add{.what = fmt::format("add -r, {} files of 2 KiB", s_.small_files),
               .ours = rate(ours.wall),
               .unit = "files/s",
               .goal = ">= 10x Kubo"};
    if (!s_.kubo.empty()) {
      auto peer = median_run(
          s_.repeats, [this] { fresh_repo(); }, {s_.kubo, "add", "-Q", "-r", "--offline", small_.string()},
          Output::capture, repo());
      add.peer = rate(peer.wall);
      if (trimmed(peer.output) != trimmed(ours.output)) fmt::print("CIDs of the folder differ\n");
      add.reached = add.ours >= 10 * *add.peer;
    }
    print(add);
  }

  void memory() {
    auto giant = s_.work / "giant.bin";
    write_random(giant, s_.giant, 99);
    fresh_home();
    auto ours = run({s_.openmcp, "add", "-Q", giant.string()}, Output::discard, home());
    fs::remove(giant);
    print({.what = fmt::format("peak memory of a {} MiB add", s_.giant >> 20),
           .ours = ours.peak_mib,
           .unit = "MiB",
           .limit = std::nullopt,
           .peer = std::nullopt,
           .goal = "<= 128 MiB",
           .reached = ours.exit_code == 0 && ours.peak_mib <= 128,
           .more_is_better = false});
    fs::remove_all(s_.work / "home");
  }

  void start() {
    fresh_home();
    auto committed = run({s_.openmcp, "commit", "--json", (small_ / "f00000").string()}, Output::capture, home());
    auto id = committed.output.find("\"id\":\"") == std::string::npos
                  ? std::string("none")
                  : committed.output.substr(committed.output.find("\"id\":\"") + 6, 36);
    auto nothing = [] {};
    for (const auto& words : std::vector<std::vector<std::string>>{{"--version"}, {"list"}, {"get", id}}) {
      std::vector<std::string> command{s_.openmcp};
      command.insert(command.end(), words.begin(), words.end());
      auto ours = median_run(15, nothing, command, Output::discard, home());
      Figure figure{.what = "start to end of: openmcp " + words[0],
                    .ours = ours.wall * 1e3,
                    .unit = "ms",
                    .goal = "<= 20 ms",
                    .reached = ours.exit_code == 0 && ours.wall <= 0.020,
                    .more_is_better = false};
      if (!s_.kubo.empty() && words[0] == "--version")
        figure.peer = median_run(5, nothing, {s_.kubo, "--version"}, Output::discard, repo()).wall * 1e3;
      print(figure);
    }
  }

  Setting s_;
  fs::path big_, small_;
};

}  // namespace

int main(int argc, char** argv) {
  Setting setting;
  setting.work = fs::temp_directory_path() / "openmcp-bench";
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--kubo" && i + 1 < argc) {
      setting.kubo = argv[++i];
    } else if (word == "--work" && i + 1 < argc) {
      setting.work = fs::path(argv[++i]) / "openmcp-bench";
    } else if (word == "--only" && i + 1 < argc) {
      setting.only = argv[++i];
    } else if (word == "--quick") {
      setting.big = 256u << 20;
      setting.giant = 1ull << 30;
      setting.small_files = 1000;
      setting.repeats = 1;
    } else if (setting.openmcp.empty()) {
      setting.openmcp = word;
    } else {
      fmt::print(stderr, "bench_program: what is '{}'?\n", word);
      return 2;
    }
  }
  if (setting.openmcp.empty()) {
    fmt::print(stderr, "usage: bench_program OPENMCP [--kubo IPFS] [--work FOLDER] [--quick] [--only PARTS]\n");
    return 2;
  }
  for (const auto& program : {setting.openmcp, setting.kubo}) {
    if (program.empty() || ::access(program.c_str(), X_OK) == 0) continue;
    fmt::print(stderr, "bench_program: there is no program '{}'\n", program);
    return 2;
  }
  Bench(setting).run_all();
  return 0;
}
