// What a loss of power, a kill and the faults of the medium do to a simulated disk.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/result.hpp"
#include "base/sim_disk.hpp"

namespace openmcp::base {

void SimMedium::set_faults(DiskFaults faults) {
  faults_ = faults;
  left_ = faults.crash_after_writes < 0 ? -1 : std::max<std::int64_t>(1, faults.crash_after_writes);
}

void SimMedium::alive(std::uint64_t boot) const {
  if (dead_ || boot != boot_) throw PowerLoss();
}

bool SimMedium::mutate(std::string_view what, std::uint64_t detail) {
  ++mutations_;
  Fnv1a op;
  op.add(as_bytes(what));
  op.add(detail);
  context_.trace(op.value());
  if (left_ < 0) return false;
  --left_;
  if (left_ > 0) return false;
  dead_ = true;
  return true;
}

void SimMedium::mutate_or_die(std::string_view what, std::uint64_t detail) {
  if (mutate(what, detail)) lose_power();
}

void SimMedium::lose_power() {
  dead_ = true;
  throw PowerLoss();
}

void SimMedium::crash() {
  // Nothing, a little, much or all of what was changed in directories has reached the medium.
  constexpr double kChances[] = {0, 0.25, 0.5, 1};
  stabilise(nullptr, kChances[random_.below(std::size(kChances))]);
  pending_.clear();
  std::vector<SimNodePtr> seen = all_nodes();
  std::set<const SimNode*> survives;  // only looked up, never walked
  std::vector<SimNodePtr> todo{root_};
  while (!todo.empty()) {
    auto node = todo.back();
    todo.pop_back();
    survives.insert(node.get());
    if (node->kind == FileKind::file) node->content.crash(random_);
    node->entries = node->stable;
    for (const auto& [name, child] : node->entries) todo.push_back(child);
  }
  for (auto& node : seen) {
    if (survives.contains(node.get())) continue;
    node->entries.clear();
    node->stable.clear();
  }
  kill();
}

void SimMedium::kill() {
  ++boot_;
  dead_ = false;
  faults_.crash_after_writes = -1;
  left_ = -1;
  used_ = 0;
  count_all(*root_);
}

/// Counts names and space anew, when no file is open.
void SimMedium::count_all(SimNode& directory) {
  for (const auto& [name, child] : directory.entries) {
    child->links = 1;
    child->opens = 0;
    used_ += child->content.size();
    count_all(*child);
  }
}

/// Every node that a program sees or that is stable.
std::vector<SimNodePtr> SimMedium::all_nodes() const {
  std::vector<SimNodePtr> nodes{root_};
  std::set<const SimNode*> seen{root_.get()};  // only looked up, never walked
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    auto node = nodes[i];
    for (const auto* names : {&node->entries, &node->stable}) {
      for (const auto& [name, child] : *names) {
        if (seen.insert(child.get()).second) nodes.push_back(child);
      }
    }
  }
  return nodes;
}

void SimMedium::flip_bit(const Path& path, std::uint64_t bit) {
  auto place = find(path, true, "damaging");
  if (bit >= place.node->content.size() * 8) {
    throw Error(Errc::invalid_argument, fmt::format("damaging {}: it has no bit {}", path, bit));
  }
  place.node->content.flip_bit(bit);
}

std::uint64_t SimMedium::room_for(std::uint64_t growth) const {
  if (faults_.capacity == 0) return growth;
  return std::min(growth, faults_.capacity - std::min(used_, faults_.capacity));
}

std::int64_t SimMedium::mtime() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(context_.now()).count();
}

/// Makes the pending changes of `directory` stable, and each other one with `chance`. With a change go all earlier ones
/// of the same directories, so that each directory keeps a prefix of its changes.
void SimMedium::stabilise(const SimNode* directory, double chance) {
  std::set<const SimNode*> kept;  // only looked up, never walked
  if (directory) kept.insert(directory);
  std::vector<bool> stays(pending_.size());
  for (std::size_t i = pending_.size(); i-- > 0;) {
    auto touches = [&kept](const Edit& edit) { return kept.contains(edit.directory.get()); };
    if (!std::ranges::any_of(pending_[i], touches) && !random_.chance(chance)) continue;
    stays[i] = true;
    for (const auto& edit : pending_[i]) kept.insert(edit.directory.get());
  }
  std::deque<Change> left;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (!stays[i]) {
      left.push_back(std::move(pending_[i]));
      continue;
    }
    for (auto& edit : pending_[i]) {
      if (edit.node) {
        edit.directory->stable[edit.name] = edit.node;
      } else {
        edit.directory->stable.erase(edit.name);
      }
    }
  }
  pending_ = std::move(left);
}

}  // namespace openmcp::base
