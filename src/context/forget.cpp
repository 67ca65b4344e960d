// Forgetting: a tombstone takes the place of all heads, in one batch; then nothing of the context is left in the views,
// and the store collects the blocks that nothing else uses.
#include <fmt/format.h>

#include "context/attestation.hpp"
#include "context/search/index.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

constexpr std::size_t kAtOnce = 256;  ///< contexts in one batch

struct Forgetting {
  storage::Batch batch;
  std::vector<ContextRecord> records;
  Workspace::State::Guards guards;
};

void add_tombstone(Workspace::State& state, const ContextHeads& before, const std::string& reason, Forgetting& out) {
  auto manifest = std::make_shared<Manifest>();
  manifest->id = before.id;
  manifest->author = state.author({});
  manifest->time = state.now();
  manifest->message = reason;
  manifest->tombstone = true;
  base::unwrap(normalise(*manifest));
  auto block = base::unwrap(encode(*manifest));
  // No parents and no previous attestations: nothing of the past stays reachable.
  auto attestation = encode(attest(state.identity, block.cid, {}));

  const auto name = pin_name(before.id);
  using Kind = storage::PinChange::Kind;
  auto pin = [&name](const ipld::Cid& cid) {
    return storage::Pin{.cid = cid, .mode = storage::PinMode::recursive, .name = name};
  };
  out.batch.pins.push_back({.kind = Kind::add, .pin = pin(attestation.cid)});
  for (const auto& head : before.heads)
    if (head.attestation) out.batch.pins.push_back({.kind = Kind::remove, .pin = pin(*head.attestation)});

  ContextRecord record;
  record.id = before.id;
  record.heads = {{.manifest = block.cid, .attestation = attestation.cid, .generation = 1, .time = manifest->time}};
  record.new_versions = record.heads;
  record.created = manifest->time;
  record.versions = 1;
  record.latest = std::move(manifest);
  out.records.push_back(std::move(record));
  out.batch.blocks.push_back(std::move(block));
  out.batch.blocks.push_back(std::move(attestation));
}

}  // namespace

base::Task<void> Workspace::State::scrub() {
  co_await views->index_ready();
  auto work = [catalog = views->catalog(), index = views->index()] {
    catalog->scrub();
    if (index) index->scrub();
  };
  co_await env.run(std::move(work));
}

base::Task<ForgetReport> Workspace::forget(ForgetRequest request) {
  auto state = state_;
  auto operation = co_await state->enter();
  std::set<ContextId> ids(request.ids.begin(), request.ids.end());
  // Looked up first, so that a wrong id among many forgets nothing.
  for (const auto& id : ids)
    if (auto heads = co_await state->views->heads(id); !heads) co_await state->existing(id);

  ForgetReport report;
  for (auto next = ids.begin(); next != ids.end();) {
    Forgetting some;
    for (; next != ids.end() && some.records.size() < kAtOnce; ++next) {
      auto guard = co_await state->lock(*next);
      auto before = co_await state->views->heads(*next);
      if (!before || before->forgotten) continue;
      add_tombstone(*state, *before, request.reason, some);
      some.guards.push_back(std::move(guard));
      report.forgotten.push_back(*next);
      report.versions += before->versions;
    }
    if (some.records.empty()) continue;
    co_await state->apply(std::move(some.batch), std::move(some.records), std::move(some.guards), nullptr);
  }
  if (!report.forgotten.empty()) co_await state->scrub();
  if (request.collect) {
    auto collected = co_await state->store.collect({});
    report.blocks_removed = collected.blocks_removed;
    report.bytes_removed = collected.bytes_removed;
  }
  co_return report;
}

base::Task<void> throw_forgotten(ipld::BlockSource& source, ContextHeads context) {
  auto tombstone = co_await load_manifest(source, context.heads.front().manifest);
  auto when = std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(tombstone->time));
  auto day = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(when));
  auto text = fmt::format("context {} was forgotten on {:04}-{:02}-{:02} by {}", context.id.text(),
                          static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                          static_cast<unsigned>(day.day()), tombstone->author.name);
  if (!tombstone->message.empty()) text += ": " + tombstone->message;
  throw base::Error(base::Errc::not_found, std::move(text));
}

}  // namespace openmcp::context
