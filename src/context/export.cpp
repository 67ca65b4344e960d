// Exporting contexts as one CAR.
#include <fmt/format.h>

#include "context/attestation.hpp"
#include "context/car_index.hpp"
#include "context/state.hpp"
#include "ipld/car/writer.hpp"
#include "ipld/seen_blocks.hpp"
#include "ipld/traversal.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::size_t kPage = 1000;

/// A head that becomes a first version, as two blocks.
struct Squashed {
  ipld::Block manifest, attestation;
};

/// The same for the same head, so that an export can be repeated byte for byte.
Squashed squash(const Identity& identity, const ipld::Cid& head, Manifest manifest) {
  if (!manifest.parents.empty()) {
    manifest.parents.clear();
    manifest.squash = head;
  }
  auto block = base::unwrap(encode(manifest));
  auto attestation = encode(attest(identity, block.cid, {}));
  return {.manifest = std::move(block), .attestation = std::move(attestation)};
}

class Exporting {
public:
  Exporting(Workspace::State& state, ExportRequest request, WriteBytes write)
      : state_(state), request_(std::move(request)), write_(std::move(write)) {}

  base::Task<ExportReport> run() {
    auto lease = state_.store.lease();  // a context forgotten meanwhile stays readable until we are done
    co_await collect();
    std::vector<CarContext> listed;
    for (const auto& context : contexts_) {
      CarContext entry{.id = context.id, .heads = {}};
      for (const auto& head : context.heads) entry.heads.push_back(co_await listed_head(context.id, head));
      std::sort(entry.heads.begin(), entry.heads.end());
      listed.push_back(std::move(entry));
    }
    auto index = base::unwrap(encode_car_index(listed));
    report_.root = index.front().cid;
    ipld::car::Writer writer(write_, {report_.root});
    for (auto& block : index) co_await put(writer, std::move(block));
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
      co_await write_context(writer, contexts_[i]);
      ++report_.contexts;
      report_.versions += request_.latest ? contexts_[i].heads.size() : contexts_[i].versions;
      report(i + 1, writer.bytes());
    }
    co_await writer.finish();
    report_.blocks = writer.blocks();
    report_.bytes = writer.bytes();
    co_return report_;
  }

private:
  base::Task<void> collect() {
    if (!request_.ids.empty()) {
      std::set<ContextId> ids(request_.ids.begin(), request_.ids.end());
      for (const auto& id : ids) contexts_.push_back(co_await state_.existing(id));
      co_return;
    }
    ContextId last;
    while (true) {
      auto look = [last](const Catalog& catalog) { return catalog.page(last, kPage); };
      auto page = co_await state_.views->read(std::move(look));
      if (page.empty()) co_return;
      last = page.back().id;
      contexts_.insert(contexts_.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
    }
  }

  base::Task<ipld::Cid> listed_head(ContextId id, VersionRow head) {
    if (!head.attestation)
      throw base::Error(Errc::corrupt, fmt::format("a head of {} has no attestation", id.text()), "rebuild the views");
    if (!request_.latest) co_return *head.attestation;
    auto manifest = co_await load_manifest(state_.store, head.manifest);
    if (manifest->parents.empty()) co_return *head.attestation;
    co_return squash(state_.identity, head.manifest, *manifest).attestation.cid;
  }

  base::Task<void> write_context(ipld::car::Writer& writer, ContextHeads context) {
    auto heads = context.heads;
    auto by_attestation = [](const VersionRow& a, const VersionRow& b) { return a.attestation < b.attestation; };
    std::sort(heads.begin(), heads.end(), by_attestation);
    for (const auto& head : heads) {
      if (!request_.latest) {
        co_await put_dag(writer, *head.attestation);
        continue;
      }
      auto manifest = co_await load_manifest(state_.store, head.manifest);
      if (manifest->parents.empty()) {
        co_await put_dag(writer, *head.attestation);
        continue;
      }
      auto blocks = squash(state_.identity, head.manifest, *manifest);
      co_await put(writer, std::move(blocks.attestation));
      co_await put(writer, std::move(blocks.manifest));
      if (manifest->content) co_await put_dag(writer, *manifest->content);
    }
  }

  base::Task<void> put(ipld::car::Writer& writer, ipld::Block block) {
    if (!seen_.insert(block.cid)) co_return;
    co_await writer.write(std::move(block));
  }

  base::Task<void> put_dag(ipld::car::Writer& writer, ipld::Cid root) {
    auto visit = [this, &writer](ipld::Block block) -> base::Task<bool> {
      co_await put(writer, std::move(block));
      co_return true;
    };
    ipld::TraversalOptions options;
    options.max_depth = SIZE_MAX;  // a history is as deep as it is long
    co_await ipld::traverse(state_.env, state_.store, root, std::move(options), visit);
  }

  void report(std::uint64_t done, std::uint64_t bytes) {
    if (!request_.progress) return;
    request_.progress({.done = done, .total = contexts_.size(), .bytes = bytes, .unit = "contexts", .what = {}});
  }

  Workspace::State& state_;
  ExportRequest request_;
  WriteBytes write_;
  std::vector<ContextHeads> contexts_;
  ipld::SeenBlocks seen_;
  ExportReport report_;
};

}  // namespace

base::Task<ExportReport> Workspace::export_car(ExportRequest request, WriteBytes write) {
  auto state = state_;
  auto operation = co_await state->enter();
  Exporting exporting(*state, std::move(request), std::move(write));
  co_return co_await exporting.run();
}

}  // namespace openmcp::context
