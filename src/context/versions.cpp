#include "context/versions.hpp"

#include <fmt/format.h>

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::string_view kWhatToDo = "verify the store; a damaged block can be repaired from another copy";

base::Task<base::SharedBytes> load_block(ipld::BlockSource& source, ipld::Cid cid, std::string_view what) {
  if (cid.codec() != ipld::Codec::dag_cbor)
    throw base::Error(Errc::corrupt, fmt::format("{} {} is no dag-cbor block", what, cid.text()));
  try {
    co_return co_await ipld::get_block(source, cid);
  } catch (base::Error& error) {
    throw error.within(fmt::format("reading {}", what));
  }
}

template <class T>
T decoded(base::Result<T> value, const ipld::Cid& cid) {
  if (value) return *std::move(value);
  throw base::Error(value.error().code(), fmt::format("{}: {}", cid.text(), value.error().message()),
                    value.error().hint().empty() ? std::string(kWhatToDo) : value.error().hint());
}

using Parents = std::map<ipld::Cid, std::vector<ipld::Cid>>;

/// Greatest distance from the beginning, 1 for a version without parents; parents outside the map count as `known`.
std::map<ipld::Cid, std::uint64_t> generations_of(const Parents& parents,
                                                  const std::map<ipld::Cid, std::uint64_t>& known) {
  std::map<ipld::Cid, std::uint64_t> out = known;
  for (const auto& [start, unused] : parents) {
    std::vector<ipld::Cid> path{start};
    while (!path.empty()) {
      auto at = path.back();
      if (out.contains(at)) {
        path.pop_back();
        continue;
      }
      std::uint64_t generation = 1;
      bool ready = true;
      for (const auto& parent : parents.at(at)) {
        auto found = out.find(parent);
        if (found != out.end()) {
          generation = std::max(generation, found->second + 1);
        } else {
          path.push_back(parent);  // a hash cannot be part of its own preimage: there are no circles
          ready = false;
        }
      }
      if (!ready) continue;
      out.emplace(at, generation);
      path.pop_back();
    }
  }
  return out;
}

/// One walk down a context's history.
class Walk {
public:
  Walk(ipld::BlockSource& source, ContextId id, std::map<ipld::Cid, std::uint64_t> known)
      : source_(source), known_(std::move(known)) {
    history_.id = id;
  }

  base::Task<History> run(std::vector<ipld::Cid> attestations) {
    for (const auto& cid : attestations) {
      auto attestation = co_await attested(cid);
      history_.heads.push_back(attestation.manifest);
      co_await enter(cid, attestation, true);
    }
    while (!todo_.empty()) {
      auto cid = todo_.back();
      todo_.pop_back();
      auto attestation = co_await attested(cid);
      co_await enter(cid, attestation, false);
    }
    // Parents without an attestation, and theirs.
    while (!bare_.empty()) {
      auto cid = bare_.back();
      bare_.pop_back();
      if (have(cid)) continue;
      auto manifest = co_await owned(cid);
      add(cid, manifest, {}, false);
      for (const auto& parent : manifest->parents) bare_.push_back(parent);
    }
    number();
    co_return std::move(history_);
  }

private:
  bool have(const ipld::Cid& manifest) const {
    return known_.contains(manifest) || history_.versions.contains(manifest);
  }

  base::Task<Attestation> attested(ipld::Cid cid) {
    auto attestation = co_await load_attestation(source_, cid);
    if (!signature_valid(attestation))
      throw base::Error(Errc::corrupt, fmt::format("the signature of attestation {} does not hold", cid.text()),
                        "somebody changed it, or it was made by a broken program: do not trust this copy");
    co_return attestation;
  }

  base::Task<std::shared_ptr<const Manifest>> owned(ipld::Cid cid) {
    auto manifest = co_await load_manifest(source_, cid);
    if (manifest->id != history_.id)
      throw base::Error(Errc::corrupt, fmt::format("manifest {} is of context {}, not of {}", cid.text(),
                                                   manifest->id.text(), history_.id.text()));
    co_return manifest;
  }

  base::Task<void> enter(ipld::Cid cid, Attestation attestation, bool head) {
    auto found = history_.versions.find(attestation.manifest);
    if (found != history_.versions.end()) {
      if (!found->second.row.attestation) found->second.row.attestation = cid;
      if (!head) co_return;
    }
    if (!head && known_.contains(attestation.manifest)) co_return;
    auto manifest = co_await owned(attestation.manifest);
    add(attestation.manifest, manifest, cid, head);
    if (known_.contains(attestation.manifest)) co_return;
    const auto& parents = manifest->parents;
    if (std::all_of(parents.begin(), parents.end(), [this](const auto& parent) { return known_.contains(parent); }))
      co_return;
    for (const auto& previous : attestation.previous) {
      auto earlier = co_await load_attestation(source_, previous);
      if (std::find(parents.begin(), parents.end(), earlier.manifest) == parents.end())
        throw base::Error(Errc::corrupt,
                          fmt::format("attestation {} follows {}, which is of no parent", cid.text(), previous.text()));
      if (!have(earlier.manifest)) todo_.push_back(previous);
    }
    bare_.insert(bare_.end(), parents.begin(), parents.end());
  }

  void add(const ipld::Cid& cid, std::shared_ptr<const Manifest> manifest, std::optional<ipld::Cid> attestation,
           bool head) {
    auto [at, fresh] = history_.versions.try_emplace(cid);
    auto& walked = at->second;
    if (fresh) {
      walked.row = {.manifest = cid, .attestation = attestation, .generation = 0, .time = manifest->time};
      walked.parents = manifest->parents;
      walked.known = known_.contains(cid);
    }
    if (head) {
      walked.manifest = std::move(manifest);
      walked.row.attestation = attestation;  // of several, the one that is pinned
    }
  }

  void number() {
    Parents parents;
    for (const auto& [cid, walked] : history_.versions)
      if (!known_.contains(cid)) parents[cid] = walked.parents;
    auto generations = generations_of(parents, known_);
    for (auto& [cid, walked] : history_.versions) walked.row.generation = generations.at(cid);
  }

  ipld::BlockSource& source_;
  std::map<ipld::Cid, std::uint64_t> known_;
  History history_;
  std::vector<ipld::Cid> todo_;  ///< attestations
  std::vector<ipld::Cid> bare_;  ///< manifests
};

base::Task<Parents> all_ancestors(ipld::BlockSource& source, std::vector<ipld::Cid> from) {
  Parents out;
  while (!from.empty()) {
    auto cid = from.back();
    from.pop_back();
    if (out.contains(cid)) continue;
    auto manifest = co_await load_manifest(source, cid);
    from.insert(from.end(), manifest->parents.begin(), manifest->parents.end());
    out.emplace(cid, manifest->parents);
  }
  co_return out;
}

std::set<ipld::Cid> reachable(const Parents& parents, const ipld::Cid& from) {
  std::set<ipld::Cid> out;
  std::vector<ipld::Cid> todo{from};
  while (!todo.empty()) {
    auto cid = todo.back();
    todo.pop_back();
    if (!out.insert(cid).second) continue;
    const auto& next = parents.at(cid);
    todo.insert(todo.end(), next.begin(), next.end());
  }
  return out;
}

}  // namespace

std::string pin_name(const ContextId& id) { return std::string(kPinPrefix) + id.text(); }

std::optional<ContextId> id_of_pin(std::string_view name) {
  if (!name.starts_with(kPinPrefix)) return std::nullopt;
  auto id = ContextId::parse(name.substr(kPinPrefix.size()));
  if (!id || pin_name(*id) != name) return std::nullopt;
  return *id;
}

base::Task<std::shared_ptr<const Manifest>> load_manifest(ipld::BlockSource& source, ipld::Cid cid) {
  auto block = co_await load_block(source, cid, "manifest");
  co_return std::make_shared<const Manifest>(decoded(decode_manifest(block), cid));
}

base::Task<Attestation> load_attestation(ipld::BlockSource& source, ipld::Cid cid) {
  auto block = co_await load_block(source, cid, "attestation");
  co_return decoded(decode_attestation(block), cid);
}

base::Task<History> walk_history(ipld::BlockSource& source, ContextId id, std::vector<ipld::Cid> attestations,
                                 std::map<ipld::Cid, std::uint64_t> known) {
  Walk walk(source, id, std::move(known));
  co_return co_await walk.run(std::move(attestations));
}

ContextRecord record_of(const History& history, const std::optional<ContextHeads>& before) {
  ContextRecord record;
  record.id = history.id;
  for (const auto& head : history.heads) record.heads.push_back(history.versions.at(head).row);
  std::sort(record.heads.begin(), record.heads.end(), later);
  record.latest = history.versions.at(record.heads.front().manifest).manifest;
  record.created = before ? before->created : INT64_MAX;
  for (const auto& [cid, walked] : history.versions) {
    record.created = std::min(record.created, walked.row.time);
    record.new_versions.push_back(walked.row);
  }
  record.replace_versions = !before;
  record.versions = before ? before->versions : 0;
  for (const auto& [cid, walked] : history.versions) record.versions += !walked.known;
  return record;
}

bool later(const VersionRow& a, const VersionRow& b) {
  return std::tie(a.time, a.manifest) > std::tie(b.time, b.manifest);
}

base::Task<std::optional<ipld::Cid>> common_ancestor(ipld::BlockSource& source, std::vector<ipld::Cid> heads) {
  auto parents = co_await all_ancestors(source, heads);
  auto generations = generations_of(parents, {});
  std::set<ipld::Cid> common;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    auto mine = reachable(parents, heads[i]);
    if (i == 0)
      common = std::move(mine);
    else
      std::erase_if(common, [&mine](const ipld::Cid& cid) { return !mine.contains(cid); });
  }
  std::optional<ipld::Cid> best;
  for (const auto& cid : common)
    if (!best || generations.at(cid) >= generations.at(*best)) best = cid;
  co_return best;
}

base::Task<bool> descends(ipld::BlockSource& source, ipld::Cid version, ipld::Cid ancestor) {
  std::set<ipld::Cid> seen;
  std::vector<ipld::Cid> todo{version};
  while (!todo.empty()) {
    auto cid = todo.back();
    todo.pop_back();
    if (cid == ancestor) co_return true;
    if (!seen.insert(cid).second) continue;
    auto manifest = co_await load_manifest(source, cid);
    todo.insert(todo.end(), manifest->parents.begin(), manifest->parents.end());
  }
  co_return false;
}

}  // namespace openmcp::context
