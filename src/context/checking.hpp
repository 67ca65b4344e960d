// Checking that what a manifest says of its content is true.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "base/env.hpp"
#include "context/manifest.hpp"
#include "ipld/block_io.hpp"
#include "ipld/seen_blocks.hpp"

namespace openmcp::context {

/// Passes blocks on, checks each against its CID, and counts the different ones. An error names the block.
class VerifyingSource final : public ipld::BlockSource {
public:
  VerifyingSource(base::Env& env, ipld::BlockSource& below) : env_(env), below_(below) {}
  base::Task<std::optional<base::SharedBytes>> retrieve(ipld::Cid cid) override;
  base::Task<std::vector<std::optional<base::SharedBytes>>> retrieve_many(std::vector<ipld::Cid> cids) override;

  std::uint64_t blocks() const noexcept { return seen_.size(); }
  std::uint64_t bytes() const noexcept { return bytes_; }

private:
  base::Task<void> check(std::vector<ipld::Cid> cids, const std::vector<std::optional<base::SharedBytes>>& found);
  base::Env& env_;
  ipld::BlockSource& below_;
  ipld::SeenBlocks seen_;
  std::uint64_t bytes_ = 0;
};

/// Reads contents, each once, and compares them with what manifests say.
class ContentCheck {
public:
  ContentCheck(base::Env& env, ipld::BlockSource& source) : env_(env), source_(source) {}
  /// Throws corrupt (another size or hash, not UnixFS), not_found (a block that is missing).
  base::Task<void> check(const Manifest& manifest);

private:
  struct Facts {
    std::uint64_t size = 0;
    crypto::Digest32 hash{};
  };
  base::Task<Facts> read(ipld::Cid cid);
  base::Env& env_;
  ipld::BlockSource& source_;
  std::unordered_map<ipld::Cid, Facts> known_;  ///< versions often share their content
};

}  // namespace openmcp::context
