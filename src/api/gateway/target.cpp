#include "api/gateway/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "http/syntax.hpp"
#include "ipld/path.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::fail;
using base::Result;

struct FormatRow {
  Format format;
  std::string_view name, media_type;
};
constexpr std::array<FormatRow, 8> kFormats{{
    {Format::raw, "raw", "application/vnd.ipld.raw"},
    {Format::car, "car", "application/vnd.ipld.car"},
    {Format::tar, "tar", "application/x-tar"},
    {Format::dag_json, "dag-json", "application/vnd.ipld.dag-json"},
    {Format::dag_cbor, "dag-cbor", "application/vnd.ipld.dag-cbor"},
    {Format::json, "json", "application/json"},
    {Format::cbor, "cbor", "application/cbor"},
    {Format::ipns_record, "ipns-record", "application/vnd.ipfs.ipns-record"},
}};

constexpr std::size_t kMaxAccepted = 64;  ///< media ranges looked at

/// Cuts at the first `by`; what is behind it goes back to `text`.
std::string_view take_until(std::string_view& text, char by) {
  auto at = text.find(by);
  auto part = text.substr(0, at);
  text = at == text.npos ? std::string_view() : text.substr(at + 1);
  return http::trimmed(part);
}

/// Parameters of CARs, from a media type or from the URL.
struct CarForm {
  std::string_view version, order, duplicates;
  bool any() const { return !version.empty() || !order.empty() || !duplicates.empty(); }
  bool written() const {
    return (version.empty() || version == "1") && (order.empty() || order == "dfs" || order == "unk") &&
           (duplicates.empty() || duplicates == "y" || duplicates == "n");
  }
};

struct Accepted {
  std::string_view type;
  std::size_t place = 0;
  int quality = 1000;  ///< thousandths
  CarForm car;
};

int parse_quality(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 1000;
  int value = (text[0] - '0') * 1000, scale = 100;
  if (text.size() > 1 && text[1] == '.') {
    for (std::size_t i = 2; i < text.size() && i < 5 && text[i] >= '0' && text[i] <= '9'; ++i, scale /= 10)
      value += (text[i] - '0') * scale;
  }
  return std::min(value, 1000);
}

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::vector<Accepted> parse_accept(const http::Headers& headers) {
  std::vector<Accepted> out;
  for (std::string_view rest : headers.all("Accept")) {
    while (!rest.empty() && out.size() < kMaxAccepted) {
      auto range = take_until(rest, ',');
      Accepted one;
      one.place = out.size();
      one.type = take_until(range, ';');
      while (!range.empty()) {
        auto parameter = take_until(range, ';');
        auto name = take_until(parameter, '=');
        auto value = unquote(http::trimmed(parameter));
        if (http::equal_without_case(name, "q")) one.quality = parse_quality(value);
        if (http::equal_without_case(name, "version")) one.car.version = value;
        if (http::equal_without_case(name, "order")) one.car.order = value;
        if (http::equal_without_case(name, "dups")) one.car.duplicates = value;
      }
      if (!one.type.empty() && one.quality > 0) out.push_back(one);
    }
  }
  auto rank = [](const Accepted& one) { return std::pair(-one.quality, one.place); };
  std::ranges::sort(out, {}, rank);
  return out;
}

const FormatRow* row_of_type(std::string_view type) {
  for (auto& row : kFormats)
    if (http::equal_without_case(row.media_type, type)) return &row;
  return nullptr;
}

}  // namespace

std::string_view name_of(Format format) noexcept {
  for (auto& row : kFormats)
    if (row.format == format) return row.name;
  return {};
}

std::string_view media_type_of(Format format) noexcept {
  for (auto& row : kFormats)
    if (row.format == format) return row.media_type;
  return {};
}

// --- paths -----------------------------------------------------------------------------------------------------------

std::string encode_segment(std::string_view segment) { return http::percent_encode(segment, "$&+,:;=@!()*"); }

std::string encode_path(const std::vector<std::string>& segments, bool slash) {
  std::string out;
  for (auto& segment : segments) out.append("/").append(encode_segment(segment));
  if (slash || out.empty()) out += '/';
  return out;
}

std::string Target::text() const {
  auto out = std::string(space == Space::ipfs ? "/ipfs/" : "/ipns/") + encode_segment(root);
  if (!segments.empty()) return out + encode_path(segments, slash);
  return slash ? out + "/" : out;
}

Result<PathParts> split_path(std::string_view encoded) {
  PathParts parts;
  parts.slash = encoded.ends_with('/');
  while (!encoded.empty()) {
    auto at = encoded.find('/');
    auto segment = encoded.substr(0, at);
    encoded = at == encoded.npos ? std::string_view() : encoded.substr(at + 1);
    if (segment.empty()) continue;
    if (parts.segments.size() > ipld::kMaxPathSegments) {
      return fail(Errc::too_large, fmt::format("a path has at most {} segments", ipld::kMaxPathSegments));
    }
    auto decoded = http::percent_decode(segment);
    if (!decoded) return std::unexpected(std::move(decoded).error());
    if (decoded->find('\0') != decoded->npos) return fail(Errc::invalid_argument, "a path with a NUL character");
    parts.segments.push_back(*std::move(decoded));
  }
  return parts;
}

Result<std::optional<Target>> parse_target(std::string_view encoded) {
  auto parts = split_path(encoded);
  if (!parts) return std::unexpected(std::move(parts).error());
  auto& segments = parts->segments;
  if (segments.empty() || (segments[0] != "ipfs" && segments[0] != "ipns")) return std::optional<Target>();
  if (segments.size() == 1) {
    return fail(Errc::invalid_argument, fmt::format("invalid path \"/{}/\": a CID or a name is missing", segments[0]),
                fmt::format("ask for /{}/<{}>", segments[0], segments[0] == "ipfs" ? "cid" : "name"));
  }
  Target target;
  target.space = segments[0] == "ipfs" ? Space::ipfs : Space::ipns;
  target.root = std::move(segments[1]);
  target.segments.assign(std::move_iterator(segments.begin() + 2), std::move_iterator(segments.end()));
  target.slash = parts->slash;
  return std::optional(std::move(target));
}

// --- formats ---------------------------------------------------------------------------------------------------------

Result<Wanted> negotiate(const http::Parameters& query, const http::Headers& headers) {
  Wanted wanted;
  auto accepted = parse_accept(headers);
  wanted.any_accept = headers.has("Accept");
  CarForm car;
  auto in_query = [&](std::string_view name) -> std::string_view {
    auto* value = http::find(query, name);
    return value ? std::string_view(*value) : std::string_view();
  };

  if (auto* named = http::find(query, "format")) {
    auto row = std::ranges::find(kFormats, *named, &FormatRow::name);
    if (row == kFormats.end()) {
      return fail(Errc::invalid_argument, fmt::format("unknown format '{}'", named->substr(0, 40)),
                  "raw, car, tar, json, cbor, dag-json, dag-cbor or ipns-record");
    }
    wanted.format = row->format;
    // ?format=car leaves its parameters to Accept.
    for (auto& one : accepted) {
      if (wanted.format != Format::car || row_of_type(one.type) != &*row) continue;
      car = one.car;
      break;
    }
  } else {
    bool refused_car = false, anything = accepted.empty();
    for (auto& one : accepted) {
      if (http::equal_without_case(one.type, "text/html") ||
          http::equal_without_case(one.type, "application/xhtml+xml")) {
        wanted.html = true;
        break;
      }
      auto* row = row_of_type(one.type);
      if (!row) {
        anything = true;  // */*, image/png...: what the content is, it is
        continue;
      }
      if (row->format == Format::car && !one.car.written()) {
        refused_car = true;
        continue;
      }
      wanted.format = row->format;
      wanted.from_accept = true;
      car = one.car;
      break;
    }
    if (refused_car && wanted.format == Format::none && !wanted.html && !anything) {
      return fail(Errc::unsupported, "no CAR of the accepted kinds can be written",
                  "version=1, order=dfs or unk, dups=y or n");
    }
  }

  if (wanted.format == Format::car) {
    wanted.car_from_accept = car.any();
    if (auto value = in_query("car-version"); !value.empty()) car.version = value;
    if (auto value = in_query("car-order"); !value.empty()) car.order = value;
    if (auto value = in_query("car-dups"); !value.empty()) car.duplicates = value;
    if (!car.written()) {
      return fail(Errc::invalid_argument, "CARs of this kind are not written here",
                  "car-version=1, car-order=dfs or unk, car-dups=y or n");
    }
    wanted.car_duplicates = car.duplicates == "y";
  }
  return wanted;
}

}  // namespace openmcp::api::gateway
