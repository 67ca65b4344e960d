// Inside of base: one open file of a simulated disk.
#pragma once

#include "base/sim_disk.hpp"

namespace openmcp::base {

class SimFile final : public File {
public:
  SimFile(std::shared_ptr<SimMedium> disk, SimNodePtr node, Path path, bool writable);
  ~SimFile() override;

  std::size_t read_at(std::uint64_t offset, MutableBytes into) override;
  void write_at(std::uint64_t offset, BytesView from) override;
  void write_at(std::uint64_t offset, std::span<const BytesView> from) override;
  void sync() override;
  std::uint64_t size() override;
  bool allocate(std::uint64_t size) override;
  void truncate(std::uint64_t size) override;
  SharedBytes map(std::uint64_t offset, std::size_t length) override;
  FileInfo info() override;

private:
  void check_writable(std::string_view doing) const;

  std::shared_ptr<SimMedium> disk_;
  SimNodePtr node_;
  Path path_;
  bool writable_;
  std::uint64_t boot_;
};

}  // namespace openmcp::base
