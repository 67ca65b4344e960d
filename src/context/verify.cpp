// Verifying: every block of every context, every manifest, signature and content, and whether the catalog agrees.
#include <fmt/format.h>

#include "context/attestation.hpp"
#include "context/checking.hpp"
#include "context/search/index.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

class Verifying {
public:
  Verifying(Workspace::State& state, ProgressFn progress)
      : state_(state), progress_(std::move(progress)), source_(state.env, state.store), contents_(state.env, source_) {}

  base::Task<VerifyReport> run() {
    auto lease = state_.store.lease();
    auto contexts = co_await state_.pinned_contexts();
    co_await state_.views->catalog_ready();
    std::uint64_t done = 0;
    for (const auto& id : contexts) {
      // Under the lock, so that pins and catalog are of the same moment.
      auto guard = co_await state_.lock(id);
      co_await context(id);
      ++done;
      if (progress_)
        progress_({.done = done, .total = contexts.size(), .bytes = source_.bytes(), .unit = "contexts", .what = {}});
    }
    co_await views(contexts);
    report_.contexts = contexts.size();
    report_.blocks = source_.blocks();
    report_.bytes = source_.bytes();
    co_return std::move(report_);
  }

  base::Task<VerifyReport> run(ContextId id) {
    auto lease = state_.store.lease();
    co_await state_.views->catalog_ready();
    auto guard = co_await state_.lock(id);
    co_await context(id);
    report_.contexts = 1;
    report_.blocks = source_.blocks();
    report_.bytes = source_.bytes();
    co_return std::move(report_);
  }

private:
  void found(std::string what, std::string where, std::string problem) {
    report_.findings.push_back({.what = std::move(what), .where = std::move(where), .problem = std::move(problem)});
  }

  /// Runs a check; what it throws about the data is a finding. False when there was one.
  base::Task<bool> holds(std::string what, std::string where, base::Task<void> check) {
    std::optional<base::Error> problem;
    try {
      co_await std::move(check);
    } catch (const base::Error& error) {
      if (error.code() == Errc::cancelled) throw;
      problem = error;
    }
    if (problem) found(std::move(what), std::move(where), problem->message());
    co_return !problem.has_value();
  }

  struct Seen {
    std::set<ipld::Cid> attestations, manifests;
    std::vector<std::pair<ipld::Cid, std::vector<ipld::Cid>>> todo;  ///< attestation, what its manifest may be
    std::vector<ipld::Cid> bare;
  };

  base::Task<void> context(ContextId id) {
    auto pins = co_await state_.pinned_heads(id);
    Seen seen;
    for (const auto& pin : pins) seen.todo.push_back({pin, {}});
    while (!seen.todo.empty()) {
      auto [cid, expected] = std::move(seen.todo.back());
      seen.todo.pop_back();
      if (!seen.attestations.insert(cid).second) continue;
      ++report_.attestations;
      co_await holds("attestation", cid.text(), attestation(id, cid, std::move(expected), seen));
    }
    while (!seen.bare.empty()) {
      auto cid = seen.bare.back();
      seen.bare.pop_back();
      co_await version(id, cid, seen);
    }
    co_await compare(id, pins, seen.manifests.size());
  }

  base::Task<void> attestation(ContextId id, ipld::Cid cid, std::vector<ipld::Cid> expected, Seen& seen) {
    auto read = co_await load_attestation(source_, cid);
    if (!signature_valid(read)) throw base::Error(Errc::corrupt, "the signature does not hold");
    if (!expected.empty() && std::find(expected.begin(), expected.end(), read.manifest) == expected.end())
      throw base::Error(Errc::corrupt, "it is of no parent of the version that follows it");
    auto parents = co_await version(id, read.manifest, seen);
    for (const auto& previous : read.previous) seen.todo.push_back({previous, parents});
  }

  /// The parents of the version.
  base::Task<std::vector<ipld::Cid>> version(ContextId id, ipld::Cid cid, Seen& seen) {
    std::shared_ptr<const Manifest> manifest;
    const bool fresh = seen.manifests.insert(cid).second;
    co_await holds("manifest", cid.text(), read_manifest(id, cid, manifest));
    if (!manifest) co_return std::vector<ipld::Cid>();
    if (fresh) {
      ++report_.versions;
      co_await holds("content", fmt::format("{} of {}", cid.text(), id.text()), contents_.check(*manifest));
      seen.bare.insert(seen.bare.end(), manifest->parents.begin(), manifest->parents.end());
    }
    co_return manifest->parents;
  }

  base::Task<void> read_manifest(ContextId id, ipld::Cid cid, std::shared_ptr<const Manifest>& out) {
    auto manifest = co_await load_manifest(source_, cid);
    if (manifest->id != id) throw base::Error(Errc::corrupt, "it is of context " + manifest->id.text());
    out = std::move(manifest);
  }

  base::Task<void> compare(ContextId id, std::vector<ipld::Cid> pins, std::size_t versions) {
    auto look = [id](const Catalog& catalog) { return catalog.heads(id); };
    auto known = co_await state_.views->read(std::move(look));
    if (!known) {
      found("catalog", id.text(), "the context is pinned, but the catalog does not know it");
      co_return;
    }
    std::set<ipld::Cid> pinned(pins.begin(), pins.end()), listed;
    for (const auto& head : known->heads)
      if (head.attestation) listed.insert(*head.attestation);
    if (pinned != listed)
      found("catalog", id.text(), "the catalog has other heads than are pinned");
    else if (known->versions != versions)
      found("catalog", id.text(),
            fmt::format("the catalog counts {} versions, the blocks {}", known->versions, versions));
  }

  base::Task<void> views(const std::set<ContextId>& contexts) {
    ContextId last;
    while (true) {
      auto look = [last](const Catalog& catalog) { return catalog.page(last, 1000); };
      auto page = co_await state_.views->read(std::move(look));
      if (page.empty()) break;
      last = page.back().id;
      for (const auto& known : page) {
        if (contexts.contains(known.id)) continue;
        // Made since we read the pins?
        if ((co_await state_.pinned_heads(known.id)).empty())
          found("catalog", known.id.text(), "the catalog knows the context, but nothing is pinned for it");
      }
    }
    auto check = [index = state_.views->index()](const Catalog& catalog) {
      auto problems = catalog.integrity_check();
      if (index)
        for (auto& line : index->integrity_check()) problems.push_back("search index: " + line);
      return problems;
    };
    auto problems = co_await state_.views->read(std::move(check));
    for (auto& problem : problems) found("catalog", "files of the views", std::move(problem));
  }

  Workspace::State& state_;
  ProgressFn progress_;
  VerifyingSource source_;
  ContentCheck contents_;
  VerifyReport report_;
};

}  // namespace

base::Task<VerifyReport> Workspace::verify(ProgressFn progress) {
  auto state = state_;
  auto operation = co_await state->enter();
  Verifying verifying(*state, std::move(progress));
  co_return co_await verifying.run();
}

base::Task<VerifyReport> Workspace::verify_context(ContextId id) {
  auto state = state_;
  auto operation = co_await state->enter();
  co_await state->existing(id);
  Verifying verifying(*state, {});
  co_return co_await verifying.run(id);
}

}  // namespace openmcp::context
