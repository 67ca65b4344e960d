#include "base/uncached_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/os_error.hpp"
#include "base/pieces.hpp"

namespace openmcp::base {
namespace {

// Two writes of this size under way keep a disk busy, also when their threads must wait for a core; the copy into one
// stays in the processor's cache. Both together are one huge page: what lies in single pages is more pieces than a disk
// takes at once, so that each write becomes two (measured: 2.3 against 2.8 GB/s).
constexpr std::size_t kBuffer = 1u << 20, kHugePage = 2 * kBuffer;
constexpr std::size_t kTwoAtOnce = 2 * kBuffer;  ///< bytes at least
/// For systems that do not say (before Linux 6.1): the largest block of today's disks.
constexpr std::size_t kUsualAlignment = 4096;

/// What the file system asks of a write that goes past its cache; 0: it has none such.
std::size_t alignment_of([[maybe_unused]] int descriptor) {
#ifdef STATX_DIOALIGN
  struct statx status = {};
  if (::statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 && (status.stx_mask & STATX_DIOALIGN)) {
    return std::max<std::size_t>(status.stx_dio_offset_align, status.stx_dio_mem_align);
  }
#endif
  return kUsualAlignment;
}

}  // namespace

void UncachedWriter::Free::operator()(std::uint8_t* buffer) const noexcept { std::free(buffer); }

std::unique_ptr<UncachedWriter> UncachedWriter::open(int descriptor, const Path& path) {
  auto alignment = alignment_of(descriptor);
  if (alignment == 0 || kBuffer % alignment != 0) return nullptr;
  int own = ::open(fmt::format("/proc/self/fd/{}", descriptor).c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
  if (own < 0) return nullptr;
  return std::unique_ptr<UncachedWriter>(new UncachedWriter(own, std::max(alignment, kUsualAlignment), path));
}

UncachedWriter::UncachedWriter(int descriptor, std::size_t alignment, const Path& path)
    : descriptor_(descriptor), alignment_(alignment), path_(path) {}

UncachedWriter::~UncachedWriter() { ::close(descriptor_); }

/// One call of write(), done a buffer at a time by whoever comes first.
struct UncachedWriter::Job {
  const std::uint64_t offset;
  const std::span<const BytesView> pieces;
  const std::size_t skip, bytes;

  std::atomic<std::size_t> next = 0;
  std::mutex mutex{};
  std::size_t done = bytes;  ///< everything before it is written, or will be
  std::exception_ptr error{};

  void ends_at(std::size_t place, std::exception_ptr why) {
    next.store(bytes);
    std::lock_guard lock(mutex);
    if (place >= done) return;
    done = place;
    error = std::move(why);
  }
};

std::size_t UncachedWriter::put(const std::uint8_t* from, std::size_t bytes, std::uint64_t offset) const {
  std::size_t done = 0;
  while (done < bytes) {
    auto wrote = ::pwrite(descriptor_, from + done, bytes - done, static_cast<off_t>(offset + done));
    if (wrote > 0 && static_cast<std::size_t>(wrote) % alignment_ == 0) {
      done += static_cast<std::size_t>(wrote);
    } else if (wrote >= 0 || errno == EINVAL) {
      break;
    } else if (errno != EINTR) {
      throw os_error(errno, "writing", path_);
    }
  }
  return done;
}

void UncachedWriter::work(Job& job, std::uint8_t* buffer) const {
  auto pieces = job.pieces;
  std::size_t skip = job.skip, at = 0;  // `at`: of the job, where `pieces` without `skip` bytes begins
  while (true) {
    auto begin = job.next.fetch_add(kBuffer);
    if (begin >= job.bytes) return;
    auto want = std::min(kBuffer, job.bytes - begin);
    skip += begin - at;
    at = begin + want;
    for (std::size_t have = 0; have < want;) {
      drop_done(pieces, skip);
      auto from = pieces.front().subspan(skip);
      auto part = std::min(from.size(), want - have);
      std::memcpy(buffer + have, from.data(), part);
      have += part;
      skip += part;
    }
    try {
      auto done = put(buffer, want, job.offset + begin);
      if (done < want) job.ends_at(begin + done, nullptr);
    } catch (...) {
      job.ends_at(begin, std::current_exception());
    }
  }
}

std::size_t UncachedWriter::write(std::uint64_t offset, std::span<const BytesView> pieces, std::size_t skip,
                                  std::size_t bytes) {
  if (!buffers_) {
    buffers_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(kHugePage, kHugePage)));
    if (!buffers_) return 0;
    ::madvise(buffers_.get(), kHugePage, MADV_HUGEPAGE);
  }
  Job job{.offset = offset, .pieces = pieces, .skip = skip, .bytes = bytes};
  {
    std::jthread second;
    try {
      if (bytes >= kTwoAtOnce) second = std::jthread([&] { work(job, buffers_.get() + kBuffer); });
    } catch (const std::system_error&) {
      // A limit on threads: one does it all.
    }
    work(job, buffers_.get());
  }
  if (job.error) std::rethrow_exception(job.error);
  return job.done;
}

}  // namespace openmcp::base
