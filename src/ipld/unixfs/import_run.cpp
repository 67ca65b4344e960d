#include "ipld/unixfs/import_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>

#include "ipld/dag_pb.hpp"

namespace openmcp::ipld::unixfs {
namespace {

using base::Errc;
using base::Error;
using base::FileKind;
using base::Path;
using base::Task;
using base::TaskGroup;

/// Small files are read together until a job has this much to do: far more than handing it over costs.
constexpr std::size_t kGroupFiles = 64;
constexpr std::uint64_t kGroupBytes = 1u << 20;
/// Steps without a job (ends of directories) may pile up behind a group that is not full.
constexpr std::size_t kMaxSteps = 256;
constexpr std::uint64_t kPairsFrom = 8;  ///< chunks of a file
/// Larger directories are made on a worker.
constexpr std::size_t kInlineDirectory = 128;

std::string below(const std::string& directory, std::string_view name) {
  return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
}

}  // namespace

ImportRun::ImportRun(base::Env& env, BlockSink& sink, const Profile& profile, const ImportOptions& options)
    : env_(env),
      profile_(profile),
      options_(options),
      batches_(env, options.only_hash ? nullptr : &sink),
      window_(2 * env.workers() + 2),
      buffers_(profile.chunk_bytes, 2 * window_) {}

// --- what is imported ------------------------------------------------------------------------------------------------

Task<void> ImportRun::from_disk(TaskGroup& group, Path path, Scanned root) {
  if (root.cannot) throw *std::move(root.cannot);
  if (root.info.kind == FileKind::directory) {
    Open open{.frame = std::make_shared<Frame>(), .path = std::move(path), .info = root.info, .entries = {}};
    co_await walk(group, std::move(open));
  } else if (root.info.kind == FileKind::symlink) {
    symlink(nullptr, {}, root.target);
  } else if (root.info.size <= profile_.chunk_bytes) {
    small_file(group, nullptr, {}, std::move(path), root.info);
  } else {
    co_await large_file(group, nullptr, {}, std::move(path), root.info);
  }
  co_await finish_all(group);
}

Task<void> ImportRun::from_stream(TaskGroup& group, ByteSource source) {
  auto file = std::make_shared<LargeFile>(LargeFile{{}, {}, nullptr, FileWriter(profile_)});
  for (bool ended = false; !ended;) {
    auto buffer = buffers_.take();
    base::MutableBytes into(buffer.get(), profile_.chunk_bytes);
    std::size_t filled = 0;
    while (filled < into.size() && !ended) {
      auto got = co_await source(into.subspan(filled));
      filled += got;
      ended = got == 0;
    }
    if (filled == 0) break;
    base::SharedBytes chunk(std::move(buffer), into.first(filled));
    start_chunk(group, file, bytes_job(std::move(chunk)));
    co_await make_room(group);
  }
  Step end{.group = {}, .file = std::move(file), .frame = {}, .last = true, .work = {}};
  steps_.push_back(std::move(end));
  co_await finish_all(group);
}

Task<void> ImportRun::from_bytes(TaskGroup& group, base::SharedBytes bytes) {
  auto file = std::make_shared<LargeFile>(LargeFile{{}, {}, nullptr, FileWriter(profile_)});
  for (std::size_t at = 0; at < bytes.size(); at += profile_.chunk_bytes) {
    auto chunk = bytes.slice(at, std::min<std::size_t>(profile_.chunk_bytes, bytes.size() - at));
    start_chunk(group, file, bytes_job(std::move(chunk)));
    co_await make_room(group);
  }
  Step end{.group = {}, .file = std::move(file), .frame = {}, .last = true, .work = {}};
  steps_.push_back(std::move(end));
  co_await finish_all(group);
}

Task<void> ImportRun::from_entries(TaskGroup& group, std::vector<NamedEntry> entries) {
  auto frame = std::make_shared<Frame>();
  for (auto& entry : entries) {
    frame->links.push_back({std::move(entry.name), entry.entry.cid, entry.entry.dag_size});
    frame->sum.size += entry.entry.size;
    frame->sum.blocks += entry.entry.blocks;
  }
  co_await end_directory(std::move(frame));
  co_await finish_all(group);
}

// --- the producer ----------------------------------------------------------------------------------------------------

Task<void> ImportRun::walk(TaskGroup& group, Open root) {
  std::vector<Open> stack;
  Scanned self{.name = {}, .info = root.info, .target = {}, .cannot = {}};
  co_await enter(stack, nullptr, std::move(self), std::move(root.path));
  while (!stack.empty()) {
    auto& top = stack.back();
    if (top.next == top.entries.size()) {
      Step end{.group = {}, .file = {}, .frame = std::move(top.frame), .last = true, .work = {}};
      steps_.push_back(std::move(end));
      stack.pop_back();
      co_await make_room(group);
      continue;
    }
    auto entry = std::move(top.entries[top.next++]);
    auto frame = top.frame;
    if (options_.exclude && options_.exclude(below(frame->relative, entry.name), entry.info.kind)) continue;
    if (entry.cannot) {
      if (!options_.skipped) throw *std::move(entry.cannot);
      options_.skipped(*entry.cannot);
      continue;
    }
    auto path = base::join(top.path, entry.name);
    if (entry.info.kind == FileKind::directory) {
      co_await enter(stack, std::move(frame), std::move(entry), std::move(path));
    } else if (entry.info.kind == FileKind::symlink) {
      symlink(frame, entry.name, entry.target);
      if (batches_.full()) co_await batches_.send(group);
    } else if (entry.info.size <= profile_.chunk_bytes) {
      small_file(group, std::move(frame), std::move(entry.name), std::move(path), entry.info);
      co_await make_room(group);
    } else {
      co_await large_file(group, std::move(frame), std::move(entry.name), std::move(path), entry.info);
    }
  }
}

Task<void> ImportRun::enter(std::vector<Open>& stack, FramePtr parent, Scanned entry, Path path) {
  if (stack.size() > kMaxDirectoryDepth) {
    throw Error(Errc::too_large, fmt::format("'{}' lies deeper than {} directories", path, kMaxDirectoryDepth));
  }
  for (auto& open : stack) {
    if (open.info.device == entry.info.device && open.info.inode == entry.info.inode) {
      throw Error(Errc::invalid_argument, fmt::format("'{}' leads back to '{}', in which it lies", path, open.path),
                  "import without following symlinks, or leave it out");
    }
  }
  Open open{.frame = std::make_shared<Frame>(), .path = std::move(path), .info = entry.info, .entries = {}};
  open.frame->parent = parent;
  if (parent) open.frame->relative = below(parent->relative, entry.name);
  open.frame->name = std::move(entry.name);
  auto& disk = env_.disk();
  ScanRules rules{.include_hidden = options_.include_hidden, .follow_symlinks = options_.follow_symlinks};
  auto job = [&disk, &rules, &directory = open.path] { return scan_directory(disk, directory, rules); };
  open.entries = co_await env_.run(std::move(job));
  stack.push_back(std::move(open));
}

Task<void> ImportRun::large_file(TaskGroup& group, FramePtr frame, std::string name, Path path, base::FileInfo info) {
  auto& disk = env_.disk();
  auto open = [&disk, &path, &info] { return open_scanned(disk, path, info); };
  auto opened = co_await env_.run(std::move(open));
  auto size = opened.before.size;
  auto file = std::make_shared<LargeFile>(LargeFile{
      std::move(frame), std::move(name), std::make_shared<OpenedFile>(std::move(opened)), FileWriter(profile_)});
  // Two chunks hash faster together, as long as there is enough for every worker.
  std::uint64_t together = size >= kPairsFrom * profile_.chunk_bytes ? 2 * profile_.chunk_bytes : profile_.chunk_bytes;
  for (std::uint64_t at = 0; at < size; at += together) {
    auto length = static_cast<std::size_t>(std::min<std::uint64_t>(together, size - at));
    start_chunk(group, file, chunk_job(file, at, length), (length + profile_.chunk_bytes - 1) / profile_.chunk_bytes);
    co_await make_room(group);
  }
  Step end{.group = {}, .file = std::move(file), .frame = {}, .last = true, .work = {}};
  steps_.push_back(std::move(end));
}

void ImportRun::small_file(TaskGroup& group, FramePtr frame, std::string name, Path path, base::FileInfo info) {
  if (!filling_) {
    // The step is queued with the first file: the ends of the directories they lie in come behind it.
    filling_ = std::make_shared<SmallGroup>();
    Step step{.group = filling_, .file = {}, .frame = {}, .last = false, .work = {}};
    steps_.push_back(std::move(step));
  }
  filling_->bytes += info.size;
  filling_->files.push_back({std::move(path), info});
  filling_->places.emplace_back(std::move(frame), std::move(name));
  if (filling_->files.size() < kGroupFiles && filling_->bytes < kGroupBytes) return;
  auto step = std::ranges::find(steps_, filling_, &Step::group);
  start_group(group, *step);
}

void ImportRun::start_group(TaskGroup& group, Step& step) {
  if (step.group == filling_) filling_ = nullptr;
  step.work = Pending<std::vector<Leaf>>(group, env_.executor(), group_job(step.group));
  ++under_way_;
}

void ImportRun::start_chunk(TaskGroup& group, std::shared_ptr<LargeFile> file, Task<std::vector<Leaf>> work,
                            std::size_t chunks) {
  Step step{.group = {}, .file = std::move(file), .frame = {}, .last = false, .work = {}};
  step.work = Pending<std::vector<Leaf>>(group, env_.executor(), std::move(work));
  steps_.push_back(std::move(step));
  under_way_ += chunks;
}

void ImportRun::symlink(const FramePtr& frame, const std::string& name, const std::string& target) {
  Data data{.type = NodeType::symlink, .data = base::as_bytes(target)};
  auto body = encode_data(data);
  auto block = make_dag_pb_block(profile_, base::unwrap(encode_dag_pb({}, base::BytesView(body))));
  Imported made{.cid = block.cid, .type = NodeType::symlink, .dag_size = block.data.size(), .blocks = 1};
  batches_.put(std::move(block));
  record(frame, name, made);
  advance(0, 1);
}

// --- jobs on workers -------------------------------------------------------------------------------------------------

Task<std::vector<Leaf>> ImportRun::chunk_job(std::shared_ptr<LargeFile> file, std::uint64_t offset,
                                             std::size_t length) {
  auto job = [this, &file, offset, length] {
    std::vector<base::SharedBytes> chunks;
    for (std::size_t at = 0; at < length; at += profile_.chunk_bytes) {
      auto part = std::min<std::size_t>(profile_.chunk_bytes, length - at);
      chunks.push_back(read_chunk(*file->opened, offset + at, part, buffers_.take()));
    }
    return make_leaves(profile_, std::move(chunks));
  };
  co_return co_await env_.run(std::move(job));
}

Task<std::vector<Leaf>> ImportRun::bytes_job(base::SharedBytes bytes) {
  auto job = [this, &bytes] {
    std::vector<Leaf> leaves;
    leaves.push_back(make_leaf(profile_, std::move(bytes)));
    return leaves;
  };
  co_return co_await env_.run(std::move(job));
}

Task<std::vector<Leaf>> ImportRun::group_job(std::shared_ptr<SmallGroup> files) {
  auto& disk = env_.disk();
  auto job = [this, &disk, &files] { return read_small_files(disk, profile_, files->files); };
  co_return co_await env_.run(std::move(job));
}

// --- finishing, in order ---------------------------------------------------------------------------------------------

Task<void> ImportRun::make_room(TaskGroup& group) {
  while (under_way_ >= window_ || steps_.size() > kMaxSteps) co_await finish_front(group);
}

Task<void> ImportRun::finish_all(TaskGroup& group) {
  while (!steps_.empty()) co_await finish_front(group);
  co_await batches_.finish(group);
}

Task<void> ImportRun::finish_front(TaskGroup& group) {
  if (steps_.front().group && !steps_.front().work.started()) start_group(group, steps_.front());
  Step step = std::move(steps_.front());
  steps_.pop_front();
  if (step.work.started()) {
    auto leaves = co_await step.work.take();
    under_way_ -= step.group ? 1 : leaves.size();
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      auto& [block, part] = leaves[i];
      bytes += part.size;
      batches_.put(std::move(block));
      if (step.group) {
        auto& [frame, name] = step.group->places[i];
        Imported made{.cid = part.cid, .size = part.size, .dag_size = part.dag_size, .blocks = 1};
        record(frame, name, made);
      } else {
        step.file->writer.push(part, made_);
        ++step.file->leaves;
      }
    }
    advance(bytes, step.group ? leaves.size() : 0);
  } else if (step.file) {
    co_await end_file(std::move(step.file));
  } else {
    co_await end_directory(std::move(step.frame));
  }
  batches_.put(made_);
  if (batches_.full()) co_await batches_.send(group);
}

Task<void> ImportRun::end_file(std::shared_ptr<LargeFile> file) {
  if (file->opened) {
    auto check = [&file] { check_unchanged(*file->opened); };
    co_await env_.run(std::move(check));
  }
  auto blocks = std::max<std::uint64_t>(file->leaves, 1);
  auto root = file->writer.finish(made_);
  blocks += file->writer.nodes();
  Imported made{.cid = root.cid, .size = root.size, .dag_size = root.dag_size, .blocks = blocks};
  record(file->frame, file->name, made);
  advance(0, 1);
}

Task<void> ImportRun::end_directory(FramePtr frame) {
  auto before = made_.size();
  auto build = [this, &frame] { return base::unwrap(build_directory(profile_, std::move(frame->links), made_)); };
  DirectoryLink link;
  if (frame->links.size() <= kInlineDirectory) {
    link = build();
  } else {
    link = co_await env_.run(std::move(build));
  }
  Imported made = frame->sum;
  made.type = NodeType::directory;
  made.cid = link.cid;
  made.dag_size = link.dag_size;
  made.blocks += made_.size() - before;
  record(frame->parent, frame->name, made);
  batches_.put(made_);
}

void ImportRun::record(const FramePtr& frame, const std::string& name, const Imported& made) {
  if (frame) {
    frame->links.push_back({name, made.cid, made.dag_size});
    frame->sum.size += made.size;
    frame->sum.blocks += made.blocks;
  } else {
    result_ = made;
  }
  if (options_.entry) options_.entry(frame ? below(frame->relative, name) : std::string(), made);
}

void ImportRun::advance(std::uint64_t bytes, std::uint64_t files) {
  progress_.bytes += bytes;
  progress_.files += files;
  if (options_.progress) options_.progress(progress_);
}

}  // namespace openmcp::ipld::unixfs
