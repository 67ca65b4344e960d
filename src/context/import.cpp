// Importing a CAR: first every block into the store, unpinned; then everything is verified; only then is anything
// applied. What is given up half-way is collected later.
#include <fmt/format.h>

#include "context/attestation.hpp"
#include "context/car_index.hpp"
#include "context/checking.hpp"
#include "context/incoming.hpp"
#include "context/state.hpp"
#include "ipld/car/reader.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::size_t kAtOnce = 1000;          ///< contexts in one batch
constexpr std::size_t kKeptVersions = 20'000;  ///< walked histories kept between checking and applying
constexpr std::string_view kPlainName = "import";

class Importing {
public:
  Importing(Workspace::State& state, ImportRequest request) : state_(state), request_(std::move(request)) {}

  base::Task<ImportReport> run(ReadBytes read) {
    auto lease = state_.store.lease();
    co_await receive(std::move(read));
    std::optional<std::vector<CarContext>> contexts;
    if (report_.roots.size() == 1) contexts = co_await read_car_index(state_.store, report_.roots.front());
    if (!contexts) {
      co_await pin_roots();
      co_return report_;
    }
    contexts_ = std::move(*contexts);
    co_await state_.views->catalog_ready();
    co_await check_all();
    for (std::size_t i = 0; i < contexts_.size(); i += kAtOnce)
      co_await apply_some(i, std::min(contexts_.size(), i + kAtOnce));
    co_return report_;
  }

private:
  base::Task<void> receive(ReadBytes read) {
    auto progress = [this](std::uint64_t blocks, std::uint64_t bytes) {
      if (request_.progress)
        request_.progress({.done = blocks, .total = 0, .bytes = bytes, .unit = "blocks", .what = "receiving"});
    };
    auto got = co_await ipld::car::import_car(state_.env, std::move(read), state_.store, {}, progress);
    report_.roots = got.roots;
    report_.blocks = got.blocks;
    report_.bytes = got.bytes;
  }

  /// A CAR of something else: its DAGs must be whole, that is all we know of them.
  base::Task<void> pin_roots() {
    report_.plain = true;
    storage::Batch batch;
    for (const auto& root : report_.roots) {
      storage::Pin pin{.cid = root, .mode = storage::PinMode::recursive, .name = std::string(kPlainName)};
      batch.pins.push_back({.kind = storage::PinChange::Kind::add, .pin = std::move(pin)});
    }
    co_await state_.apply(std::move(batch), {}, {}, nullptr);
  }

  base::Task<void> check_all() {
    histories_.resize(contexts_.size());
    ContentCheck contents(state_.env, state_.store);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
      auto history = co_await walk(contexts_[i]);
      for (const auto& [cid, walked] : history.versions) {
        if (walked.known) continue;
        auto manifest = walked.manifest;
        if (!manifest) manifest = co_await load_manifest(state_.store, cid);
        co_await contents.check(*manifest);
      }
      kept += history.versions.size();
      if (kept <= kKeptVersions) histories_[i] = std::move(history);
      show(i + 1, "checking");
    }
  }

  /// Down to what is known here, which was checked when it came.
  base::Task<History> walk(const CarContext& context) {
    auto look = [catalog = state_.views->catalog(), id = context.id] {
      auto heads = catalog->heads(id);
      return heads && !heads->forgotten ? catalog->versions(id, 0) : std::vector<NumberedVersion>();
    };
    auto rows = co_await state_.env.run(std::move(look));
    std::map<ipld::Cid, std::uint64_t> known;
    for (const auto& version : rows) known[version.row.manifest] = version.row.generation;
    co_return co_await walk_history(state_.store, context.id, context.heads, std::move(known));
  }

  struct Group {
    storage::Batch batch;
    std::vector<ContextRecord> records;
    Workspace::State::Guards guards;
  };

  base::Task<void> apply_some(std::size_t begin, std::size_t end) {
    Group group;
    for (std::size_t i = begin; i < end; ++i) {
      group.guards.push_back(co_await state_.lock(contexts_[i].id));
      co_await plan(contexts_[i], std::move(histories_[i]), group);
      histories_[i].reset();
    }
    if (!group.records.empty())
      co_await state_.apply(std::move(group.batch), std::move(group.records), std::move(group.guards), nullptr,
                            Change::Kind::imported);
    show(end, "applying");
  }

  base::Task<void> plan(const CarContext& context, std::optional<History> history, Group& group) {
    auto heads = co_await state_.views->heads(context.id);
    // Walked before we had the lock: what changed since makes it worthless.
    co_await state_.views->catalog_ready();
    if (!history || !co_await still_true(*history)) history = co_await walk(context);
    std::vector<IncomingHead> incoming;
    for (std::size_t i = 0; i < context.heads.size(); ++i) {
      auto attestation = co_await load_attestation(state_.store, context.heads[i]);
      incoming.push_back({.manifest = attestation.manifest, .attestation = context.heads[i], .key = attestation.key});
    }
    std::optional<LocalContext> local;
    if (heads) local = co_await local_context(*heads, *history, incoming);
    auto decision = decide(local, *history, incoming, request_.resurrect);
    count(context.id, decision.kind);
    if (decision.add.empty()) co_return;
    co_await add(context.id, heads, *history, incoming, decision, group);
  }

  /// Nothing that was new then is known now, and nothing that was known then is gone.
  base::Task<bool> still_true(const History& history) {
    std::vector<std::pair<ipld::Cid, bool>> expected;
    for (const auto& [cid, walked] : history.versions) {
      expected.emplace_back(cid, walked.known);
      if (walked.known) continue;
      for (const auto& parent : walked.parents)
        if (!history.versions.contains(parent)) expected.emplace_back(parent, true);
    }
    auto look = [catalog = state_.views->catalog(), id = history.id, &expected] {
      return std::all_of(expected.begin(), expected.end(),
                         [&](const auto& each) { return catalog->version(id, each.first).has_value() == each.second; });
    };
    co_return co_await state_.env.run(std::move(look));
  }

  base::Task<LocalContext> local_context(ContextHeads heads, const History& history,
                                         const std::vector<IncomingHead>& incoming) {
    LocalContext out{.forgotten = heads.forgotten, .heads = {}, .versions = {}};
    for (const auto& row : heads.heads) {
      LocalHead head{.row = row, .key = {}, .squash = {}};
      if (row.attestation) head.key = (co_await load_attestation(state_.store, *row.attestation)).key;
      head.squash = (co_await load_manifest(state_.store, row.manifest))->squash;
      out.heads.push_back(std::move(head));
    }
    std::vector<ipld::Cid> asked;
    for (const auto& head : incoming) {
      asked.push_back(head.manifest);
      const auto& squash = history.versions.at(head.manifest).manifest->squash;
      if (squash) asked.push_back(*squash);
    }
    auto look = [catalog = state_.views->catalog(), id = heads.id, asked = std::move(asked)] {
      std::set<ipld::Cid> here;
      for (const auto& cid : asked)
        if (catalog->version(id, cid)) here.insert(cid);
      return here;
    };
    out.versions = co_await state_.env.run(std::move(look));
    co_return out;
  }

  base::Task<void> add(ContextId id, std::optional<ContextHeads> before, const History& history,
                       const std::vector<IncomingHead>& incoming, ImportDecision decision, Group& group) {
    const auto name = pin_name(id);
    auto change = [&](storage::PinChange::Kind kind, const ipld::Cid& cid) {
      storage::Pin pin{.cid = cid, .mode = storage::PinMode::recursive, .name = name};
      group.batch.pins.push_back({.kind = kind, .pin = std::move(pin)});
    };
    ContextRecord record;
    record.id = id;
    std::map<ipld::Cid, std::shared_ptr<const Manifest>> manifests;
    for (auto i : decision.add) {
      const auto& walked = history.versions.at(incoming[i].manifest);
      record.heads.push_back(walked.row);
      record.heads.back().attestation = incoming[i].attestation;
      manifests[incoming[i].manifest] = walked.manifest;
      change(storage::PinChange::Kind::add, incoming[i].attestation);
    }
    const bool anew = !before || decision.anew;
    for (std::size_t i = 0; before && i < before->heads.size(); ++i) {
      const auto& row = before->heads[i];
      bool replaced = std::find(decision.replace.begin(), decision.replace.end(), i) != decision.replace.end();
      if (!replaced)
        record.heads.push_back(row);
      else if (row.attestation)
        change(storage::PinChange::Kind::remove, *row.attestation);
    }
    std::sort(record.heads.begin(), record.heads.end(), later);
    const auto& latest = record.heads.front().manifest;
    record.latest = manifests[latest];
    if (!record.latest) record.latest = co_await load_manifest(state_.store, latest);
    record.created = anew ? INT64_MAX : before->created;
    record.versions = anew ? 0 : before->versions;
    record.replace_versions = before && decision.anew;
    for (const auto& [cid, walked] : history.versions) {
      if (walked.known) continue;
      record.new_versions.push_back(walked.row);
      record.created = std::min(record.created, walked.row.time);
      ++record.versions;
    }
    group.records.push_back(std::move(record));
  }

  void count(const ContextId& id, ImportKind kind) {
    switch (kind) {
      case ImportKind::created:
        ++report_.created;
        break;
      case ImportKind::forwarded:
        ++report_.forwarded;
        break;
      case ImportKind::diverged:
        ++report_.diverged;
        break;
      case ImportKind::unchanged:
        ++report_.unchanged;
        break;
      case ImportKind::forgotten:
        ++report_.forgotten;
        break;
      case ImportKind::refused:
        report_.refused.push_back(id);
        break;
    }
  }

  void show(std::size_t done, std::string_view what) {
    if (!request_.progress) return;
    request_.progress(
        {.done = done, .total = contexts_.size(), .bytes = report_.bytes, .unit = "contexts", .what = what});
  }

  Workspace::State& state_;
  ImportRequest request_;
  ImportReport report_;
  std::vector<CarContext> contexts_;
  std::vector<std::optional<History>> histories_;
};

}  // namespace

base::Task<ImportReport> Workspace::import_car(ImportRequest request, ReadBytes read) {
  auto state = state_;
  auto operation = co_await state->enter();
  Importing importing(*state, std::move(request));
  auto report = co_await importing.run(std::move(read));
  if (report.forgotten > 0) co_await state->scrub();
  co_return report;
}

}  // namespace openmcp::context
