// What the handlers of REST share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/audit.hpp"
#include "api/rest/idempotency.hpp"
#include "api/rest/read_cache.hpp"
#include "api/router.hpp"
#include "base/sync.hpp"
#include "context/request.hpp"
#include "context/view.hpp"

namespace openmcp::api::rest {

inline constexpr std::size_t kMaxContent = 64u << 20;              ///< bytes of a content inside of JSON
inline constexpr std::size_t kMaxBody = kMaxContent + (4u << 20);  ///< bytes of a JSON body
inline constexpr std::size_t kLargeBody = 1u << 20;                ///< bytes from which a body counts as large
inline constexpr std::size_t kLargeAtOnce = 4;                     ///< large bodies and answers held at once

struct Surface {
  explicit Surface(Service& server)
      : service(server), idempotency(server.env), reads(server), large(server.env.executor(), kLargeAtOnce) {}
  Service& service;
  Idempotency idempotency;
  ReadCache reads;
  base::Semaphore large;
  /// Of commits that name no author; known after the first.
  std::optional<context::Author> signer;
};
using SurfacePtr = std::shared_ptr<Surface>;

/// Holds one of the permits for large bodies.
class LargePermit {
public:
  LargePermit() = default;
  explicit LargePermit(SurfacePtr surface) : surface_(std::move(surface)) {}
  LargePermit(LargePermit&& other) noexcept = default;
  LargePermit& operator=(LargePermit&& other) noexcept {
    std::swap(surface_, other.surface_);
    return *this;
  }
  ~LargePermit() {
    if (surface_) surface_->large.release();
  }
  static base::Task<LargePermit> take(SurfacePtr surface);

private:
  SurfacePtr surface_;
};

enum class BodyKind : unsigned char {
  json,  ///< or no media type, which the original takes for JSON too
  form,
  bytes
};
BodyKind body_kind(const http::Request& request);

/// The body of a JSON request. InvalidRequest for another media type; too_large above kMaxBody.
struct ReadBody {
  std::string text;
  LargePermit permit;
};
base::Task<ReadBody> read_json(SurfacePtr surface, Call& call);

/// What is the same for every line: who, from where.
void audit(Surface& surface, const Call& call, std::string_view action, std::string target, std::string detail = {});

/// The caller and the route: what an Idempotency-Key is unique in.
std::string idempotency_scope(const Call& call);

/// Parameters of the query; what is wrong is an InvalidRequest.
std::optional<std::string> query_text(const Call& call, std::string_view name, std::size_t most = ~std::size_t{0});
std::vector<std::string> query_texts(const Call& call, std::string_view name, std::size_t most = ~std::size_t{0});
std::uint64_t query_number(const Call& call, std::string_view name, std::uint64_t fallback, std::uint64_t least,
                           std::uint64_t most);
std::optional<bool> query_flag(const Call& call, std::string_view name);
/// Microseconds. A date, an RFC 3339 time or an age.
std::optional<std::int64_t> query_time(const Call& call, std::string_view name, base::WallTime now);

/// The CID of a version of this context: "v3", "3", a CID; "" the latest. Errors not_found, InvalidRequest.
base::Task<ipld::Cid> find_version(SurfacePtr surface, context::ContextId id, std::string text, std::string_view where);

/// The heads that If-Match expects; nullopt: none is named. Throws HttpError 412 when no present head fits.
base::Task<std::optional<std::vector<ipld::Cid>>> expected_by_match(SurfacePtr surface, Call& call,
                                                                    context::ContextId id);

}  // namespace openmcp::api::rest
