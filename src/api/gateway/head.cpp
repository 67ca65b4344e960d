#include "api/gateway/head.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ipld/utf8.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Task;

/// Bodies up to here go with their head in one piece.
constexpr std::size_t kSmallBody = 16u << 10;
constexpr std::size_t kMaxFileName = 255;
/// Of X-Ipfs-Roots: a path may have a thousand segments, but clients do not take heads of that size.
constexpr std::size_t kMaxRoots = 8u << 10;

std::string cache_control(const GatewayCall& call, bool generated) {
  // Behind a token nothing may lie in caches that others share.
  std::string_view who = call.options.open ? "public" : "private";
  if (call.mutable_path()) {
    if (!call.ttl) return {};
    return fmt::format("{}, max-age={}", who, call.ttl->count());
  }
  if (generated) return fmt::format("{}, max-age=604800, stale-while-revalidate=2678400", who);
  return fmt::format("{}, max-age=29030400, immutable", who);
}

/// The URL with the negotiated format in it.
std::string content_location(const GatewayCall& call) {
  auto& request = call.request();
  std::string url = request.path + "?";
  for (auto& [name, value] : call.query) {
    if (name == "format" || (call.wanted.format == Format::car && name == "car-dups")) continue;
    url += http::percent_encode(name) + "=" + http::percent_encode(value, "/:,") + "&";
  }
  url += fmt::format("format={}", name_of(call.wanted.format));
  if (call.wanted.format == Format::car) url += call.wanted.car_duplicates ? "&car-dups=y" : "&car-dups=n";
  return url;
}

}  // namespace

void refuse(unsigned status, std::string text, http::Headers headers) {
  Answer answer;
  answer.response.status = status;
  answer.response.headers = std::move(headers);
  answer.response.headers.set("Content-Type", "text/plain; charset=utf-8");
  answer.response.body = std::move(text) + "\n";
  throw answer;
}

void add_cors(http::Headers& headers) {
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  headers.set("Access-Control-Allow-Headers",
              "Accept, Authorization, Cache-Control, Content-Type, If-None-Match, Range, User-Agent, X-Requested-With");
  headers.set("Access-Control-Expose-Headers",
              "Content-Length, Content-Range, ETag, X-Chunked-Output, X-Ipfs-Path, X-Ipfs-Roots, X-Stream-Output");
}

http::Headers head_of(const GatewayCall& call, std::string_view type, std::string_view etag, bool generated) {
  http::Headers headers;
  headers.add("Content-Type", std::string(type));
  headers.add("ETag", std::string(etag));
  if (auto cache = cache_control(call, generated); !cache.empty()) headers.add("Cache-Control", std::move(cache));
  headers.add("X-Ipfs-Path", call.target.text());
  std::string roots;
  for (auto& cid : call.found.roots) roots.append(roots.empty() ? "" : ",").append(cid.text());
  if (!roots.empty() && roots.size() <= kMaxRoots) headers.add("X-Ipfs-Roots", std::move(roots));
  if (!call.parameter("format") || call.wanted.format == Format::car)
    headers.add("Vary", call.options.open ? "Accept" : "Accept, Authorization");
  if (call.wanted.from_accept || call.wanted.car_from_accept) {
    headers.add("Content-Location", content_location(call));
  }
  return headers;
}

std::string etag_of(const ipld::Cid& cid, std::string_view suffix) {
  return suffix.empty() ? fmt::format("\"{}\"", cid.text()) : fmt::format("\"{}.{}\"", cid.text(), suffix);
}

bool none_match(const http::Request& request, std::string_view etag) {
  auto opaque = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
  for (auto rest : request.headers.all("If-None-Match")) {
    while (!rest.empty()) {
      auto first = rest.find_first_not_of(" \t,");
      if (first == rest.npos) break;
      rest = rest.substr(first);
      if (rest.front() == '*') return true;
      auto open = rest.find('"');
      auto close = open == rest.npos ? rest.npos : rest.find('"', open + 1);
      if (close == rest.npos) break;
      if (opaque(rest.substr(0, close + 1)) == opaque(etag)) return true;
      rest = rest.substr(close + 1);
    }
  }
  return false;
}

Task<bool> answer_not_modified(GatewayCall& call, http::Headers headers) {
  if (call.status.value_or(200) != 200 || !none_match(call.request(), headers.get("ETag"))) co_return false;
  headers.remove("Content-Type");
  http::ResponseHead head{.status = 304, .headers = std::move(headers), .length = std::nullopt};
  http::Response response{.status = head.status, .headers = std::move(head.headers)};
  co_await call.exchange.send(std::move(response));
  co_return true;
}

std::string disposition(std::string_view kind, std::string_view name) {
  if (name.empty()) return std::string(kind);
  std::string ascii;
  bool plain = true;
  auto rest = name.substr(0, kMaxFileName);
  std::string utf8;
  while (!rest.empty()) {
    auto point = ipld::take_utf8(rest);
    if (!point) {
      rest.remove_prefix(1);
      point = U'_';
      plain = false;
    }
    bool safe = *point >= 0x20 && *point < 0x7f && *point != '"' && *point != '\\' && *point != '/';
    ascii += safe ? static_cast<char>(*point) : '_';
    plain = plain && *point < 0x80;
    ipld::append_utf8(utf8, *point >= 0x20 && *point != 0x7f && *point != '/' ? *point : U'_');
  }
  auto out = fmt::format("{}; filename=\"{}\"", kind, ascii);
  if (!plain) out += "; filename*=UTF-8''" + http::percent_encode(utf8);
  return out;
}

std::string disposition_of(const GatewayCall& call, std::string_view kind, std::string fallback_name) {
  auto* name = call.parameter("filename");
  auto* download = call.parameter("download");
  if (download && *download == "true") kind = "attachment";
  return disposition(kind, name && !name->empty() ? std::string_view(*name) : fallback_name);
}

Part choose_part(GatewayCall& call, http::Headers& headers, std::uint64_t size) {
  headers.set("Accept-Ranges", "bytes");
  const auto status = call.status.value_or(200);
  auto& request = call.request();
  auto* field = request.headers.find("Range");
  auto* only_if = request.headers.find("If-Range");
  RangeChoice choice;
  if (field && request.is("GET") && status == 200 && (!only_if || *only_if == headers.get("ETag")))
    choice = choose_ranges(*field, size);
  if (!choice.satisfiable) {
    http::Headers refused{{"Content-Range", fmt::format("bytes */{}", size)}};
    refuse(416, fmt::format("there are {} bytes; none of the range is among them", size), std::move(refused));
  }
  RangedBody body(call.env, std::move(choice.spans), size, headers);
  const auto found = body.status();
  return {.status = found == 206 ? found : status, .body = std::move(body)};
}

Task<void> send_bytes(GatewayCall& call, http::Headers headers, base::SharedBytes bytes) {
  auto part = choose_part(call, headers, bytes.size());
  const auto small = part.body.length() <= kSmallBody;
  auto& exchange = call.exchange;
  http::Response response{.status = part.status, .headers = {}};
  if (small) {
    response.headers = std::move(headers);
  } else {
    http::ResponseHead head{.status = part.status, .headers = std::move(headers), .length = part.body.length()};
    co_await exchange.start(std::move(head));
  }
  ipld::ByteSink sink = [&](base::SharedBytes piece) -> Task<void> {
    if (small)
      response.body += base::as_text(piece);
    else
      co_await exchange.write(std::move(piece));
  };
  RangedBody::ReadSpan read = [&bytes](ByteSpan span, ipld::ByteSink into) -> Task<void> {
    co_await into(bytes.slice(static_cast<std::size_t>(span.offset), static_cast<std::size_t>(span.length)));
  };
  if (small || !call.head()) co_await part.body.send(std::move(read), std::move(sink));
  if (small)
    co_await exchange.send(std::move(response));
  else
    co_await exchange.finish();
}

}  // namespace openmcp::api::gateway
