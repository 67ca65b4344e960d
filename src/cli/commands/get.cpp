#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/refs.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "context/workspace.hpp"
#include "ipld/unixfs/exporter.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "output",
     .letter = 'o',
     .value = "PATH",
     .help = "write to this file (or, of a directory, make it)",
     .completes = Completes::file},
    {.name = "version",
     .letter = 'V',
     .value = "VERSION",
     .help = "v1 is the oldest, ~1 the one before the latest, or a CID"},
    {.name = "metadata", .help = "print the metadata (JSON) instead of the content"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "CONTEXT",
     .help = "file, id, beginning of an id, title or CID; with @v2 or ~1 a version",
     .completes = Completes::file},
};
constexpr std::string_view kExamples[] = {"openmcp get notes.md", "openmcp get notes.md~1",
                                          "openmcp get 0198a2 -o copy.md"};

constexpr std::uint64_t kMaxInJson = 64u << 20;

bool is_tree(const context::Manifest& manifest) { return manifest.media_type == "inode/directory"; }

/// The content inside the JSON answer: as text, or in base64 when it is not UTF-8.
void write_content(JsonWriter& json, base::BytesView bytes) {
  auto text = base::as_text(bytes);
  if (valid_utf8(text)) {
    json.field("content", text);
  } else {
    json.field("content_base64", base64(bytes));
  }
}

base::Task<void> write_to(Invocation& call, context::Workspace& workspace, const context::Version& version,
                          std::string output) {
  auto& content = version.manifest.content;
  auto* store = co_await call.store(Access::read);
  auto facts = co_await ipld::unixfs::stat(*store, *content);
  auto bar = call.progress("writing", Unit::bytes);
  auto total = version.manifest.size;
  if (ipld::unixfs::is_directory(facts.type)) {
    ipld::unixfs::WriteOptions options;
    options.progress = [&](const ipld::unixfs::WriteProgress& done) { bar->update(done.bytes, total); };
    auto target = call.absolute(output);
    co_await ipld::unixfs::write_tree(call.env(), *store, *content, std::move(target), std::move(options));
    co_return;
  }
  OutputFile file(call, output);
  auto sink = file.sink();
  std::uint64_t done = 0;
  context::WriteBytes counted = [&](base::SharedBytes bytes) -> base::Task<void> {
    done += bytes.size();
    co_await sink(std::move(bytes));
    bar->update(done, total);
  };
  co_await workspace.read_content(version.cid, std::move(counted));
  co_await file.commit();
}

base::Task<int> run(Invocation& call) {
  call.require_store();
  auto& args = call.args();
  auto* workspace = co_await call.workspace(Access::read);
  auto name = args.at(0);
  auto wanted = args.text_or("version", "");
  auto ref = co_await resolve_context(call, *workspace, std::move(name), std::move(wanted));
  auto view = co_await workspace->get(ref);
  auto& version = view.current;
  auto output = args.text("output");
  if (args.flag("metadata")) {
    call.out().line(version.manifest.metadata);
    co_return kOk;
  }
  if (!version.manifest.content) {
    throw Error(Errc::not_found, fmt::format("{} has no content: it was forgotten", view.id.text()));
  }
  if (output) {
    co_await write_to(call, *workspace, version, *output);
    if (call.json()) {
      JsonWriter json;
      json.begin_object().field("id", view.id.text()).field("output", *output).key("version");
      write_json(json, version);
      json.end_object();
      print_json(call, json);
    } else if (*output != "-") {
      call.note(fmt::format("wrote {} to {}", human_size(version.manifest.size), escape(*output)));
    }
    co_return kOk;
  }
  if (call.json()) {
    JsonWriter json;
    json.begin_object().field("id", view.id.text()).key("current");
    write_json(json, version);
    if (!is_tree(version.manifest)) {
      auto bytes = co_await workspace->content(version.cid, kMaxInJson);
      write_content(json, bytes);
    }
    json.end_object();
    print_json(call, json);
    co_return kOk;
  }
  ContentOutput out(call.out());
  try {
    co_await workspace->read_content(version.cid, content_sink(out));
  } catch (const Error& error) {
    if (error.code() != Errc::unsupported || !is_tree(version.manifest)) throw;
    throw Error(error.code(), error.message(), "openmcp get CONTEXT -o DIR writes it");
  }
  out.finish();
  co_return kOk;
}

}  // namespace

const Command kGet{
    .name = "get",
    .group = Group::contexts,
    .summary = "Write the content of a context to standard output or a file",
    .details =
        "Every byte is checked on the way. With --json the content stands in the answer as \"content\", or as "
        "\"content_base64\" when it is not UTF-8 text.",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .place = Place::either,
    .run = run,
};

}  // namespace openmcp::cli
