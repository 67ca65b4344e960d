// Headers of TAR archives (POSIX ustar; pax records for what does not fit there). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace openmcp::api::gateway {

inline constexpr std::size_t kTarBlock = 512;

struct TarEntry {
  std::string path;  ///< relative, no trailing slash
  enum class Kind : char { file = '0', symlink = '2', directory = '5' } kind = Kind::file;
  std::uint64_t size = 0;   ///< of a file
  std::string target = {};  ///< of a symlink
  std::uint32_t mode = 0644;
  std::int64_t mtime = 0;  ///< seconds
};
/// Everything that stands before the entry's bytes.
base::Bytes tar_header(const TarEntry& entry);
/// Zeros between the end of a file and the next header.
std::size_t tar_padding(std::uint64_t size) noexcept;

/// `name` put below `directory`, "." and ".." resolved by their words alone; "" when it would leave `root`, which is
/// the first part of `directory`.
std::string tar_path(std::string_view directory, std::string_view name);

}  // namespace openmcp::api::gateway
