// Inside of the importer: one import from its beginning to its end.
//
// A producer walks the tree and starts jobs on workers (a chunk of a file, or a group of small files) while fewer than
// a window of them are under way. For each it queues a step; steps are finished strictly in order, so blocks come out
// the same way every time, and a directory is made when all that lies in it has been.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "ipld/batches.hpp"
#include "ipld/unixfs/chunk_buffers.hpp"
#include "ipld/unixfs/directory.hpp"
#include "ipld/unixfs/importer.hpp"
#include "ipld/unixfs/read_files.hpp"
#include "ipld/unixfs/scan.hpp"

namespace openmcp::ipld::unixfs {

class ImportRun {
public:
  ImportRun(base::Env& env, BlockSink& sink, const Profile& profile, const ImportOptions& options);

  base::Task<void> from_disk(base::TaskGroup& group, base::Path path, Scanned root);
  base::Task<void> from_stream(base::TaskGroup& group, ByteSource source);
  base::Task<void> from_bytes(base::TaskGroup& group, base::SharedBytes bytes);
  base::Task<void> from_entries(base::TaskGroup& group, std::vector<NamedEntry> entries);
  const Imported& result() const noexcept { return result_; }

private:
  /// A directory in the making.
  struct Frame {
    std::shared_ptr<Frame> parent;
    std::string name;      ///< in its parent
    std::string relative;  ///< to the root of the import
    std::vector<DirectoryLink> links;
    Imported sum;
  };
  using FramePtr = std::shared_ptr<Frame>;
  /// A directory whose entries are being walked.
  struct Open {
    FramePtr frame;
    base::Path path;
    base::FileInfo info;
    std::vector<Scanned> entries;
    std::size_t next = 0;
  };
  /// A file of several chunks; `opened` is null for streams and bytes.
  struct LargeFile {
    FramePtr frame;
    std::string name;
    std::shared_ptr<OpenedFile> opened;
    FileWriter writer;
    std::uint64_t leaves = 0;
  };
  struct SmallGroup {
    std::vector<SmallFile> files;
    std::vector<std::pair<FramePtr, std::string>> places;
    std::uint64_t bytes = 0;
  };
  /// What is to be finished next. Exactly one of group, file and frame is set.
  struct Step {
    std::shared_ptr<SmallGroup> group;
    std::shared_ptr<LargeFile> file;
    FramePtr frame;
    bool last = false;  ///< of the file: no chunk, but its end
    Pending<std::vector<Leaf>> work;
  };

  base::Task<void> walk(base::TaskGroup& group, Open root);
  base::Task<void> enter(std::vector<Open>& stack, FramePtr parent, Scanned entry, base::Path path);
  base::Task<void> large_file(base::TaskGroup& group, FramePtr frame, std::string name, base::Path path,
                              base::FileInfo info);
  void small_file(base::TaskGroup& group, FramePtr frame, std::string name, base::Path path, base::FileInfo info);
  void start_chunk(base::TaskGroup& group, std::shared_ptr<LargeFile> file, base::Task<std::vector<Leaf>> work,
                   std::size_t chunks = 1);
  void start_group(base::TaskGroup& group, Step& step);
  void symlink(const FramePtr& frame, const std::string& name, const std::string& target);
  base::Task<std::vector<Leaf>> chunk_job(std::shared_ptr<LargeFile> file, std::uint64_t offset, std::size_t length);
  base::Task<std::vector<Leaf>> bytes_job(base::SharedBytes bytes);
  base::Task<std::vector<Leaf>> group_job(std::shared_ptr<SmallGroup> files);

  /// Finishes steps until there is room in the window.
  base::Task<void> make_room(base::TaskGroup& group);
  base::Task<void> finish_all(base::TaskGroup& group);
  base::Task<void> finish_front(base::TaskGroup& group);
  base::Task<void> end_file(std::shared_ptr<LargeFile> file);
  base::Task<void> end_directory(FramePtr frame);
  void record(const FramePtr& frame, const std::string& name, const Imported& made);
  void advance(std::uint64_t bytes, std::uint64_t files);

  base::Env& env_;
  const Profile& profile_;
  const ImportOptions& options_;
  BlockBatches batches_;
  std::size_t window_;
  ChunkBuffers buffers_;
  std::deque<Step> steps_;
  std::shared_ptr<SmallGroup> filling_;  ///< the group that is not started yet; its step is queued
  std::size_t under_way_ = 0;
  std::vector<Block> made_;
  ImportProgress progress_;
  Imported result_;
};

}  // namespace openmcp::ipld::unixfs
