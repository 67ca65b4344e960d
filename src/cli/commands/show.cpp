#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"

namespace openmcp::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "version",
     .letter = 'V',
     .value = "VERSION",
     .help = "v1 is the oldest, ~1 the one before the latest, or a CID"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT",
     .help = "file, id, beginning of an id, title or CID; with @v2 or ~1 a version",
     .completes = Completes::file},
};

std::string proof_text(Output& out, const context::Version& version) {
  switch (version.proof) {
    case context::Proof::valid:
      return fmt::format("{}, key {}", out.styled(Style::green, "valid"), key_text(version.key).substr(0, 16));
    case context::Proof::invalid:
      return out.styled(Style::red, "does not hold");
    case context::Proof::missing:
      return out.styled(Style::yellow, "none is here");
  }
  return {};
}

void print_facts(Invocation& call, const context::ContextView& view) {
  auto& out = call.out();
  auto& version = view.current;
  auto& manifest = version.manifest;
  auto now = call.env().now();
  Facts facts;
  facts.add("title", out.styled(Style::bold, escape(manifest.title)));
  facts.add("id", view.id.text());
  facts.add("type", escape(manifest.media_type.empty() ? manifest.type
                                                       : fmt::format("{} ({})", manifest.type, manifest.media_type)));
  if (!manifest.tags.empty()) facts.add("tags", escape(fmt::format("{}", fmt::join(manifest.tags, " "))));
  facts.add("version",
            fmt::format("v{} of {}{}", version.number, view.versions, version.head ? "" : " (not the latest)"));
  facts.add("author", escape(manifest.author.name));
  facts.add("time",
            fmt::format("{} ({})", iso_time(wall_time(manifest.time)), human_age(wall_time(manifest.time), now)));
  if (!manifest.message.empty()) facts.add("message", escape(manifest.message));
  if (!manifest.source.empty()) facts.add("source", escape(manifest.source));
  facts.add("size", human_size(manifest.size));
  if (manifest.content) facts.add("content", manifest.content->text());
  facts.add("sha256", base::to_hex(manifest.content_hash));
  facts.add("manifest", version.cid.text());
  for (auto& parent : manifest.parents) facts.add("parent", parent.text());
  facts.add("signature", proof_text(out, version));
  if (view.heads.size() > 1) {
    for (auto& head : view.heads) facts.add("head", head.text());
  }
  for (auto& relation : manifest.relations) {
    facts.add("links to", fmt::format("{} ({})", relation.target.text(), escape(relation.kind)));
  }
  for (auto& relation : view.incoming) {
    facts.add("linked from", fmt::format("{} ({})", relation.target.text(), escape(relation.kind)));
  }
  if (manifest.metadata != "{}") facts.add("metadata", escape(manifest.metadata));
  facts.print(out);
  if (view.heads.size() > 1) {
    call.note(fmt::format("concurrent versions: 'openmcp commit --merge --id {}' joins them", view.id.text()));
  }
}

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto* workspace = co_await call.workspace(Access::read);
  auto name = call.args().at(0);
  auto wanted = call.args().text_or("version", "");
  auto ref = co_await resolve_context(call, *workspace, std::move(name), std::move(wanted));
  auto view = co_await workspace->get(ref);
  if (call.json()) {
    JsonWriter json;
    write_json(json, view);
    print_json(call, json);
  } else {
    print_facts(call, view);
  }
  co_return kOk;
}

}  // namespace

const Command kShow{
    .name = "show",
    .group = Group::contexts,
    .summary = "Show what is known of a context: fields, version, signature, relations",
    .options = kOptions,
    .positionals = kPositionals,
    .run = run,
};

}  // namespace openmcp::cli
