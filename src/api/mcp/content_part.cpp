#include "api/mcp/content_part.hpp"

#include "context/content.hpp"
#include "context/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::api::mcp {

namespace {

constexpr std::uint64_t kMargin = 4;  ///< bytes: more than what of a character may stand before or behind a cut

/// Takes the bytes [offset, offset + length + kMargin) out of a content that passes by, and looks at its beginning.
class Window {
public:
  Window(std::uint64_t offset, std::uint64_t length) : begin_(offset), end_(offset + length + kMargin) {}

  base::Task<void> take(base::SharedBytes piece) {
    const auto view = piece.view();
    if (at_ == 0) text_ = context::is_text(view.first(std::min<std::size_t>(view.size(), 4096)), false);
    const auto from = begin_ > at_ ? std::min<std::uint64_t>(begin_ - at_, view.size()) : 0;
    const auto to = std::min<std::uint64_t>(end_ > at_ ? end_ - at_ : 0, view.size());
    if (to > from) bytes_.append(base::as_text(view.subspan(from, to - from)));
    at_ += view.size();
    enough_ = at_ >= end_ || !text_;
    if (enough_) throw base::Error(base::Errc::too_large, "reading a part of a content: that is all");
    co_return;
  }

  bool enough() const noexcept { return enough_; }
  bool text() const noexcept { return text_; }
  const std::string& bytes() const noexcept { return bytes_; }

private:
  std::uint64_t begin_, end_, at_ = 0;
  std::string bytes_;
  bool enough_ = false, text_ = true;
};

/// The first place from `at` on where a character begins.
std::size_t boundary(std::string_view text, std::size_t at) {
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return std::min(at, text.size());
}

}  // namespace

base::Task<ContentPart> content_part(Turn& turn, context::Version version, std::uint64_t offset, std::uint64_t length) {
  ContentPart part;
  const auto& manifest = version.manifest;
  if (length == 0) part.omitted = "not asked for";
  if (manifest.media_type == context::kDirectoryMedia) part.omitted = "a directory: read ipfs://<cid> as a resource";
  if (!part.omitted.empty()) co_return part;

  offset = std::min(offset, manifest.size);
  Window window(offset, length);
  try {
    auto take = [&window](base::SharedBytes piece) { return window.take(std::move(piece)); };
    co_await turn.service.workspace.read_content(version.cid, take);
  } catch (const base::Error&) {
    if (!window.enough()) throw;
  }
  const std::string_view bytes = window.bytes();
  const auto begin = boundary(bytes, 0);
  const auto end =
      std::max(begin, boundary(bytes, static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes.size()))));
  part.text = std::string(bytes.substr(begin, end - begin));
  if (!window.text() || !context::is_text(base::as_bytes(part.text))) {
    part.text.clear();
    part.omitted = "not text: read the resource";
    co_return part;
  }
  part.offset = offset + begin;
  part.next = offset + end < manifest.size ? offset + end : 0;
  co_return part;
}

}  // namespace openmcp::api::mcp
