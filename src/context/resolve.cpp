// What a text names.
#include <fmt/format.h>

#include <charconv>

#include "context/source_path.hpp"
#include "context/state.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::size_t kShown = 5;  ///< candidates that an error names

/// A name, and which version of it: by number, by distance from the latest, or by CID.
struct Parsed {
  std::string name;
  std::optional<std::uint64_t> number, back;
  std::optional<ipld::Cid> cid;
};

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// nullopt: the text after the last mark is no version, so the mark belongs to the name.
std::optional<Parsed> split(const std::string& text) {
  auto mark = text.find_last_of("@~");
  if (mark == std::string::npos || mark == 0) return std::nullopt;
  Parsed out{.name = text.substr(0, mark), .number = {}, .back = {}, .cid = {}};
  auto version = std::string_view(text).substr(mark + 1);
  if (text[mark] == '~') {
    out.back = version.empty() ? std::uint64_t{1} : whole_number(version);
    return out.back ? std::optional(std::move(out)) : std::nullopt;
  }
  if (version.starts_with('v')) version.remove_prefix(1);
  if ((out.number = whole_number(version))) return out;
  if (auto cid = ipld::Cid::parse(std::string_view(text).substr(mark + 1))) {
    out.cid = *cid;
    return out;
  }
  return std::nullopt;
}

std::optional<std::string> hex_prefix(const std::string& text) {
  std::string hex;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '-' && (i == 8 || i == 13 || i == 18 || i == 23)) continue;
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
    hex += c;
  }
  if (hex.size() < 4 || hex.size() > 32) return std::nullopt;
  return hex;
}

base::Error ambiguous(const std::string& name, const std::vector<ContextId>& ids) {
  std::string list;
  for (std::size_t i = 0; i < ids.size() && i < kShown; ++i) list += (i ? ", " : "") + ids[i].text();
  if (ids.size() > kShown) list += ", ...";
  return base::Error(Errc::invalid_argument, fmt::format("'{}' names several contexts: {}", name, list),
                     "give more of the id");
}

class Resolving {
public:
  explicit Resolving(Workspace::State& state) : state_(state) {}

  base::Task<std::optional<Ref>> find(std::string name) {
    if (auto id = ContextId::parse(name)) {
      auto heads = co_await state_.views->heads(*id);
      if (heads) co_return Ref{.id = *id, .version = {}};
    }
    if (auto cid = ipld::Cid::parse(name))
      if (auto ref = co_await by_cid(*cid)) co_return ref;
    if (auto hex = hex_prefix(name))
      if (auto id = co_await by_prefix(name, *hex)) co_return Ref{.id = *id, .version = {}};
    if (auto match = co_await state_.views->by_source(source(name))) co_return Ref{.id = match->id, .version = {}};
    auto look = [name](const Catalog& catalog) { return catalog.by_title(name, kShown + 1); };
    auto titled = co_await state_.views->read(std::move(look));
    if (titled.size() > 1) throw ambiguous(name, titled);
    if (titled.size() == 1) co_return Ref{.id = titled.front(), .version = {}};
    co_return std::nullopt;
  }

  base::Task<Ref> version(Ref ref, Parsed parsed) {
    auto heads = co_await state_.existing(ref.id);
    std::optional<NumberedVersion> found;
    if (parsed.cid) {
      auto look = [id = ref.id, cid = *parsed.cid](const Catalog& catalog) { return catalog.version(id, cid); };
      found = co_await state_.views->read(std::move(look));
    } else {
      if (parsed.back && *parsed.back >= heads.versions)
        parsed.number = 0;
      else if (parsed.back)
        parsed.number = heads.versions - *parsed.back;
      auto look = [id = ref.id, number = *parsed.number](const Catalog& catalog) {
        return catalog.version(id, number);
      };
      found = co_await state_.views->read(std::move(look));
    }
    if (!found)
      throw base::Error(Errc::not_found, fmt::format("context {} has no such version", ref.id.text()),
                        fmt::format("it has {}, numbered from 1", heads.versions));
    ref.version = found->row.manifest;
    co_return ref;
  }

private:
  base::Task<std::optional<Ref>> by_cid(ipld::Cid cid) {
    auto look = [cid](const Catalog& catalog) { return catalog.by_manifest(cid); };
    if (auto id = co_await state_.views->read(look)) co_return Ref{.id = *id, .version = cid};
    // An attestation says itself what it vouches for.
    std::optional<ipld::Cid> manifest;
    if (cid.codec() == ipld::Codec::dag_cbor && !cid.identity())
      if (auto block = co_await state_.store.retrieve(cid))
        if (auto attestation = decode_attestation(*block)) manifest = attestation->manifest;
    if (!manifest) co_return std::nullopt;
    auto again = [manifest](const Catalog& catalog) { return catalog.by_manifest(*manifest); };
    auto id = co_await state_.views->read(std::move(again));
    if (!id) co_return std::nullopt;
    co_return Ref{.id = *id, .version = manifest};
  }

  base::Task<std::optional<ContextId>> by_prefix(std::string name, std::string hex) {
    auto look = [hex](const Catalog& catalog) { return catalog.by_prefix(hex, kShown + 1); };
    auto ids = co_await state_.views->read(std::move(look));
    if (ids.size() > 1) throw ambiguous(name, ids);
    if (ids.empty()) co_return std::nullopt;
    co_return ids.front();
  }

  std::string source(const std::string& name) const {
    return source_of(state_.options.root, name).value_or(name.starts_with("./") ? name.substr(2) : name);
  }

  Workspace::State& state_;
};

}  // namespace

base::Task<Ref> Workspace::resolve(std::string text) {
  auto state = state_;
  auto operation = co_await state->enter();
  Resolving resolving(*state);
  // The whole text first: a title or path may hold the marks of versions.
  if (auto ref = co_await resolving.find(text)) co_return *ref;
  if (auto parsed = split(text))
    if (auto ref = co_await resolving.find(parsed->name)) co_return co_await resolving.version(*ref, *parsed);
  throw base::Error(Errc::not_found, fmt::format("no context '{}'", text),
                    "name it by its id, the first digits of its id, a CID, its path or its exact title");
}

}  // namespace openmcp::context
