// The one way of a new version into the store.
#include <fmt/format.h>

#include "context/attestation.hpp"
#include "context/shield.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

/// Whether a batch may be in the store although apply failed so. Refusals come before anything is written, and a full
/// disk is taken back.
bool doubtful(Errc code) {
  switch (code) {
    case Errc::io:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::cancelled:
    case Errc::internal:
      return true;
    default:
      return false;
  }
}

std::vector<Change> changes_of(const std::vector<ContextRecord>& records, Change::Kind kind) {
  std::vector<Change> out;
  for (const auto& record : records) {
    if (!record.latest || record.heads.empty()) continue;
    Change change{.kind = kind,
                  .id = record.id,
                  .version = record.heads.front().manifest,
                  .type = record.latest->type,
                  .title = record.latest->title,
                  .created = record.versions == record.new_versions.size()};
    if (record.latest->tombstone) {
      change.kind = Change::Kind::forgotten;
      change.created = false;
    }
    out.push_back(std::move(change));
  }
  return out;
}

base::Task<bool> apply_batch(std::shared_ptr<Workspace::State> state, storage::Batch batch,
                             std::vector<ContextRecord> records, Workspace::State::Guards,
                             std::unique_ptr<storage::Lease>, Change::Kind kind) {
  Workspace::State::Operation operation(state);  // also when nobody waits for it any more
  if (state->closed) throw base::Error(Errc::cancelled, "the workspace is closed");  // and the store may be gone
  auto ticket = state->views->begin(state->store.position());
  storage::Position position = 0;
  try {
    position = co_await state->store.apply(std::move(batch));
  } catch (const base::Error& error) {
    state->views->failed(ticket, doubtful(error.code()));
    throw;
  } catch (...) {
    state->views->failed(ticket, true);
    throw;
  }
  std::vector<Change> changes;
  if (state->changes.watched()) changes = changes_of(records, kind);
  state->views->committed(ticket, position, std::move(records));
  for (const auto& change : changes) state->changes.tell(change);
  co_return true;
}

}  // namespace

base::Task<KeyedLock::Guard> Workspace::State::lock(ContextId id) {
  return locks.lock("id " + std::string(base::as_text(id.bytes())));
}

Author Workspace::State::author(const std::optional<std::string>& name) const {
  Author out{.name = name.value_or(options.author), .key = identity.public_key()};
  if (out.name.empty()) out.name = base::to_hex(identity.public_key()).substr(0, 8);
  return out;
}

base::Task<void> Workspace::State::apply(storage::Batch batch, std::vector<ContextRecord> records, Guards guards,
                                         std::unique_ptr<storage::Lease> lease, Change::Kind kind) {
  co_await views->room();
  auto work =
      apply_batch(shared_from_this(), std::move(batch), std::move(records), std::move(guards), std::move(lease), kind);
  co_await shielded(env, std::move(work));
}

base::Task<CommitResult> Workspace::State::put(NewVersion version) {
  auto manifest = std::make_shared<Manifest>(std::move(version.manifest));
  std::vector<ipld::Cid> previous;
  storage::Batch batch;
  VersionRow row{.manifest = {}, .attestation = {}, .generation = 1, .time = manifest->time};
  const auto name = pin_name(manifest->id);
  if (version.before) {
    if (version.before->heads.size() > kMaxParents)
      throw base::Error(Errc::too_large, fmt::format("{} concurrent versions; at most {} can be merged at once",
                                                     version.before->heads.size(), kMaxParents));
    for (const auto& head : version.before->heads) {
      manifest->parents.push_back(head.manifest);
      row.generation = std::max(row.generation, head.generation + 1);
      if (!head.attestation) continue;
      previous.push_back(*head.attestation);
      storage::Pin pin{.cid = *head.attestation, .mode = storage::PinMode::recursive, .name = name};
      batch.pins.push_back({.kind = storage::PinChange::Kind::remove, .pin = std::move(pin)});
    }
  }
  auto manifest_block = base::unwrap(encode(*manifest));
  auto attestation = encode(attest(identity, manifest_block.cid, std::move(previous)));
  row.manifest = manifest_block.cid;
  row.attestation = attestation.cid;

  CommitResult result{.id = manifest->id,
                      .version = manifest_block.cid,
                      .attestation = attestation.cid,
                      .content = manifest->content.value_or(ipld::Cid()),
                      .number = version.before ? version.before->versions + 1 : 1,
                      .size = manifest->size,
                      .title = manifest->title,
                      .type = manifest->type,
                      .created = !version.before,
                      .unchanged = false,
                      .merge_conflicts = {},
                      .skipped = {}};
  ContextRecord record;
  record.id = manifest->id;
  record.heads = {row};
  record.new_versions = {row};
  record.created = version.before ? std::min(version.before->created, row.time) : row.time;
  record.versions = result.number;
  record.stamp = version.stamp;
  record.latest = std::move(manifest);

  // The new pin first: what both keep is then never without a reference.
  storage::Pin pin{.cid = attestation.cid, .mode = storage::PinMode::recursive, .name = name};
  batch.pins.insert(batch.pins.begin(), {.kind = storage::PinChange::Kind::add, .pin = std::move(pin)});
  if (version.block) batch.blocks.push_back(std::move(*version.block));
  batch.blocks.push_back(std::move(manifest_block));
  batch.blocks.push_back(std::move(attestation));
  std::vector<ContextRecord> records;
  records.push_back(std::move(record));
  co_await apply(std::move(batch), std::move(records), std::move(version.guards), std::move(version.lease));
  co_return result;
}

}  // namespace openmcp::context
