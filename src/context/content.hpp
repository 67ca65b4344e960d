// Brings a content into the store, or as far as its block when it is small, before its version is made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/env.hpp"
#include "context/catalog.hpp"
#include "context/request.hpp"
#include "context/view.hpp"
#include "crypto/hash.hpp"
#include "ipld/cid.hpp"
#include "storage/pins.hpp"

namespace openmcp::context {

inline constexpr std::size_t kOneBlock = 1u << 20;  ///< a content up to this is one raw block (profile unixfs-v1-2025)
inline constexpr std::uint64_t kMaxConversation = 256u << 20;  ///< bytes; a conversation is checked in memory
inline constexpr std::string_view kDirectoryMedia = "inode/directory";

struct Prepared {
  ipld::Cid cid;
  std::uint64_t size = 0;
  crypto::Digest32 hash{};
  std::optional<ipld::Block> block;       ///< not in the store yet: goes into the batch of the commit
  std::unique_ptr<storage::Lease> lease;  ///< keeps what is in the store but not pinned yet
  std::string media_type;                 ///< sniffed
  std::string first_line;                 ///< of a text; of a conversation the first thing said
  std::string name;                       ///< last part of the path it came from; "" none
  std::optional<FileStamp> stamp;
  std::vector<SkippedFile> skipped;  ///< of a directory
};

struct PrepareOptions {
  bool conversation = false;  ///< check it; invalid_argument names the line
  base::Path exclude;         ///< a directory that is never taken (the workspace's home), a normal_path; "" none
};

/// Precondition: not monostate. Errors: not_found, permission, io; invalid_argument (not a file, not a conversation),
/// conflict (a file that changed while it was read), no_space.
base::Task<Prepared> prepare(base::Env& env, storage::PinningStore& store, Content content, PrepareOptions options);

/// sha2-256 of the whole content of a file in the store, and its size. Reads all of it.
struct ContentHash {
  crypto::Digest32 hash{};
  std::uint64_t size = 0;
};
base::Task<ContentHash> hash_content(base::Env& env, ipld::BlockSource& source, ipld::Cid cid);

/// Sum of the sizes of the files below a directory. Reads every block.
base::Task<std::uint64_t> directory_size(base::Env& env, ipld::BlockSource& source, ipld::Cid cid);

/// The digest of a root block with sha2-256, as a directory's content hash.
base::Task<crypto::Digest32> root_hash(ipld::BlockSource& source, ipld::Cid cid);

}  // namespace openmcp::context
