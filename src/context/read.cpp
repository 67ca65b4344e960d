// Reading: one version, a context, its history, lists, differences, contents.
#include <fmt/format.h>

#include "context/attestation.hpp"
#include "context/state.hpp"
#include "context/text.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::uint64_t kMaxDiffed = 16u << 20;  ///< bytes of a text that is compared by lines

/// Fills in what vouches for the version.
base::Task<Version> prove(ipld::BlockSource& source, Version version, std::optional<ipld::Cid> attestation) {
  version.attestation = attestation;
  if (!attestation) co_return version;
  try {
    auto read = co_await load_attestation(source, *attestation);
    version.key = read.key;
    version.proof = read.manifest == version.cid && signature_valid(read) ? Proof::valid : Proof::invalid;
  } catch (const base::Error& error) {
    if (error.code() != Errc::not_found && error.code() != Errc::corrupt && error.code() != Errc::unsupported) throw;
    version.proof = error.code() == Errc::not_found ? Proof::missing : Proof::invalid;
  }
  co_return version;
}

base::Task<Version> read_version(ipld::BlockSource& source, NumberedVersion numbered) {
  auto manifest = co_await load_manifest(source, numbered.row.manifest);
  Version version;
  version.cid = numbered.row.manifest;
  version.manifest = *manifest;
  version.number = numbered.number;
  version.head = numbered.head;
  co_return co_await prove(source, std::move(version), numbered.row.attestation);
}

bool is_directory(const Manifest& manifest) { return manifest.media_type == kDirectoryMedia; }

const ipld::Cid& content_of(const Version& version) {
  if (!version.manifest.content)
    throw base::Error(Errc::not_found, fmt::format("version {} is a tombstone", version.cid.text()));
  return *version.manifest.content;
}

std::string why_no_lines(const Manifest& manifest) {
  if (is_directory(manifest)) return "a directory";
  if (manifest.size > kMaxDiffed) return "larger than 16 MiB";
  return {};
}

}  // namespace

base::Task<ContextView> Workspace::get(Ref ref) {
  auto state = state_;
  auto operation = co_await state->enter();
  auto heads = co_await state->existing(ref.id);
  struct Found {
    std::optional<NumberedVersion> version;
    std::vector<Relation> incoming;
    std::int64_t changed;
  };
  const auto wanted = ref.version.value_or(heads.heads.front().manifest);
  auto look = [id = ref.id, wanted](const Catalog& catalog) {
    auto summary = catalog.summary(id);
    return Found{.version = catalog.version(id, wanted),
                 .incoming = catalog.incoming(id),
                 .changed = summary ? summary->changed : 0};
  };
  auto found = co_await state->views->read(std::move(look));
  if (!found.version)
    throw base::Error(Errc::not_found, fmt::format("{} is no version of {}", wanted.text(), ref.id.text()),
                      "its history lists them");
  ContextView view;
  view.id = ref.id;
  view.current = co_await read_version(state->store, *found.version);
  for (const auto& head : heads.heads) view.heads.push_back(head.manifest);
  view.versions = heads.versions;
  view.created = heads.created;
  view.changed = found.changed;
  view.incoming = std::move(found.incoming);
  co_return view;
}

base::Task<Version> Workspace::version(ipld::Cid manifest) {
  auto state = state_;
  auto operation = co_await state->enter();
  auto look = [manifest](const Catalog& catalog) {
    auto id = catalog.by_manifest(manifest);
    return id ? catalog.version(*id, manifest) : std::nullopt;
  };
  auto found = co_await state->views->read(std::move(look));
  NumberedVersion bare;
  bare.row.manifest = manifest;
  co_return co_await read_version(state->store, found.value_or(bare));
}

base::Task<std::vector<Version>> Workspace::history(ContextId id, std::size_t limit) {
  auto state = state_;
  auto operation = co_await state->enter();
  co_await state->existing(id);
  auto look = [id, limit](const Catalog& catalog) { return catalog.versions(id, limit); };
  auto rows = co_await state->views->read(std::move(look));
  std::vector<Version> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(co_await read_version(state->store, row));
  co_return out;
}

base::Task<ListPage> Workspace::list(ListRequest request) {
  auto state = state_;
  auto operation = co_await state->enter();
  auto look = [request = std::move(request)](const Catalog& catalog) { return catalog.list(request); };
  co_return co_await state->views->read(std::move(look));
}

base::Task<std::vector<ContextId>> Workspace::by_content(crypto::Digest32 hash, std::size_t limit) {
  auto state = state_;
  auto operation = co_await state->enter();
  auto look = [hash, limit](const Catalog& catalog) { return catalog.by_content(hash, limit); };
  co_return co_await state->views->read(std::move(look));
}

base::Task<std::vector<ContextHeads>> Workspace::page(ContextId after, std::size_t limit) {
  auto state = state_;
  auto operation = co_await state->enter();
  auto look = [after, limit](const Catalog& catalog) { return catalog.page(after, limit); };
  co_return co_await state->views->read(std::move(look));
}

base::Task<std::vector<TagCount>> Workspace::tags() {
  auto state = state_;
  auto operation = co_await state->enter();
  auto look = [](const Catalog& catalog) { return catalog.tags(); };
  co_return co_await state->views->read(std::move(look));
}

base::Task<VersionDiff> Workspace::diff(ipld::Cid before, ipld::Cid after, DiffOptions options) {
  VersionDiff out;
  out.before = co_await version(before);
  out.after = co_await version(after);
  // No operation of its own: those of content() would wait for one that wants to be alone, and it for ours.
  auto state = state_;
  const auto &old_manifest = out.before.manifest, &new_manifest = out.after.manifest;
  out.fields = diff_fields(old_manifest, new_manifest);
  out.content_equal = content_of(out.before) == content_of(out.after);
  if (out.content_equal) co_return out;
  for (const auto* manifest : {&old_manifest, &new_manifest})
    if (out.why_binary.empty()) out.why_binary = why_no_lines(*manifest);
  out.binary = !out.why_binary.empty();
  if (out.binary) co_return out;
  auto old_bytes = co_await content(before, kMaxDiffed);
  auto new_bytes = co_await content(after, kMaxDiffed);
  auto work = [&out, old_bytes, new_bytes, options] {
    out.binary = !is_text(old_bytes) || !is_text(new_bytes);
    if (out.binary)
      out.why_binary = "content is not UTF-8 text";
    else
      out.text = diff_lines(base::as_text(old_bytes), base::as_text(new_bytes), options);
  };
  co_await state->env.run(std::move(work));
  co_return out;
}

base::Task<base::SharedBytes> Workspace::content(ipld::Cid manifest, std::uint64_t limit) {
  auto state = state_;
  auto operation = co_await state->enter();
  Version version;
  version.cid = manifest;
  version.manifest = *co_await load_manifest(state->store, manifest);
  const auto cid = content_of(version);
  if (is_directory(version.manifest))
    throw base::Error(Errc::unsupported, fmt::format("the content of {} is a directory", manifest.text()),
                      "list it, or get its files one by one");
  if (version.manifest.size > limit)
    throw base::Error(Errc::too_large,
                      fmt::format("a content of {} bytes; at most {} were asked for", version.manifest.size, limit),
                      "read it as a stream");
  if (cid.codec() == ipld::Codec::raw) co_return co_await ipld::get_block(state->store, cid);
  auto bytes = co_await ipld::unixfs::read_bytes(state->env, state->store, cid, limit);
  co_return base::SharedBytes(std::move(bytes));
}

base::Task<void> Workspace::read_content(ipld::Cid manifest, WriteBytes write) {
  auto state = state_;
  auto operation = co_await state->enter();
  Version version;
  version.cid = manifest;
  version.manifest = *co_await load_manifest(state->store, manifest);
  const auto cid = content_of(version);
  if (is_directory(version.manifest))
    throw base::Error(Errc::unsupported, fmt::format("the content of {} is a directory", manifest.text()),
                      "list it, or get its files one by one");
  ipld::unixfs::ByteRange all;
  co_await ipld::unixfs::read_file(state->env, state->store, cid, all, std::move(write));
}

}  // namespace openmcp::context
