// What a request to the gateway asks for: a content path, and the form of the answer. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/headers.hpp"
#include "http/url.hpp"

namespace openmcp::api::gateway {

enum class Space : unsigned char { ipfs, ipns };

struct Target {
  Space space = Space::ipfs;
  std::string root;                   ///< CID or name, as it was written
  std::vector<std::string> segments;  ///< decoded, never empty strings
  bool slash = false;                 ///< the path ended with '/'

  /// "/ipfs/<root>/a/b/", percent-encoded.
  std::string text() const;
};

struct PathParts {
  std::vector<std::string> segments;
  bool slash = false;
};
/// The segments of an encoded path, each decoded by itself. Errors: invalid_argument, too_large.
base::Result<PathParts> split_path(std::string_view encoded);
/// "/ipfs/..." and "/ipns/...". nullopt: another namespace. Errors: invalid_argument.
base::Result<std::optional<Target>> parse_target(std::string_view encoded);

/// "/a/b/": percent-encoded so that it can stand in a Location header and in HTML.
std::string encode_path(const std::vector<std::string>& segments, bool slash);
std::string encode_segment(std::string_view segment);

enum class Format : unsigned char { none, raw, car, tar, dag_json, dag_cbor, json, cbor, ipns_record };
/// As in ?format=, "" for none.
std::string_view name_of(Format format) noexcept;
std::string_view media_type_of(Format format) noexcept;

/// The negotiated form.
struct Wanted {
  Format format = Format::none;
  bool from_accept = false;  ///< not said in the URL
  bool html = false;         ///< a browser: text/html is accepted and nothing more special was asked for
  bool any_accept = false;   ///< there is an Accept header
  bool car_duplicates = false;
  bool car_from_accept = false;  ///< parameters of CARs came from Accept
};
/// ?format= wins over Accept; of Accept the well-known type of the highest quality, the first of equals. Errors:
/// invalid_argument (unknown format or parameter), unsupported (only CARs of a kind that we do not write: 406).
base::Result<Wanted> negotiate(const http::Parameters& query, const http::Headers& headers);

}  // namespace openmcp::api::gateway
