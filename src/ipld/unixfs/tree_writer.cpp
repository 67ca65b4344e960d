// write_tree of exporter.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ipld/unixfs/exporter.hpp"
#include "ipld/unixfs/fs_node.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::Error;
using base::FileKind;
using base::OpenMode;
using base::Path;
using base::Task;

constexpr std::size_t kPage = 1024;               ///< directory entries read at a time
constexpr std::size_t kSmallFiles = 64;           ///< written by one job ...
constexpr std::uint64_t kSmallBytes = 64u << 10;  ///< ... when no larger than this
constexpr std::size_t kMaxTreeDepth = 1024;
constexpr std::uint32_t kPermissionBits = 0777;

/// A file whose content is one piece in memory.
struct WholeFile {
  Path path;
  base::SharedBytes bytes;
  std::optional<std::uint32_t> mode;
};

class TreeWriter {
public:
  TreeWriter(base::Env& env, BlockSource& source, WriteOptions options)
      : env_(env), disk_(env.disk()), source_(source), options_(std::move(options)) {}

  Task<Written> run(Cid cid, Path target) {
    co_await write_node(std::move(cid), target);
    while (!directories_.empty()) {
      auto& top = directories_.back();
      auto page = co_await list_page(source_, top.cid, top.after, kPage);
      auto directory = top.path;
      depth_ = top.depth + 1;
      top.after = page.next;
      if (page.next.empty()) {
        if (top.mode || options_.sync) finished_.push_back(std::move(top));
        directories_.pop_back();
      }
      co_await write_entries(std::move(directory), std::move(page.entries));
      co_await write_whole_files();
    }
    co_await write_whole_files();
    co_await finish_directories();
    co_return written_;
  }

private:
  struct Directory {
    Cid cid;
    Path path;
    std::size_t depth = 0;
    std::optional<std::uint32_t> mode;
    std::string after;
  };

  Task<void> write_entries(Path directory, std::vector<DirectoryLink> entries) {
    for (std::size_t begin = 0; begin < entries.size(); begin += kSmallFiles) {
      auto end = std::min(begin + kSmallFiles, entries.size());
      // Blocks of small files and of directories; large raw blocks one by one, below.
      std::vector<Cid> wanted;
      for (auto i = begin; i < end; ++i) {
        check_name(directory, entries[i].name);
        if (is_small(entries[i])) wanted.push_back(entries[i].cid);
      }
      auto blocks = co_await source_.retrieve_many(wanted);
      std::size_t next = 0;
      for (auto i = begin; i < end; ++i) {
        auto path = base::join(directory, entries[i].name);
        auto block = is_small(entries[i]) ? std::move(blocks[next++]) : std::nullopt;
        if (block) {
          co_await write_block(entries[i].cid, *std::move(block), std::move(path));
        } else {
          co_await write_node(entries[i].cid, std::move(path));
        }
      }
    }
  }

  static bool is_small(const DirectoryLink& entry) {
    return !entry.cid.identity() && (entry.cid.codec() == Codec::dag_pb || entry.dag_size <= kSmallBytes);
  }

  static void check_name(const Path& directory, const std::string& name) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos || name.find('\0') != name.npos) {
      throw Error(Errc::corrupt,
                  fmt::format("a directory to be written as '{}' has an entry named '{}'", directory, name),
                  "such a name would leave the directory; export the DAG as a CAR file instead");
    }
  }

  Task<void> write_node(Cid cid, Path path) {
    auto block = co_await get_block(source_, cid);
    co_await write_block(std::move(cid), std::move(block), std::move(path));
  }

  Task<void> write_block(Cid cid, base::SharedBytes block, Path path) {
    auto node = base::unwrap(decode_fs_node(cid, block));
    if (is_directory(node.data.type)) {
      if (depth_ > kMaxTreeDepth) throw Error(Errc::too_large, fmt::format("'{}' lies too deep", path));
      co_await make_directory(path);
      directories_.push_back({std::move(cid), std::move(path), depth_, node.data.mode, {}});
      ++written_.directories;
    } else if (node.data.type == NodeType::symlink) {
      co_await make_symlink(std::move(path), std::string(base::as_text(node.inline_bytes())));
    } else if (!is_file(node.data.type)) {
      throw Error(Errc::unsupported, fmt::format("'{}': {} is {}", path, cid.text(), to_string(node.data.type)));
    } else if (node.links.empty()) {
      auto bytes = node.inline_bytes();
      auto start = bytes.empty() ? 0 : static_cast<std::size_t>(bytes.data() - block.data());
      add_whole_file({std::move(path), block.slice(start, bytes.size()), node.data.mode});
      if (whole_.size() >= kSmallFiles || whole_bytes_ >= kSmallFiles * kSmallBytes) co_await write_whole_files();
    } else {
      co_await write_large_file(std::move(cid), std::move(path), node.data.mode);
    }
  }

  void add_whole_file(WholeFile file) {
    whole_bytes_ += file.bytes.size();
    whole_.push_back(std::move(file));
  }

  Task<void> write_whole_files() {
    if (whole_.empty()) co_return;
    auto files = std::exchange(whole_, {});
    auto bytes = std::exchange(whole_bytes_, 0);
    auto job = [this, &files] {
      for (auto& file : files) {
        auto [open, place] = create(file.path, file.mode);
        open->write_at(0, file.bytes.view());
        settle(*open, place, file.path, file.mode);
      }
    };
    co_await env_.run(std::move(job));
    written_.files += files.size();
    advance(bytes);
  }

  Task<void> write_large_file(Cid cid, Path path, std::optional<std::uint32_t> mode) {
    auto job = [this, &path, mode] { return create(path, mode); };
    auto created = co_await env_.run(std::move(job));
    std::uint64_t offset = 0;
    ByteSink sink = [this, &created, &offset](base::SharedBytes bytes) -> Task<void> {
      auto write = [&created, &bytes, &offset] { created.first->write_at(offset, bytes.view()); };
      co_await env_.run(std::move(write));
      offset += bytes.size();
      advance(bytes.size());
    };
    co_await read_file(env_, source_, std::move(cid), ByteRange{}, std::move(sink));
    auto end = [this, &created, &path, mode] { settle(*created.first, created.second, path, mode); };
    co_await env_.run(std::move(end));
    ++written_.files;
    advance(0);
  }

  // --- on a worker ---

  /// A new file at `path`, or, when others may be replaced, beside it.
  std::pair<std::unique_ptr<base::File>, Path> create(const Path& path, std::optional<std::uint32_t> mode) {
    auto place = options_.overwrite ? beside(path) : path;
    auto bits = mode ? *mode & kPermissionBits : 0644;
    return {disk_.open(place, OpenMode::create_new, bits), place};
  }

  void settle(base::File& file, const Path& place, const Path& path, std::optional<std::uint32_t> mode) {
    if (options_.sync) file.sync();
    if (mode) disk_.set_mode(place, *mode & kPermissionBits);
    if (place != path) disk_.rename(place, path);
  }

  Path beside(const Path& path) {
    std::array<std::uint8_t, 8> random;
    env_.random(random);
    auto slash = path.rfind('/');
    auto directory = slash == Path::npos ? Path() : path.substr(0, slash + 1);
    return directory + ".openmcp-" + base::to_hex(random);
  }

  // --- directories and symlinks ---

  Task<void> make_directory(Path path) {
    auto job = [this, &path] {
      // Never through a symlink: what it points to is not ours to fill.
      auto found = disk_.stat(path, /*follow=*/false);
      if (!found) return disk_.make_directories(path);
      if (found->kind != FileKind::directory || !options_.overwrite) {
        throw Error(Errc::already_exists, fmt::format("'{}' exists", path), "choose another target, or overwrite");
      }
    };
    co_await env_.run(std::move(job));
  }

  Task<void> make_symlink(Path path, std::string target) {
    auto job = [this, &path, &target] {
      if (target.empty() || target.find('\0') != target.npos) {
        throw Error(Errc::corrupt, fmt::format("the symlink to be written as '{}' has an impossible target", path));
      }
      auto place = options_.overwrite ? beside(path) : path;
      disk_.make_symlink(place, target);
      if (place != path) disk_.rename(place, path);
    };
    co_await env_.run(std::move(job));
    ++written_.symlinks;
    advance(0);
  }

  /// Modes last and the deepest first: a directory that may not be written to could not have been filled.
  Task<void> finish_directories() {
    auto job = [this] {
      std::ranges::sort(finished_, std::greater<>(), &Directory::depth);
      for (auto& directory : finished_) {
        if (options_.sync) disk_.sync_directory(directory.path);
        if (directory.mode) disk_.set_mode(directory.path, *directory.mode & kPermissionBits);
      }
    };
    co_await env_.run(std::move(job));
  }

  void advance(std::uint64_t bytes) {
    written_.bytes += bytes;
    if (options_.progress) options_.progress({written_.bytes, written_.files + written_.symlinks});
  }

  base::Env& env_;
  base::Disk& disk_;
  BlockSource& source_;
  WriteOptions options_;
  std::vector<Directory> directories_;  ///< made, their entries not all written
  std::vector<Directory> finished_;     ///< those that need something at the end
  std::size_t depth_ = 0;               ///< of what is being written
  std::vector<WholeFile> whole_;
  std::uint64_t whole_bytes_ = 0;
  Written written_;
};

}  // namespace

Task<Written> write_tree(base::Env& env, BlockSource& source, Cid cid, Path target, WriteOptions options) {
  TreeWriter writer(env, source, std::move(options));
  co_return co_await writer.run(std::move(cid), std::move(target));
}

}  // namespace openmcp::ipld::unixfs
