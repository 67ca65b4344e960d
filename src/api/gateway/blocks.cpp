// Trustless answers: one block, a CAR, a name's record.
#include <fmt/format.h>

#include "api/gateway/call.hpp"
#include "api/gateway/head.hpp"
#include "api/gateway/ipns_name.hpp"
#include "api/gateway/ipns_record.hpp"
#include "crypto/hash.hpp"
#include "ipld/car/writer.hpp"
#include "ipld/traversal.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::Error;
using base::Task;

constexpr std::string_view kRawType = "application/vnd.ipld.raw";
/// Blocks of one CAR without repetition: each is remembered (about 70 bytes). Larger DAGs are given with car-dups=y.
constexpr std::uint64_t kMaxDistinct = 4'000'000;

void no_remainder(const GatewayCall& call) {
  if (call.found.remainder.empty()) return;
  refuse(501, fmt::format("{} ends inside a block, at a field that is no link; ask for the block itself",
                          call.target.text()));
}

/// What of a DAG goes into a CAR.
ipld::TraversalOptions scope_of(const GatewayCall& call) {
  ipld::TraversalOptions options;
  options.duplicates = call.wanted.car_duplicates;
  if (!options.duplicates) options.max_blocks = kMaxDistinct;
  auto value = [](auto result) {
    if (!result) refuse(400, fmt::format("{} ({})", result.error().message(), result.error().hint()));
    return *std::move(result);
  };
  auto* bytes = call.parameter("entity-bytes");
  if (bytes && !bytes->empty()) {
    options.bytes = value(ipld::parse_entity_bytes(*bytes));
    options.scope = ipld::DagScope::entity;
  }
  if (auto* scope = call.parameter("dag-scope"); scope && !scope->empty()) {
    options.scope = value(ipld::dag_scope_from_name(*scope));
  }
  return options;
}

/// Ranges that begin behind the end of a file are refused while that can be said.
Task<void> check_bytes(GatewayCall& call, ipld::TraversalOptions options) {
  if (!options.bytes || options.scope != ipld::DagScope::entity || options.bytes->from <= 0) co_return;
  auto codec = call.found.cid.codec();
  if (codec != ipld::Codec::raw && codec != ipld::Codec::dag_pb) co_return;
  std::uint64_t size = 0;
  try {
    auto stat = co_await ipld::unixfs::stat(call.blocks, call.found.cid);
    if (!ipld::unixfs::is_file(stat.type)) co_return;
    size = stat.size;
  } catch (const Error& error) {
    if (error.code() == Errc::invalid_argument) co_return;  // no UnixFS: the range means nothing
    throw;
  }
  if (static_cast<std::uint64_t>(options.bytes->from) >= size) {
    refuse(400, fmt::format("entity-bytes begins at {}, but there are {} bytes", options.bytes->from, size));
  }
}

std::string short_digest(std::string_view text) {
  auto digest = crypto::sha256(base::as_bytes(text));
  return base::to_hex(base::BytesView(digest).first(8));
}

}  // namespace

Task<void> answer_raw(GatewayCall& call) {
  call.exchange.set_route("gateway_raw");
  no_remainder(call);
  auto& cid = call.found.cid;
  auto headers = head_of(call, kRawType, etag_of(cid, "raw"));
  headers.add("Content-Disposition", disposition_of(call, "attachment", cid.text() + ".bin"));
  auto block = co_await ipld::get_block(call.blocks, cid);
  if (co_await answer_not_modified(call, headers)) co_return;
  co_await send_bytes(call, std::move(headers), std::move(block));
}

Task<void> answer_car(GatewayCall& call) {
  call.exchange.set_route("gateway_car");
  auto options = scope_of(call);
  auto root = co_await ipld::get_block(call.blocks, call.found.roots.front());  // 404 before anything is sent
  co_await check_bytes(call, options);

  // The blocks of the path are in it, so the tag has the path; and everything that changes the bytes.
  auto* bytes = call.parameter("entity-bytes");
  auto variant = fmt::format("{} {} {} {}", call.found.roots.front().text(), encode_path(call.found.path, false),
                             static_cast<int>(options.scope), options.duplicates);
  if (options.bytes) variant += " " + *bytes;
  auto etag = fmt::format("W/\"{}.car.{}\"", call.found.cid.text(), short_digest(variant));
  auto type =
      fmt::format("{}; version=1; order=dfs; dups={}", media_type_of(Format::car), options.duplicates ? "y" : "n");
  auto headers = head_of(call, type, etag);
  headers.add("Content-Disposition", disposition_of(call, "attachment", call.found.cid.text() + ".car"));
  headers.add("Accept-Ranges", "none");
  if (co_await answer_not_modified(call, headers)) co_return;

  auto& exchange = call.exchange;
  http::ResponseHead head{.status = 200, .headers = std::move(headers), .length = std::nullopt};
  if (call.head()) {
    co_await exchange.start(std::move(head));
    co_await exchange.finish();
    co_return;
  }
  // The head waits for the first buffer, so that a small CAR whose blocks are not all here is refused with a status.
  ipld::ByteSink sink = [&exchange, &head](base::SharedBytes part) -> Task<void> {
    if (!exchange.started()) co_await exchange.start(std::move(head));
    co_await exchange.write(std::move(part));
  };
  ipld::car::Writer writer(std::move(sink), {call.found.cid});
  ipld::BlockVisitor visit = [&writer](ipld::Block block) -> Task<bool> {
    co_await writer.write(std::move(block));
    co_return true;
  };
  ipld::ContentPath path{.root = call.found.roots.front(), .segments = call.found.path};
  co_await ipld::traverse_path(call.env, call.blocks, std::move(path), std::move(options), std::move(visit));
  co_await writer.finish();
  co_await exchange.finish();
}

Task<void> answer_record(GatewayCall& call) {
  call.exchange.set_route("gateway_ipns_record");
  if (call.target.space != Space::ipns) refuse(400, "only names (/ipns/...) have records");
  if (!call.target.segments.empty()) refuse(400, "a record is of a name, not of a path below it");
  auto name = IpnsName::parse(call.target.root);
  if (!name) refuse(400, name.error().message());
  std::optional<base::Bytes> bytes;
  if (call.names) bytes = co_await call.names->record(name->text());
  auto record = bytes ? verify_record(*name, *bytes, call.env.now()) : base::fail(Errc::not_found, "no record");
  if (!record) refuse(404, fmt::format("there is no valid record of the name {} here", name->text()));
  auto left = std::chrono::duration_cast<std::chrono::seconds>(record->expires - call.env.now());
  call.ttl = std::min(record->ttl, left);
  auto text = name->text();
  auto etag = fmt::format("\"{}.ipns-record.{}\"", text, short_digest(base::as_text(*bytes)));
  auto headers = head_of(call, media_type_of(Format::ipns_record), etag);
  headers.add("Content-Disposition", disposition_of(call, "attachment", text + ".ipns-record"));
  if (co_await answer_not_modified(call, headers)) co_return;
  base::SharedBytes body(*std::move(bytes));
  co_await send_bytes(call, std::move(headers), std::move(body));
}

}  // namespace openmcp::api::gateway
