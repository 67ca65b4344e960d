#include "context/incoming.hpp"

namespace openmcp::context {

namespace {

/// All parents of all walked versions.
std::set<ipld::Cid> parents_in(const History& history) {
  std::set<ipld::Cid> out;
  for (const auto& [cid, walked] : history.versions)
    if (!walked.known) out.insert(walked.parents.begin(), walked.parents.end());
  return out;
}

const Manifest& manifest_of(const History& history, const IncomingHead& head) {
  return *history.versions.at(head.manifest).manifest;
}

std::vector<std::size_t> all_of(std::size_t count) {
  std::vector<std::size_t> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = i;
  return out;
}

ImportDecision refused() { return {.kind = ImportKind::refused, .add = {}, .replace = {}, .anew = false}; }

}  // namespace

ImportDecision decide(const std::optional<LocalContext>& local, const History& history,
                      const std::vector<IncomingHead>& incoming, bool resurrect) {
  const auto parents = parents_in(history);
  ImportDecision out;

  std::optional<std::size_t> tombstone;
  for (std::size_t i = 0; i < incoming.size(); ++i)
    if (manifest_of(history, incoming[i]).tombstone) tombstone = i;
  if (tombstone) {
    if (local && local->versions.contains(incoming[*tombstone].manifest)) return out;
    out.add = {*tombstone};
    out.kind = ImportKind::forgotten;
    if (!local) return out;
    if (local->forgotten) return {};
    const auto& key = incoming[*tombstone].key;
    bool owner = std::any_of(local->heads.begin(), local->heads.end(),
                             [&key](const LocalHead& head) { return head.key == key; });
    if (!owner) return refused();
    out.anew = true;
    out.replace = all_of(local->heads.size());
    return out;
  }

  for (std::size_t i = 0; i < incoming.size(); ++i)
    if (!parents.contains(incoming[i].manifest)) out.add.push_back(i);
  if (!local) {
    out.kind = ImportKind::created;
    return out;
  }
  if (local->forgotten) {
    if (!resurrect) return refused();
    out.kind = ImportKind::created;
    out.anew = true;
    out.replace = all_of(local->heads.size());
    return out;
  }

  std::erase_if(out.add, [&](std::size_t i) {
    const auto& squash = manifest_of(history, incoming[i]).squash;
    return local->versions.contains(incoming[i].manifest) || (squash && local->versions.contains(*squash));
  });
  if (out.add.empty()) return out;
  for (std::size_t l = 0; l < local->heads.size(); ++l)
    if (parents.contains(local->heads[l].row.manifest)) out.replace.push_back(l);
  if (local->heads.size() == 1 && out.add.size() == 1) {
    const auto& head = local->heads.front();
    const auto& next = incoming[out.add.front()];
    const auto& manifest = manifest_of(history, next);
    if (head.squash && manifest.squash && head.key == next.key && manifest.time > head.row.time) {
      out.replace = {0};
      out.anew = true;
    }
  }
  const auto heads = local->heads.size() - out.replace.size() + out.add.size();
  out.kind = heads > 1 ? ImportKind::diverged : ImportKind::forwarded;
  return out;
}

}  // namespace openmcp::context
