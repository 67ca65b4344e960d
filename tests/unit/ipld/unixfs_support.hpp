// Shared by the tests of UnixFS, CAR, paths and traversal: an environment, blocks in memory, a folder on disk.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "crypto/chacha20.hpp"
#include "crypto/hash.hpp"
#include "ipld/car/reader.hpp"
#include "ipld/dag_pb.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "ipld/unixfs/importer.hpp"
#include "support/memory_blocks.hpp"
#include "support/run.hpp"
#include "support/vectors.hpp"

namespace openmcp::test {

/// A folder that goes with its test, in memory where the system has such a place: thousands of small files are made.
class TempDir {
public:
  TempDir() {
    std::filesystem::path memory = "/dev/shm";
    auto parent = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    auto pattern = (parent / "openmcp-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& path, base::BytesView bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}
inline void write(const std::filesystem::path& path, std::string_view text) { write(path, base::as_bytes(text)); }

/// The deterministic bytes of Kubo's tests: ChaCha20 with key SHA-256(seed), nonce and counter 0
/// (test/cli/testutils/random_deterministic.go). `offset` is a multiple of 64.
inline base::Bytes keystream(std::string_view seed, std::size_t size, std::uint64_t offset = 0) {
  base::Bytes bytes(size);
  auto key = crypto::sha256(base::as_bytes(seed));
  std::array<std::uint8_t, 12> nonce{};
  crypto::chacha20_keystream(key, nonce, static_cast<std::uint32_t>(offset / 64), bytes);
  return bytes;
}

/// A dag-pb block made by hand, with links as they are given.
inline ipld::Block unixfs_block(const ipld::unixfs::Data& data, const std::vector<ipld::PbLink>& links = {}) {
  auto body = ipld::unixfs::encode_data(data);
  auto bytes = base::unwrap(ipld::encode_dag_pb(links, base::BytesView(body)));
  return ipld::make_block(ipld::Codec::dag_pb, base::SharedBytes(std::move(bytes)));
}

/// The error that `action` throws; fails the test when there is none.
inline base::Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {base::Errc::internal, "no error"};
}

/// A profile so small that a few hundred bytes make deep DAGs and HAMTs.
inline constexpr ipld::unixfs::Profile kTiny{
    .name = "tiny", .chunk_bytes = 16, .width = 3, .hamt_fanout = 8, .hamt_threshold = 200};

class Unixfs : public testing::Test {
protected:
  ipld::unixfs::Imported import(const std::string& path, ipld::unixfs::Profile profile = ipld::unixfs::kUnixfsV1_2025,
                                ipld::unixfs::ImportOptions options = {}) {
    ipld::unixfs::Importer importer(env, blocks, profile, std::move(options));
    return run(env, importer.import_path(path));
  }
  ipld::unixfs::Imported import_bytes(base::Bytes bytes, ipld::unixfs::Profile profile = ipld::unixfs::kUnixfsV1_2025) {
    ipld::unixfs::Importer importer(env, blocks, profile);
    return run(env, importer.import_bytes(base::SharedBytes(std::move(bytes))));
  }
  base::Bytes read(ipld::Cid cid, ipld::unixfs::ByteRange range = {}) {
    base::Bytes bytes;
    ipld::ByteSink sink = [&bytes](base::SharedBytes part) -> base::Task<void> {
      bytes.insert(bytes.end(), part.view().begin(), part.view().end());
      co_return;
    };
    run(env, ipld::unixfs::read_file(env, blocks, std::move(cid), range, std::move(sink)));
    return bytes;
  }
  std::vector<ipld::unixfs::DirectoryLink> list(ipld::Cid cid) {
    std::vector<ipld::unixfs::DirectoryLink> entries;
    auto each = [&entries](const ipld::unixfs::DirectoryLink& entry) { return entries.push_back(entry), true; };
    run(env, ipld::unixfs::list_directory(blocks, std::move(cid), each));
    return entries;
  }
  /// Everything in a CAR file into `blocks`; its roots.
  std::vector<ipld::Cid> load_car(const std::filesystem::path& path) {
    auto source = ipld::car::bytes_source(base::SharedBytes(slurp(path)));
    return run(env, ipld::car::import_car(env, std::move(source), blocks)).roots;
  }
  ipld::Cid put(ipld::Block block) {
    auto cid = block.cid;
    blocks.put(std::move(block));
    return cid;
  }

  base::RealEnv env{2};
  MemoryBlocks blocks;
  TempDir temp;
};

}  // namespace openmcp::test
