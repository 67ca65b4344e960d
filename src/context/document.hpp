// What the search index is told of a version: its passages.
#pragma once

#include <memory>

#include "base/env.hpp"
#include "context/manifest.hpp"
#include "context/search/index.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::context {

/// The part of a content that is searched, before it is cut into passages: the beginning of a file (kMaxIndexedText and
/// a byte more when it goes on), the names in a directory, nothing of what cannot be read.
base::Task<base::SharedBytes> searched_bytes(base::Env& env, ipld::BlockSource& source,
                                             std::shared_ptr<const Manifest> manifest);

/// Pure, and slow enough for a worker. Turns of a conversation become passages of their own; text is cut; anything else
/// has none.
search::SearchDocument make_document(const ipld::Cid& version, const Manifest& manifest, base::BytesView searched);

/// ISO 8601 ("2024-05-03T10:00:00.5Z", date and time apart by T or a space, zone optional: then UTC) or a number of
/// seconds, milliseconds or microseconds since the epoch.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace openmcp::context
