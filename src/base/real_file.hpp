// Inside of base: one open file of the system.
#pragma once

#include <atomic>
#include <mutex>

#include "base/disk.hpp"
#include "base/uncached_writer.hpp"

struct stat;

namespace openmcp::base {

class RealFile final : public File {
public:
  /// Takes over the descriptor.
  RealFile(int descriptor, Path path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~RealFile() override;

  std::size_t read_at(std::uint64_t offset, MutableBytes into) override;
  void write_at(std::uint64_t offset, BytesView from) override;
  void write_at(std::uint64_t offset, std::span<const BytesView> from) override;
  void write_uncached(std::uint64_t offset, std::span<const BytesView> from) override;
  void sync() override;
  std::uint64_t size() override;
  bool allocate(std::uint64_t size) override;
  void truncate(std::uint64_t size) override;
  SharedBytes map(std::uint64_t offset, std::size_t length) override;
  void unmap() override;
  FileInfo info() override;
  int descriptor() const noexcept override { return descriptor_; }

private:
  struct Window;
  void gather(std::uint64_t offset, std::span<const BytesView> from, std::size_t skip, std::size_t bytes);
  std::shared_ptr<const Window> window_to(std::uint64_t end, bool huge);

  const int descriptor_;
  const Path path_;
  std::atomic<std::uint64_t> known_size_ = 0;  ///< a lower bound: saves asking the system at each map()
  std::mutex window_mutex_;
  std::shared_ptr<const Window> window_, huge_window_;
  unsigned small_reads_ = 0;
  std::unique_ptr<UncachedWriter> uncached_;
  bool uncached_tried_ = false;
  std::uint64_t uncached_from_ = 0, uncached_to_ = 0;  ///< written so since the last sync
};

FileInfo to_info(const struct stat& status);

}  // namespace openmcp::base
