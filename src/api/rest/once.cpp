#include "api/rest/once.hpp"

#include "api/json_writer.hpp"

namespace openmcp::api::rest {

namespace {

base::Task<void> send(Call& call, std::string json, unsigned status, std::string etag, bool again) {
  http::Headers headers;
  if (!etag.empty()) headers.add("ETag", std::move(etag));
  if (again) headers.add("Idempotent-Replayed", "true");
  co_await send_json(call, std::move(json), status, std::move(headers));
}

}  // namespace

Once::Once(const Call& call, std::string_view body) {
  if (!call.request.headers.has("Idempotency-Key")) return;
  crypto::Sha256 hash;
  // Neither a query nor a header has a line's end in it: what follows the second one is the body.
  for (auto part : {std::string_view(call.request.query), std::string_view("\n"),
                    std::string_view(call.request.headers.get("If-Match")), std::string_view("\n"), body})
    hash.update(base::as_bytes(part));
  request_ = hash.finish();
}

base::Task<bool> Once::answered(SurfacePtr surface, Call& call, base::SharedBytes content) {
  if (!request_) co_return false;
  auto claimed =
      surface->idempotency.claim(idempotency_scope(call), call.request.headers.get("Idempotency-Key"), *request_);
  auto kept = std::get_if<KeptAnswer>(&claimed);
  if (!kept) {
    claim_ = std::get<Idempotency::Claim>(std::move(claimed));
    co_return false;
  }
  auto json = std::move(kept->before);
  if (kept->content) json += json_quoted(base::as_text(content));
  json += kept->after;
  co_await send(call, std::move(json), kept->status, std::move(kept->etag), true);
  co_return true;
}

base::Task<void> Once::answer(Call& call, Answer answer) {
  if (claim_) {
    const bool shown = answer.content_end > answer.content_begin;
    claim_.keep({.status = 200,
                 .before = answer.json.substr(0, shown ? answer.content_begin : std::string::npos),
                 .after = shown ? answer.json.substr(answer.content_end) : std::string(),
                 .content = shown,
                 .etag = answer.etag});
  }
  co_await send(call, std::move(answer.json), 200, std::move(answer.etag), false);
}

}  // namespace openmcp::api::rest
