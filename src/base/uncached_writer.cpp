#include "base/uncached_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/os_error.hpp"
#include "base/pieces.hpp"

namespace openmcp::base {
namespace {

// One write of this size keeps a virtual disk as busy as several do; the copy into it stays in the processor's cache.
constexpr std::size_t kBuffer = 1u << 20;
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

std::size_t UncachedWriter::write(std::uint64_t offset, std::span<const BytesView> pieces, std::size_t skip,
                                  std::size_t bytes) {
  if (!buffer_) buffer_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(alignment_, kBuffer)));
  if (!buffer_) return 0;
  std::size_t done = 0;
  while (done < bytes) {
    auto want = std::min(kBuffer, bytes - done);
    for (std::size_t have = 0; have < want;) {
      drop_done(pieces, skip);
      auto from = pieces.front().subspan(skip);
      auto part = std::min(from.size(), want - have);
      std::memcpy(buffer_.get() + have, from.data(), part);
      have += part;
      skip += part;
    }
    for (std::size_t put = 0; put < want;) {
      auto wrote = ::pwrite(descriptor_, buffer_.get() + put, want - put, static_cast<off_t>(offset + done));
      if (wrote > 0 && static_cast<std::size_t>(wrote) % alignment_ == 0) {
        put += static_cast<std::size_t>(wrote);
        done += static_cast<std::size_t>(wrote);
      } else if (wrote >= 0 || errno == EINVAL) {
        return done;
      } else if (errno != EINTR) {
        throw os_error(errno, "writing", path_);
      }
    }
  }
  return done;
}

}  // namespace openmcp::base
