// Committing the files of a directory, each as a context of its own.
#include <fmt/format.h>

#include "context/source_path.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::size_t kWriters = 32;          ///< files on their way at once: they share the syncs
constexpr std::int64_t kSettled = 2'000'000;  ///< µs; a younger change may not show in the file's time
constexpr std::size_t kMaxDepth = 1024;       ///< of directories
constexpr auto kProgressEvery = std::chrono::milliseconds(50);

struct FoundFile {
  base::Path path;
  std::string shown;  ///< relative to the directory
  base::FileInfo info;
};

struct Walked {
  std::vector<FoundFile> files;  ///< in the order of their paths
  std::vector<SkippedFile> skipped;
};

/// Blocks.
class Walk {
public:
  Walk(base::Disk& disk, bool hidden, base::Path excluded)
      : disk_(disk), hidden_(hidden), excluded_(std::move(excluded)) {}

  Walked run(const base::Path& directory) {
    auto info = disk_.stat(directory);
    if (!info) throw base::Error(Errc::not_found, fmt::format("no directory '{}'", directory));
    if (info->kind != base::FileKind::directory)
      throw base::Error(Errc::invalid_argument, fmt::format("'{}' is not a directory", directory));
    enter(directory, "", 0);
    return std::move(out_);
  }

private:
  void enter(const base::Path& directory, const std::string& shown, std::size_t depth) {
    std::vector<base::DirectoryEntry> entries;
    try {
      if (depth > kMaxDepth) throw base::Error(Errc::too_large, "more than 1024 directories deep");
      entries = disk_.list(directory);
    } catch (const base::Error& error) {
      if (depth == 0) throw;
      skip(shown, error.message());
      return;
    }
    for (const auto& entry : entries) {
      if (!hidden_ && entry.name.starts_with('.')) continue;
      auto path = base::join(directory, entry.name);
      auto name = shown.empty() ? entry.name : base::join(shown, entry.name);
      if (!excluded_.empty() && normal_path(path) == excluded_) continue;
      switch (entry.kind) {
        case base::FileKind::directory:
          enter(path, name, depth + 1);
          break;
        case base::FileKind::symlink:
          skip(name, "a symbolic link");
          break;
        case base::FileKind::other:
          skip(name, "not a regular file");
          break;
        case base::FileKind::file:
          add(std::move(path), std::move(name));
          break;
      }
    }
  }

  void add(base::Path path, std::string name) {
    try {
      if (auto info = disk_.stat(path, false)) {
        out_.files.push_back({.path = std::move(path), .shown = std::move(name), .info = *info});
        return;
      }
      skip(std::move(name), "it went away");
    } catch (const base::Error& error) {
      skip(std::move(name), error.message());
    }
  }

  void skip(std::string name, std::string why) {
    out_.skipped.push_back({.path = std::move(name), .why = std::move(why)});
  }

  base::Disk& disk_;
  bool hidden_;
  base::Path excluded_;
  Walked out_;
};

/// The file's own trouble, not the store's: the others can go on.
bool only_this_file(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::permission:
    case Errc::conflict:
    case Errc::invalid_argument:
    case Errc::too_large:
    case Errc::io:
      return true;
    default:
      return false;
  }
}

class Committing {
public:
  Committing(Workspace::State& state, DirectoryRequest request) : state_(state), request_(std::move(request)) {}

  base::Task<DirectoryReport> run() {
    auto walk = [&disk = state_.env.disk(), hidden = request_.hidden, excluded = state_.excluded(),
                 path = request_.path] { return Walk(disk, hidden, excluded).run(path); };
    auto walked = co_await state_.env.run(std::move(walk));
    files_ = std::move(walked.files);
    report_.skipped = std::move(walked.skipped);
    std::move_only_function<base::Task<void>(base::TaskGroup&)> body = [this](base::TaskGroup& group) {
      return start(group);
    };
    co_await base::with_group(state_.env, std::move(body));
    finish();
    co_return std::move(report_);
  }

private:
  base::Task<void> start(base::TaskGroup& group) {
    for (std::size_t i = 0; i < std::min(kWriters, files_.size()); ++i) group.spawn(writer(group));
    co_return;
  }

  base::Task<void> writer(base::TaskGroup& group) {
    while (next_ < files_.size() && !group.failed()) {
      const auto index = next_++;
      co_await one(index);
      ++done_;
      show(files_[index].shown);
    }
  }

  base::Task<void> one(std::size_t index) {
    const auto& file = files_[index];
    auto source = source_of(state_.options.root, file.path);
    if (source && co_await looks_unchanged(*source, file.info)) {
      ++report_.unchanged;
      co_return;
    }
    std::optional<Prepared> prepared;
    auto why = co_await prepare_file(file.path, prepared);
    if (!prepared) {
      report_.skipped.push_back({.path = file.shown, .why = std::move(why)});
      co_return;
    }
    report_.bytes += prepared->size;
    auto request = request_.defaults;
    request.content = std::monostate();
    request.id.reset();
    request.new_id.reset();
    request.source = source;
    auto result = co_await state_.commit_prepared(std::move(request), std::move(prepared));
    if (result.unchanged) {
      ++report_.unchanged;
      co_return;
    }
    ++(result.created ? report_.created : report_.updated);
    results_.emplace_back(index, std::move(result));
  }

  /// True when the file is as it was when its content, which is the context's present one, was read.
  base::Task<bool> looks_unchanged(std::string source, base::FileInfo info) {
    const auto& wanted = request_.defaults;
    if (wanted.new_context || wanted.conversation || wanted.type || wanted.title || wanted.media_type || wanted.tags ||
        wanted.metadata || wanted.relations || wanted.expected_parents)
      co_return false;
    auto match = co_await state_.views->by_source(std::move(source));
    if (!match || !match->stamp) co_return false;
    const auto& stamp = *match->stamp;
    co_return stamp.size == info.size&& stamp.mtime == info.mtime&& stamp.inode == info.inode&& stamp.content ==
        match->content&& info.mtime + kSettled <= stamp.checked;
  }

  /// Why not, when `out` stays empty.
  base::Task<std::string> prepare_file(base::Path path, std::optional<Prepared>& out) {
    std::string why;
    for (int attempt = 0; attempt < 2 && !out; ++attempt) {
      try {
        PrepareOptions how{.conversation = request_.defaults.conversation, .exclude = {}};
        Content content = FileContent{.path = path};
        out = co_await prepare(state_.env, state_.store, std::move(content), std::move(how));
      } catch (const base::Error& error) {
        if (!only_this_file(error.code())) throw;
        why = error.message();
        if (error.code() != Errc::conflict) break;  // one that changed while it was read is tried again
      }
    }
    co_return why;
  }

  void show(const std::string& path) {
    if (!request_.progress) return;
    auto now = state_.env.steady();
    if (done_ < files_.size() && now - shown_ < kProgressEvery) return;
    shown_ = now;
    request_.progress({.done = done_, .total = files_.size(), .bytes = report_.bytes, .unit = "files", .what = path});
  }

  void finish() {
    auto by_index = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::sort(results_.begin(), results_.end(), by_index);
    for (auto& [index, result] : results_) report_.committed.push_back(std::move(result));
    auto by_path = [](const SkippedFile& a, const SkippedFile& b) { return a.path < b.path; };
    std::sort(report_.skipped.begin(), report_.skipped.end(), by_path);
  }

  Workspace::State& state_;
  DirectoryRequest request_;
  std::vector<FoundFile> files_;
  std::vector<std::pair<std::size_t, CommitResult>> results_;
  DirectoryReport report_;
  std::size_t next_ = 0, done_ = 0;
  base::Instant shown_{};
};

}  // namespace

base::Task<DirectoryReport> Workspace::commit_directory(DirectoryRequest request) {
  auto state = state_;
  auto operation = co_await state->enter();
  Committing committing(*state, std::move(request));
  co_return co_await committing.run();
}

}  // namespace openmcp::context
