// Files, directories, streams and bytes into UnixFS blocks: a pipeline that reads and hashes on all cores, keeps a
// bounded window in memory, and hands the blocks to the sink in order, in batches, while the next ones are hashed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.hpp"
#include "ipld/block_io.hpp"
#include "ipld/byte_io.hpp"
#include "ipld/unixfs/data.hpp"
#include "ipld/unixfs/profile.hpp"

namespace openmcp::ipld::unixfs {

struct Scanned;

/// What an import made.
struct Imported {
  Cid cid;
  NodeType type = NodeType::file;  ///< file, directory (a HAMT too) or symlink
  std::uint64_t size = 0;          ///< logical bytes: of a file its content, of a directory all files below it, else 0
  std::uint64_t dag_size = 0;      ///< bytes of all blocks, those used twice counted twice (Tsize)
  std::uint64_t blocks = 0;        ///< blocks made, those used twice counted twice
};

struct ImportProgress {
  std::uint64_t bytes = 0;  ///< content bytes hashed so far
  std::uint64_t files = 0;  ///< files and symlinks finished so far
};

/// All callbacks run on the executor; what they throw ends the import. Paths in callbacks are relative to the imported
/// directory ("a/b.txt"; "" is the directory itself) and '/'-separated.
struct ImportOptions {
  bool only_hash = false;       ///< compute the CIDs, give nothing to the sink
  bool include_hidden = false;  ///< entries whose name begins with '.'; the imported path itself is never hidden
  /// Store what symlinks point to instead of the symlinks. A link to a directory that it lies in is an Error.
  bool follow_symlinks = false;
  /// True: leave this entry (and everything below it) out.
  std::function<bool(std::string_view path, base::FileKind kind)> exclude = {};
  /// Each finished entry, children before their directory, in the order of the walk (names bytewise).
  std::function<void(std::string_view path, const Imported& entry)> entry = {};
  std::function<void(const ImportProgress&)> progress = {};
  /// With it, entries that cannot be stored (special files, names that are not UTF-8) are left out and reported here;
  /// without it they are an Error unsupported that names the entry.
  std::function<void(const base::Error&)> skipped = {};
};

/// An entry of a directory to be made: `name` and an Imported of earlier.
struct NamedEntry {
  std::string name;
  Imported entry;
};

/// Imports one thing after the other. When a task returns, the sink has accepted all blocks (durability is the sink
/// owner's affair). `env` and `sink` must outlive the Importer, the Importer its tasks.
///
/// Errors of reading name the path; a file that changes while it is read is Error conflict with a hint to retry.
class Importer {
public:
  /// Throws Error invalid_argument for an impossible profile.
  Importer(base::Env& env, BlockSink& sink, Profile profile = kUnixfsV1_2025, ImportOptions options = {});

  /// A file, directory or symlink, whatever is there.
  base::Task<Imported> import_path(base::Path path);
  /// These two look through a symlink at `path` itself; Error invalid_argument when it is the other of the two.
  base::Task<Imported> import_file(base::Path path);
  base::Task<Imported> import_directory(base::Path path);
  base::Task<Imported> import_stream(ByteSource source);  ///< until its end, as one file (stdin, an upload)
  base::Task<Imported> import_bytes(base::SharedBytes bytes);
  /// A directory of entries that were imported before (wrapping; a context of several parts). Names must be distinct,
  /// not empty, UTF-8, without '/' and NUL, not "." or "..".
  base::Task<Imported> make_directory(std::vector<NamedEntry> entries);

  const Profile& profile() const noexcept { return profile_; }

private:
  base::Task<Imported> import_scanned(base::Path path, Scanned root);

  base::Env& env_;
  BlockSink& sink_;
  Profile profile_;
  ImportOptions options_;
};

/// What an import of `path` would read: for progress with a known end. Same rules about what is left out.
struct Totals {
  std::uint64_t bytes = 0, files = 0, directories = 0;
};
base::Task<Totals> measure(base::Env& env, base::Path path, ImportOptions options = {});

/// A directory deeper than this below the imported one is Error too_large.
inline constexpr std::size_t kMaxDirectoryDepth = 1024;

}  // namespace openmcp::ipld::unixfs
