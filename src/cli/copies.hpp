// Other copies of blocks, from which a damaged store can be healed: CAR files, other stores, directories of CAR files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/env.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::cli {

/// A CAR file as a source of blocks: its sections are listed once, then read and verified when asked for.
class CarCopy final : public ipld::BlockSource {
public:
  /// Throws Error not_found, corrupt.
  static base::Task<std::unique_ptr<CarCopy>> open(base::Env& env, base::Path path);
  ~CarCopy() override;
  base::Task<std::optional<base::SharedBytes>> retrieve(ipld::Cid cid) override;
  std::size_t blocks() const noexcept;

private:
  struct Sections;
  CarCopy(base::Env& env, std::shared_ptr<base::File> file, base::Path path);
  base::Env& env_;
  std::shared_ptr<base::File> file_;
  base::Path path_;
  std::unique_ptr<Sections> sections_;
};

/// Several sources, asked in order; one that fails or lies is passed over.
class Copies final : public ipld::BlockSource {
public:
  /// Each path is a CAR file, a store (or a directory with .openmcp), or a directory with CAR files. Throws Error
  /// not_found when a path is none of these.
  static base::Task<std::unique_ptr<Copies>> open(base::Env& env, std::vector<base::Path> paths);
  ~Copies() override;
  base::Task<std::optional<base::SharedBytes>> retrieve(ipld::Cid cid) override;

private:
  Copies() = default;
  std::vector<std::unique_ptr<ipld::BlockSource>> sources_;
};

}  // namespace openmcp::cli
