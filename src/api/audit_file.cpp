#include "api/audit_file.hpp"

#include <algorithm>

#include "api/audit_line.hpp"

namespace openmcp::api {

namespace {

/// The log syncs every quarter of a MiB at least, so a crash damages no more than some of them.
constexpr std::uint64_t kTailWindow = 4u << 20;
constexpr std::uint64_t kPiece = 1u << 20;
constexpr std::uint64_t kSearchPiece = 2 * kMaxAuditLine;  ///< holds a whole line wherever it begins

std::string read_range(base::File& file, std::uint64_t begin, std::uint64_t end) {
  std::string out(static_cast<std::size_t>(end - begin), '\0');
  base::MutableBytes into(reinterpret_cast<std::uint8_t*>(out.data()), out.size());
  out.resize(file.read_at(begin, into));
  return out;
}

/// Takes the next line off `text`; nullopt when its end is not there.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<DecodedLine> take_decoded(std::string_view& text) {
  auto line = take_line(text);
  if (!line) return std::nullopt;
  auto decoded = decode_audit_line(*line);
  if (!decoded) return std::nullopt;
  return *std::move(decoded);
}

/// The tail as it is seen from `begin` on; nullopt when the window begins amid damage.
std::optional<AuditTail> look_from(base::File& file, std::uint64_t begin, std::uint64_t size) {
  const auto bytes = read_range(file, begin, size);
  std::string_view rest(bytes);
  AuditChain chain;
  if (begin > 0) {
    take_line(rest);  // some part of a line
    auto first = take_decoded(rest);
    if (!first) return std::nullopt;
    chain = AuditChain(first->line.seq, first->line.hash);
  }
  AuditTail out;
  while (true) {
    const auto here = rest;
    auto line = take_line(rest);
    bool unreadable = !line.has_value();
    auto problem = line ? chain.follow(*line, unreadable) : std::string();
    if (unreadable) {
      out.cut = here.size();
      break;
    }
    if (problem.empty()) continue;
    if (out.broken.empty()) out.broken = problem;
    auto decoded = decode_audit_line(*line);
    chain = AuditChain(decoded->line.seq, decoded->line.hash);
  }
  out.end = size - out.cut;
  out.seq = chain.seq();
  out.head = chain.head();
  return out;
}

/// Offset of the first line with a number of `seq` or more, or `end`.
std::uint64_t find_line(base::File& file, std::uint64_t end, std::uint64_t seq) {
  // The line that holds the byte before `low`, and all before it, have smaller numbers.
  std::uint64_t low = 0, high = end;
  while (high - low > kSearchPiece) {
    const auto middle = low + (high - low) / 2;
    const auto bytes = read_range(file, middle, std::min(end, middle + kSearchPiece));
    std::string_view rest(bytes);
    take_line(rest);
    const auto start = middle + (bytes.size() - rest.size());
    auto decoded = take_decoded(rest);
    if (decoded && decoded->line.seq < seq && start > low)
      low = start;
    else
      high = middle;
  }
  const auto bytes = read_range(file, low, std::min(end, high + kSearchPiece));
  std::string_view rest(bytes);
  while (true) {
    const auto here = low + (bytes.size() - rest.size());
    auto line = take_line(rest);
    if (!line) return std::min(end, here);
    auto decoded = decode_audit_line(*line);
    if (decoded && decoded->line.seq >= seq) return here;
  }
}

}  // namespace

AuditTail find_tail(base::File& file) {
  const auto size = file.size();
  for (auto window = kTailWindow;; window *= 4) {
    const auto begin = size > window ? size - window : 0;
    if (auto tail = look_from(file, begin, size)) return *std::move(tail);
  }
}

AuditCheck check_lines(base::File& file, std::uint64_t size) {
  AuditCheck out;
  AuditChain chain;
  std::string held;
  auto wrong = [&out, &chain](std::string problem) {
    out.bad_line = out.lines + 1;
    out.problem = std::move(problem);
    out.head = chain.head();
    return out;
  };
  for (std::uint64_t at = 0; at < size;) {
    const auto piece = read_range(file, at, std::min(size, at + kPiece));
    if (piece.empty()) break;
    at += piece.size();
    held += piece;
    std::string_view rest(held);
    while (auto line = take_line(rest)) {
      bool unreadable = false;
      if (auto problem = chain.follow(*line, unreadable); !problem.empty()) return wrong(std::move(problem));
      ++out.lines;
    }
    if (rest.size() > kMaxAuditLine) return wrong("a line of the audit log: too long");
    held.erase(0, held.size() - rest.size());
  }
  if (!held.empty()) return wrong("the last line is not whole: it was being written, or the power went");
  out.head = chain.head();
  return out;
}

AuditPage read_lines(base::File& file, std::uint64_t end, std::uint64_t before, std::size_t limit) {
  AuditPage out;
  auto upto = before == 0 ? end : find_line(file, end, before);
  for (std::uint64_t window = 2 * kMaxAuditLine; upto > 0 && out.lines.size() < limit;
       window = std::min(kPiece, window * 4)) {
    const auto begin = upto > window ? upto - window : 0;
    const auto bytes = read_range(file, begin, upto);
    std::string_view rest(bytes);
    if (begin > 0) take_line(rest);
    const auto start = begin + (bytes.size() - rest.size());
    std::vector<AuditLine> lines;
    while (auto line = take_line(rest))
      if (auto decoded = decode_audit_line(*line)) lines.push_back(std::move(decoded->line));
    for (auto line = lines.rbegin(); line != lines.rend() && out.lines.size() < limit; ++line)
      out.lines.push_back(std::move(*line));
    if (start >= upto) break;  // no line begins in the window: damage
    upto = start;
  }
  if (out.lines.size() == limit && limit > 0 && out.lines.back().seq > 1) out.next = out.lines.back().seq;
  return out;
}

}  // namespace openmcp::api
