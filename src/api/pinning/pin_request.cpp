#include "api/pinning/pin_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "api/json_writer.hpp"
#include "api/time.hpp"

namespace openmcp::api::pinning {
namespace {

namespace json = boost::json;
using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kMaxName = 255;    // the specification's maxLength
constexpr std::size_t kMaxOrigins = 20;  // maxItems
constexpr std::size_t kMaxMeta = 1000;   // maxProperties
constexpr std::size_t kMaxCids = 10;     // maxItems
constexpr std::size_t kMaxLimit = 1000;  // maximum

std::unexpected<base::Error> bad(std::string_view what) { return fail(Errc::invalid_argument, std::string(what)); }

std::string text_of(const json::value& value) { return std::string(value.get_string()); }

Result<json::value> parse_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = 16;
  json::error_code failure;
  auto value = json::parse(text, failure, {}, options);
  if (failure) return bad(fmt::format("not JSON: {}", failure.message()));
  if (!value.is_object()) return bad("not a JSON object");
  return value;
}

/// Characters as people count them: code points.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

Result<Meta> parse_meta(const json::value& value) {
  Meta meta;
  if (value.is_null()) return meta;
  if (!value.is_object()) return bad("meta is no object");
  if (value.get_object().size() > kMaxMeta) return bad("meta has too many entries");
  for (auto& [key, entry] : value.get_object()) {
    if (!entry.is_string()) return bad(fmt::format("meta.{} is no string", std::string_view(key)));
    meta.emplace_back(std::string_view(key), text_of(entry));
  }
  return meta;
}

Result<Pin> to_pin(const json::object& object) {
  Pin pin;
  auto* cid = object.if_contains("cid");
  if (!cid || !cid->is_string()) return bad("cid is missing or no string");
  pin.cid_text = text_of(*cid);
  auto parsed = ipld::Cid::parse(pin.cid_text);
  if (!parsed) return bad(fmt::format("cid: {}", parsed.error().message()));
  pin.cid = *parsed;
  if (auto* name = object.if_contains("name"); name && !name->is_null()) {
    if (!name->is_string() || characters(name->get_string()) > kMaxName) {
      return bad(fmt::format("name is no string of at most {} characters", kMaxName));
    }
    pin.name = text_of(*name);
  }
  if (auto* origins = object.if_contains("origins"); origins && !origins->is_null()) {
    if (!origins->is_array() || origins->get_array().size() > kMaxOrigins) {
      return bad(fmt::format("origins is no list of at most {} addresses", kMaxOrigins));
    }
    for (auto& origin : origins->get_array()) {
      if (!origin.is_string() || !origin.get_string().starts_with('/')) return bad("an origin is no multiaddr");
      pin.origins.push_back(text_of(origin));
    }
  }
  if (auto* meta = object.if_contains("meta")) {
    auto entries = parse_meta(*meta);
    if (!entries) return std::unexpected(std::move(entries).error());
    pin.meta = *std::move(entries);
  }
  return pin;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string_view> list_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    auto comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == text.npos) return parts;
    text = text.substr(comma + 1);
  }
}

}  // namespace

std::string_view to_string(Status status) noexcept {
  switch (status) {
    case Status::queued:
      return "queued";
    case Status::pinning:
      return "pinning";
    case Status::pinned:
      return "pinned";
    case Status::failed:
      return "failed";
  }
  return "failed";
}

Result<Pin> parse_pin(std::string_view text) {
  auto value = parse_object(text);
  if (!value) return std::unexpected(std::move(value).error());
  return to_pin(value->get_object());
}

std::string encode(const PinRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.field("requestid", request.id).field("created", request.created).field("cid", request.pin.cid_text);
  if (request.pin.name) json.field("name", *request.pin.name);
  json.strings("origins", request.pin.origins);
  json.key("meta").begin_object();
  for (auto& [key, value] : request.pin.meta) json.field(key, value);
  json.end_object().end_object();
  return json.take();
}

Result<PinRequest> decode_request(std::string_view text) {
  auto value = parse_object(text);
  if (!value) return std::unexpected(std::move(value).error());
  auto& object = value->get_object();
  auto *id = object.if_contains("requestid"), *created = object.if_contains("created");
  if (!id || !id->is_string() || !created || !created->is_int64()) return bad("requestid or created is missing");
  auto pin = to_pin(object);
  if (!pin) return std::unexpected(std::move(pin).error());
  return PinRequest{text_of(*id), created->get_int64(), *std::move(pin)};
}

Result<Filter> parse_filter(const http::Parameters& query, base::WallTime now) {
  Filter filter;
  bool by_status = false;
  for (auto& [name, value] : query) {
    if (name == "cid") {
      for (auto part : list_of(value)) {
        auto cid = ipld::Cid::parse(part);
        if (!cid) return bad(fmt::format("cid: {}", cid.error().message()));
        filter.cids.push_back(*cid);
      }
      if (filter.cids.size() > kMaxCids) return bad(fmt::format("more than {} CIDs", kMaxCids));
    } else if (name == "name") {
      if (characters(value) > kMaxName) return bad("name is too long");
      filter.name = value;
    } else if (name == "match") {
      if (value != "exact" && value != "iexact" && value != "partial" && value != "ipartial") {
        return bad("match is exact, iexact, partial or ipartial");
      }
      filter.partial = value.ends_with("partial");
      filter.without_case = value.starts_with('i');
    } else if (name == "status") {
      filter.statuses.clear();
      by_status = true;
      for (auto part : list_of(value)) {
        bool known = false;
        for (auto status : {Status::queued, Status::pinning, Status::pinned, Status::failed}) {
          if (part != to_string(status)) continue;
          filter.statuses.push_back(status);
          known = true;
        }
        if (!known) return bad("status is a list of queued, pinning, pinned and failed");
      }
    } else if (name == "before" || name == "after") {
      auto time = parse_time(value, now);
      if (!time || value.find('T') == value.npos) return bad(fmt::format("{} is no time (RFC 3339)", name));
      (name == "before" ? filter.before : filter.after) = time->time_since_epoch().count();
    } else if (name == "limit") {
      std::size_t limit = 0;
      auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), limit);
      if (failure != std::errc() || end != value.data() + value.size() || limit < 1 || limit > kMaxLimit) {
        return bad(fmt::format("limit is a number from 1 to {}", kMaxLimit));
      }
      filter.limit = limit;
    } else if (name == "meta") {
      auto object = parse_object(value);
      if (!object) return std::unexpected(std::move(object.error().within("meta")));
      auto meta = parse_meta(*object);
      if (!meta) return std::unexpected(std::move(meta).error());
      filter.meta = *std::move(meta);
    }
  }
  if (!by_status && (!filter.cids.empty() || filter.name || !filter.meta.empty())) filter.statuses.clear();
  return filter;
}

bool matches(const Filter& filter, const PinRequest& request, Status status) {
  auto& statuses = filter.statuses;
  if (!statuses.empty() && std::ranges::find(statuses, status) == statuses.end()) return false;
  if (filter.before && request.created >= *filter.before) return false;
  if (filter.after && request.created <= *filter.after) return false;
  auto same_dag = [&](const ipld::Cid& cid) {
    return cid.codec() == request.pin.cid.codec() && cid.hash() == request.pin.cid.hash();
  };
  if (!filter.cids.empty() && std::ranges::none_of(filter.cids, same_dag)) return false;
  if (filter.name) {
    if (!request.pin.name) return false;
    auto wanted = filter.without_case ? lower(*filter.name) : *filter.name;
    auto name = filter.without_case ? lower(*request.pin.name) : *request.pin.name;
    if (filter.partial ? name.find(wanted) == name.npos : name != wanted) return false;
  }
  auto has = [&](const auto& entry) { return std::ranges::find(request.pin.meta, entry) != request.pin.meta.end(); };
  return std::ranges::all_of(filter.meta, has);
}

}  // namespace openmcp::api::pinning
