// One context, wholly checked: every version's proof, every block against its CID, every content against its manifest.
#include "api/json.hpp"
#include "api/rest/handlers.hpp"
#include "api/validation.hpp"
#include "context/attestation.hpp"
#include "context/checking.hpp"
#include "context/versions.hpp"
#include "context/workspace.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

class ContextCheck {
public:
  ContextCheck(base::Env& env, ipld::BlockSource& blocks) : source_(env, blocks), contents_(env, source_) {}

  base::Task<void> version(context::ContextId id, context::Version version) {
    ++versions_;
    const auto where = version.cid.text();
    if (version.proof == context::Proof::missing) note("attestation", where, "nobody vouches for this version");
    if (version.proof == context::Proof::invalid) note("attestation", where, "the signature does not hold");
    try {
      auto manifest = co_await context::load_manifest(source_, version.cid);
      if (manifest->id != id) note("manifest", where, "it is of context " + manifest->id.text());
      if (version.attestation) co_await context::load_attestation(source_, *version.attestation);
      if (manifest->content) co_await contents_.check(*manifest);
    } catch (const base::Error& error) {
      if (error.code() != Errc::not_found && error.code() != Errc::corrupt && error.code() != Errc::unsupported) throw;
      note("content", where, error.message());
    }
  }

  std::string json() const {
    JsonWriter json;
    json.begin_object().key("findings").begin_array();
    for (const auto& finding : findings_) write_json(json, finding);
    json.end_array().field("versions", versions_).field("blocks", source_.blocks()).field("bytes", source_.bytes());
    json.field("ok", findings_.empty()).end_object();
    return json.take();
  }
  bool ok() const { return findings_.empty(); }

private:
  void note(std::string what, std::string where, std::string problem) {
    findings_.push_back({.what = std::move(what), .where = std::move(where), .problem = std::move(problem)});
  }

  context::VerifyingSource source_;
  context::ContentCheck contents_;
  std::vector<context::Finding> findings_;
  std::uint64_t versions_ = 0;
};

}  // namespace

base::Task<void> verify_context(SurfacePtr surface, Call& call) {
  const auto id = path_id(call.at(0));
  auto& service = surface->service;
  auto versions = co_await service.workspace.history(id);
  ContextCheck check(service.env, service.store);
  for (auto& version : versions) co_await check.version(id, std::move(version));
  co_await send_json(call, check.json());
}

}  // namespace openmcp::api::rest
