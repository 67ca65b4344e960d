// Manifest: one version of a context, as a dag-cbor block. Its CID names the version.
//
// A map with these keys; a key whose value would be empty is left out, and nothing else is allowed:
//   v 1 · id bytes(16) · type text · title text · content link · size int · hash bytes(32) · media text ·
//   parents [link] · tags [text, sorted, unique] · metadata map of JSON values · relations [{kind, to}] sorted ·
//   author {name, key?} · time int · message text · source text (bytes when it is not UTF-8) · squash bytes · tombstone
//   true
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "context/id.hpp"
#include "crypto/hash.hpp"
#include "ipld/cid.hpp"

namespace openmcp::context {

inline constexpr std::uint64_t kManifestSchema = 1;
inline constexpr std::size_t kMaxType = 128;    ///< bytes
inline constexpr std::size_t kMaxTitle = 4096;  ///< bytes
inline constexpr std::size_t kMaxMedia = 255;   ///< bytes
inline constexpr std::size_t kMaxTags = 1024;
inline constexpr std::size_t kMaxTag = 256;  ///< bytes
inline constexpr std::size_t kMaxParents = 64;
inline constexpr std::size_t kMaxRelations = 1024;
inline constexpr std::size_t kMaxKind = 128;           ///< bytes of a relation's kind
inline constexpr std::size_t kMaxAuthor = 256;         ///< bytes of a name
inline constexpr std::size_t kMaxMessage = 16u << 10;  ///< bytes
inline constexpr std::size_t kMaxSource = 4096;        ///< bytes
inline constexpr std::size_t kMaxMetadata = 1u << 20;  ///< bytes, as JSON text
inline constexpr std::size_t kMaxMetadataDepth = 64;
inline constexpr std::size_t kMaxManifest = 2u << 20;  ///< bytes, the block

/// The types we know by name; any other text up to kMaxType bytes is a type too.
namespace type {
inline constexpr std::string_view code = "code", documentation = "documentation", conversation = "conversation",
                                  decision = "decision", other = "other";
}

struct Author {
  std::string name;
  std::optional<std::array<std::uint8_t, 32>> key;  ///< Ed25519 public key
  bool operator==(const Author&) const = default;
};

struct Relation {
  std::string kind;  ///< "refines", "answers", any text
  ContextId target;
  auto operator<=>(const Relation&) const = default;
};

struct Manifest {
  ContextId id;
  std::string type;
  std::string title;
  std::optional<ipld::Cid> content;  ///< UnixFS or raw root; absent only in a tombstone
  std::uint64_t size = 0;            ///< bytes of the whole content (of a directory: the sum of its files)
  crypto::Digest32 content_hash{};   ///< sha2-256 of the whole content; of a directory: of its root block
  std::string media_type;
  std::vector<ipld::Cid> parents;   ///< manifests; empty: the first version
  std::vector<std::string> tags;    ///< sorted bytewise, unique
  std::string metadata = "{}";      ///< a JSON object in the canonical text of canonical_json
  std::vector<Relation> relations;  ///< sorted, unique
  Author author;
  std::int64_t time = 0;  ///< microseconds since the epoch, UTC
  std::string message;    ///< why; of a tombstone: the reason
  std::string source;     ///< path below the workspace's root that it came from, any bytes; "" none
  /// The version elsewhere of which this is a copy without its history (a CID in bytes, no link); see ExportRequest.
  std::optional<ipld::Cid> squash;
  bool tombstone = false;  ///< forgotten: nothing but id, author, time and message remains

  bool operator==(const Manifest&) const = default;
};

/// Sorts tags and relations, drops repetitions, brings metadata into canonical text, and checks every bound.
/// Errors: invalid_argument, too_large.
base::Result<void> normalise(Manifest& manifest);
/// Precondition: normalised. Error too_large above kMaxManifest.
base::Result<ipld::Block> encode(const Manifest& manifest);
/// Strict: what encode would not have written is Error corrupt; a later schema is unsupported.
base::Result<Manifest> decode_manifest(base::BytesView block);

/// A JSON object as the text that decoding a manifest gives: keys in dag-cbor order, no spaces, whole numbers as
/// integers when they were written so. Errors: invalid_argument (not an object, bad JSON), too_large.
base::Result<std::string> canonical_json(std::string_view object);

}  // namespace openmcp::context
