// Inside of base: large writes that go from memory to the disk without filling the page cache (O_DIRECT).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/disk.hpp"

namespace openmcp::base {

class UncachedWriter {
public:
  /// For the file behind `descriptor`, which must outlive it. nullptr when its file system cannot do it.
  static std::unique_ptr<UncachedWriter> open(int descriptor, const Path& path);
  ~UncachedWriter();
  UncachedWriter(const UncachedWriter&) = delete;
  UncachedWriter& operator=(const UncachedWriter&) = delete;

  /// Offsets and lengths of write() are multiples of this many bytes.
  std::size_t alignment() const noexcept { return alignment_; }
  /// Copies from `pieces`, of which the first `skip` bytes are left out, until `bytes` have been written at `offset`.
  /// Returns how many were: fewer only when the file system does not take them after all. Throws what it reports.
  std::size_t write(std::uint64_t offset, std::span<const BytesView> pieces, std::size_t skip, std::size_t bytes);

private:
  UncachedWriter(int descriptor, std::size_t alignment, const Path& path);

  struct Free {
    void operator()(std::uint8_t* buffer) const noexcept;
  };
  struct Job;
  void work(Job& job, std::uint8_t* buffer) const;
  /// Returns how many bytes were written, as write() does.
  std::size_t put(const std::uint8_t* from, std::size_t bytes, std::uint64_t offset) const;

  const int descriptor_;
  const std::size_t alignment_;
  const Path& path_;
  std::unique_ptr<std::uint8_t, Free> buffers_;  ///< two, in one huge page
};

}  // namespace openmcp::base
