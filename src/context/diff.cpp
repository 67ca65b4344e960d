#include "context/diff.hpp"

#include <fmt/format.h>

#include <map>
#include <unordered_map>

#include "context/json_node.hpp"
#include "context/myers.hpp"

namespace openmcp::context {

namespace {

/// Lines with their newline: a last line without one differs from the same line with one, as in `diff`.
std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto end = text.find('\n');
    auto length = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

DiffLine to_line(char kind, std::string_view line) {
  bool ended = line.ends_with('\n');
  return {.kind = kind, .text = std::string(line.substr(0, line.size() - ended)), .no_newline = !ended};
}

class Hunks {
public:
  Hunks(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after, std::size_t context)
      : before_(before), after_(after), context_(context) {}

  std::vector<Hunk> run(const std::vector<Edit>& edits) {
    for (std::size_t i = 0; i < edits.size();) {
      std::size_t last = i;
      while (last + 1 < edits.size() && edits[last + 1].old_begin - edits[last].old_end <= 2 * context_) ++last;
      add(edits, i, last);
      i = last + 1;
    }
    return std::move(hunks_);
  }

private:
  void add(const std::vector<Edit>& edits, std::size_t first, std::size_t last) {
    Hunk hunk;
    std::size_t lead = std::min(context_, edits[first].old_begin);
    std::size_t old_at = edits[first].old_begin - lead, new_at = edits[first].new_begin - lead;
    const std::size_t old_from = old_at, new_from = new_at;
    for (std::size_t i = first; i <= last; ++i) {
      for (; old_at < edits[i].old_begin; ++old_at, ++new_at) hunk.lines.push_back(to_line(' ', before_[old_at]));
      for (; old_at < edits[i].old_end; ++old_at) hunk.lines.push_back(to_line('-', before_[old_at]));
      for (; new_at < edits[i].new_end; ++new_at) hunk.lines.push_back(to_line('+', after_[new_at]));
    }
    for (std::size_t n = 0; n < context_ && old_at < before_.size(); ++n, ++old_at, ++new_at)
      hunk.lines.push_back(to_line(' ', before_[old_at]));
    hunk.old_count = old_at - old_from;
    hunk.new_count = new_at - new_from;
    hunk.old_start = hunk.old_count ? old_from + 1 : old_from;
    hunk.new_start = hunk.new_count ? new_from + 1 : new_from;
    hunks_.push_back(std::move(hunk));
  }

  const std::vector<std::string_view>& before_;
  const std::vector<std::string_view>& after_;
  std::size_t context_;
  std::vector<Hunk> hunks_;
};

std::map<std::string, std::string> entries_of(const Manifest& manifest) {
  std::map<std::string, std::string> out;
  auto node = node_from_json(manifest.metadata);
  if (!node || !node->if_map()) return out;
  for (const auto& [key, value] : *node->if_map()) out[key] = json_from_node(value).value_or("null");
  return out;
}

std::vector<MetadataChange> diff_metadata(const Manifest& before, const Manifest& after) {
  std::map<std::string, MetadataChange> changes;
  for (auto& [key, value] : entries_of(before)) changes[key] = {.key = key, .before = value, .after = {}};
  for (auto& [key, value] : entries_of(after)) {
    auto& change = changes[key];
    change.key = key;
    change.after = value;
  }
  std::vector<MetadataChange> out;
  for (auto& [key, change] : changes)
    if (change.before != change.after) out.push_back(std::move(change));
  return out;
}

FieldDiff::Pair diff_text(const std::string& before, const std::string& after) {
  if (before == after) return std::nullopt;
  return std::pair(before, after);
}

template <class T>
std::vector<T> without(const std::vector<T>& from, const std::vector<T>& what) {
  std::vector<T> out;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(out));
  return out;
}

}  // namespace

TextDiff diff_lines(std::string_view before, std::string_view after, DiffOptions options) {
  auto old_lines = split_lines(before), new_lines = split_lines(after);
  // Equal lines get equal numbers: comparing numbers is what makes the comparison fast.
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  auto number = [&numbers](const std::vector<std::string_view>& lines) {
    std::vector<std::uint32_t> out;
    out.reserve(lines.size());
    for (auto line : lines)
      out.push_back(numbers.try_emplace(line, static_cast<std::uint32_t>(numbers.size())).first->second);
    return out;
  };
  auto old_numbers = number(old_lines), new_numbers = number(new_lines);
  auto compared = compare(old_numbers, new_numbers, options.max_edits);

  TextDiff out;
  out.coarse = compared.coarse;
  for (const auto& edit : compared.edits) {
    out.removed += edit.old_end - edit.old_begin;
    out.added += edit.new_end - edit.new_begin;
  }
  out.hunks = Hunks(old_lines, new_lines, options.context).run(compared.edits);
  return out;
}

std::string unified(const TextDiff& diff, std::string_view old_name, std::string_view new_name) {
  std::string out;
  if (diff.hunks.empty()) return out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "--- {}\n+++ {}\n", old_name, new_name);
  auto range = [](std::size_t start, std::size_t count) {
    return count == 1 ? fmt::format("{}", start) : fmt::format("{},{}", start, count);
  };
  for (const auto& hunk : diff.hunks) {
    fmt::format_to(to, "@@ -{} +{} @@\n", range(hunk.old_start, hunk.old_count), range(hunk.new_start, hunk.new_count));
    for (const auto& line : hunk.lines) {
      fmt::format_to(to, "{}{}\n", line.kind, line.text);
      if (line.no_newline) out += "\\ No newline at end of file\n";
    }
  }
  return out;
}

bool FieldDiff::empty() const noexcept {
  return !type && !title && !media_type && !source && tags_added.empty() && tags_removed.empty() && metadata.empty() &&
         relations_added.empty() && relations_removed.empty();
}

FieldDiff diff_fields(const Manifest& before, const Manifest& after) {
  FieldDiff out;
  out.type = diff_text(before.type, after.type);
  out.title = diff_text(before.title, after.title);
  out.media_type = diff_text(before.media_type, after.media_type);
  out.source = diff_text(before.source, after.source);
  out.tags_added = without(after.tags, before.tags);
  out.tags_removed = without(before.tags, after.tags);
  out.metadata = diff_metadata(before, after);
  out.relations_added = without(after.relations, before.relations);
  out.relations_removed = without(before.relations, after.relations);
  return out;
}

}  // namespace openmcp::context
