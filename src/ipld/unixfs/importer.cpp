#include "ipld/unixfs/importer.hpp"

#include <fmt/format.h>

#include <set>

#include "ipld/unixfs/import_run.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::Error;
using base::FileKind;
using base::Path;
using base::Task;
using base::TaskGroup;

Task<Scanned> look(base::Env& env, Path path, bool follow) {
  auto& disk = env.disk();
  auto job = [&disk, &path, follow] { return scan_path(disk, path, follow); };
  co_return co_await env.run(std::move(job));
}

}  // namespace

Importer::Importer(base::Env& env, BlockSink& sink, Profile profile, ImportOptions options)
    : env_(env), sink_(sink), profile_(profile), options_(std::move(options)) {
  base::unwrap(check_profile(profile_));
}

Task<Imported> Importer::import_path(Path path) {
  auto root = co_await look(env_, path, options_.follow_symlinks);
  co_return co_await import_scanned(std::move(path), std::move(root));
}

Task<Imported> Importer::import_file(Path path) {
  auto root = co_await look(env_, path, /*follow=*/true);
  if (root.info.kind == FileKind::directory) {
    throw Error(Errc::invalid_argument, fmt::format("'{}' is a directory, not a file", path));
  }
  co_return co_await import_scanned(std::move(path), std::move(root));
}

Task<Imported> Importer::import_directory(Path path) {
  auto root = co_await look(env_, path, /*follow=*/true);
  if (root.info.kind != FileKind::directory) {
    throw Error(Errc::invalid_argument, fmt::format("'{}' is not a directory", path));
  }
  co_return co_await import_scanned(std::move(path), std::move(root));
}

Task<Imported> Importer::import_scanned(Path path, Scanned root) {
  ImportRun run(env_, sink_, profile_, options_);
  auto body = [&run, &path, &root](TaskGroup& group) { return run.from_disk(group, path, std::move(root)); };
  co_await base::with_group(env_, std::move(body));
  co_return run.result();
}

Task<Imported> Importer::import_stream(ByteSource source) {
  ImportRun run(env_, sink_, profile_, options_);
  auto body = [&run, &source](TaskGroup& group) { return run.from_stream(group, std::move(source)); };
  co_await base::with_group(env_, std::move(body));
  co_return run.result();
}

Task<Imported> Importer::import_bytes(base::SharedBytes bytes) {
  ImportRun run(env_, sink_, profile_, options_);
  auto body = [&run, &bytes](TaskGroup& group) { return run.from_bytes(group, std::move(bytes)); };
  co_await base::with_group(env_, std::move(body));
  co_return run.result();
}

Task<Imported> Importer::make_directory(std::vector<NamedEntry> entries) {
  ImportRun run(env_, sink_, profile_, options_);
  auto body = [&run, &entries](TaskGroup& group) { return run.from_entries(group, std::move(entries)); };
  co_await base::with_group(env_, std::move(body));
  co_return run.result();
}

Task<Totals> measure(base::Env& env, Path path, ImportOptions options) {
  auto root = co_await look(env, path, options.follow_symlinks);
  Totals totals;
  struct Directory {
    Path path;
    std::string relative;
    std::size_t depth;
  };
  std::vector<Directory> waiting;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen{{root.info.device, root.info.inode}};  // links lead in circles
  auto count = [&totals](const base::FileInfo& info) {
    if (info.kind == FileKind::file) totals.bytes += info.size;
    if (info.kind == FileKind::file || info.kind == FileKind::symlink) ++totals.files;
    if (info.kind == FileKind::directory) ++totals.directories;
  };
  count(root.info);
  if (root.info.kind == FileKind::directory) waiting.push_back({std::move(path), {}, 0});
  auto& disk = env.disk();
  ScanRules rules{.include_hidden = options.include_hidden, .follow_symlinks = options.follow_symlinks};
  while (!waiting.empty()) {
    Directory directory = std::move(waiting.back());
    waiting.pop_back();
    auto job = [&disk, &directory, &rules] { return scan_directory(disk, directory.path, rules); };
    auto entries = co_await env.run(std::move(job));
    for (auto& entry : entries) {
      auto relative = directory.relative.empty() ? entry.name : directory.relative + "/" + entry.name;
      if (options.exclude && options.exclude(relative, entry.info.kind)) continue;
      if (entry.cannot) continue;
      count(entry.info);
      if (entry.info.kind != FileKind::directory || directory.depth == kMaxDirectoryDepth) continue;
      if (options.follow_symlinks && !seen.insert({entry.info.device, entry.info.inode}).second) continue;
      waiting.push_back({base::join(directory.path, entry.name), std::move(relative), directory.depth + 1});
    }
  }
  co_return totals;
}

}  // namespace openmcp::ipld::unixfs
