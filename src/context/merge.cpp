#include "context/merge.hpp"

#include <map>
#include <set>

#include "context/json_node.hpp"

namespace openmcp::context {

namespace {

/// Top-level keys of metadata with their values as JSON text.
using Entries = std::map<std::string, std::string>;

Entries entries_of(const Manifest* manifest) {
  Entries out;
  if (!manifest) return out;
  auto node = node_from_json(manifest->metadata);
  if (!node || !node->if_map()) return out;
  for (const auto& [key, value] : *node->if_map()) out[key] = json_from_node(value).value_or("null");
  return out;
}

class Merging {
public:
  Merging(const Manifest* base, std::span<const Manifest> heads, std::optional<std::size_t> prefer)
      : base_(base), heads_(heads), preferred_(0), asked_(prefer.has_value()) {
    for (std::size_t i = 1; i < heads.size(); ++i)
      if (heads[i].time >= heads[preferred_].time) preferred_ = i;
    if (prefer) preferred_ = *prefer;
  }

  Merged run() {
    Merged out;
    auto text = [&](std::string Manifest::* field, const char* name) {
      return choose<std::string>(name, base_ ? std::optional(base_->*field) : std::nullopt,
                                 [&](const Manifest& head) { return head.*field; });
    };
    out.type = text(&Manifest::type, "type");
    out.title = text(&Manifest::title, "title");
    out.source = text(&Manifest::source, "source");
    out.tags = merge_set(&Manifest::tags);
    out.relations = merge_set(&Manifest::relations);
    out.metadata = merge_metadata();
    choose_content(out);
    // What the bytes are belongs to the bytes.
    out.media_type = heads_[out.content_from.value_or(preferred_)].media_type;
    out.conflicts = std::move(conflicts_);
    return out;
  }

private:
  /// The value of the sides that changed it; when they disagree, the preferred head's.
  template <class T, class Get>
  T choose(const std::string& name, std::optional<T> before, Get get) {
    std::optional<T> changed;
    for (const auto& head : heads_) {
      T value = get(head);
      if (before && value == *before) continue;
      if (changed && *changed != value) {
        conflicts_.push_back(name);
        return get(heads_[preferred_]);
      }
      changed = std::move(value);
    }
    return changed ? *std::move(changed) : *std::move(before);
  }

  template <class T>
  std::vector<T> merge_set(std::vector<T> Manifest::* field) {
    std::set<T> all, out;
    for (const auto& head : heads_) all.insert((head.*field).begin(), (head.*field).end());
    auto in = [field](const Manifest& m, const T& item) {
      return std::binary_search((m.*field).begin(), (m.*field).end(), item);
    };
    for (const auto& item : all) {
      bool was = base_ && in(*base_, item);
      bool kept = std::all_of(heads_.begin(), heads_.end(), [&](const Manifest& head) { return in(head, item); });
      if (!was || kept) out.insert(item);
    }
    return {out.begin(), out.end()};
  }

  std::string merge_metadata() {
    using Value = std::optional<std::string>;
    auto before = entries_of(base_);
    std::vector<Entries> after;
    std::set<std::string> keys;
    for (const auto& head : heads_) {
      after.push_back(entries_of(&head));
      for (const auto& [key, value] : after.back()) keys.insert(key);
    }
    auto at = [](const Entries& entries, const std::string& key) {
      auto found = entries.find(key);
      return found == entries.end() ? Value() : Value(found->second);
    };
    ipld::Map out;
    for (const auto& key : keys) {
      auto value = choose<Value>("metadata." + key, at(before, key),
                                 [&](const Manifest& head) { return at(after[&head - heads_.data()], key); });
      if (!value) continue;
      if (auto node = node_from_json(*value)) out.set(key, *std::move(node));
    }
    return json_from_node(std::move(out)).value_or("{}");
  }

  void choose_content(Merged& out) {
    std::optional<std::size_t> changed;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      if (base_ && heads_[i].content == base_->content) continue;
      if (changed && heads_[*changed].content != heads_[i].content) {
        if (asked_) out.content_from = preferred_;
        conflicts_.push_back("content");
        return;
      }
      changed = i;
    }
    out.content_from = changed.value_or(0);
  }

  const Manifest* base_;
  std::span<const Manifest> heads_;
  std::size_t preferred_;
  bool asked_;
  std::vector<std::string> conflicts_;
};

}  // namespace

Merged merge(const Manifest* base, std::span<const Manifest> heads, std::optional<std::size_t> prefer) {
  return Merging(base, heads, prefer).run();
}

}  // namespace openmcp::context
