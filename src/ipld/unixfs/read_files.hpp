// The jobs of an import that run on workers: read a file or a chunk of one, and hash it.
#pragma once

#include <memory>
#include <vector>

#include "base/disk.hpp"
#include "ipld/unixfs/chunk_buffers.hpp"
#include "ipld/unixfs/file_writer.hpp"

namespace openmcp::ipld::unixfs {

/// A file that is being read.
struct OpenedFile {
  base::Path path;
  std::unique_ptr<base::File> file;
  base::FileInfo before;
};
/// Opens and checks that it is the regular file that was scanned before.
OpenedFile open_scanned(base::Disk& disk, const base::Path& path, const base::FileInfo& scanned);
/// Throws Error conflict when the file is not what it was when opened.
void check_unchanged(OpenedFile& opened);

/// Reads exactly `length` bytes at `offset`. Throws Error conflict when there are fewer.
base::SharedBytes read_chunk(OpenedFile& opened, std::uint64_t offset, std::size_t length,
                             std::shared_ptr<std::uint8_t> buffer);

struct SmallFile {
  base::Path path;
  base::FileInfo scanned;
};
/// Whole files of at most one chunk, one leaf each.
std::vector<Leaf> read_small_files(base::Disk& disk, const Profile& profile, const std::vector<SmallFile>& files);

}  // namespace openmcp::ipld::unixfs
