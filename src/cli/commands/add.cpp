#include <fmt/format.h>

#include "cli/commands/all.hpp"
#include "cli/content_io.hpp"
#include "cli/exit_code.hpp"
#include "cli/human.hpp"
#include "cli/invocation.hpp"
#include "cli/render.hpp"
#include "cli/text.hpp"
#include "ipld/unixfs/importer.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;
namespace unixfs = ipld::unixfs;

namespace {

constexpr OptionSpec kOptions[] = {
    {.name = "recursive", .letter = 'r', .help = "add directories with all they hold"},
    {.name = "quiet", .letter = 'q', .help = "print CIDs only"},
    {.name = "quieter", .letter = 'Q', .help = "print the root's CID only"},
    {.name = "only-hash", .letter = 'n', .help = "compute CIDs, store nothing"},
    {.name = "hidden", .letter = 'H', .help = "take files whose name begins with a dot"},
    {.name = "wrap-with-directory", .letter = 'w', .help = "put what is added into a directory"},
    {.name = "pin", .help = "pin the roots (default: true)"},
    {.name = "pin-name", .value = "NAME", .help = "name of the pins"},
    {.name = "dereference-args", .help = "follow a PATH that is a symbolic link"},
    {.name = "cid-version",
     .value = "N",
     .help = "1: profile unixfs-v1-2025 (default), 0: unixfs-v0-2015",
     .choices = "0|1"},
    {.name = "profile", .value = "NAME", .help = "the UnixFS profile", .choices = "unixfs-v1-2025|unixfs-v0-2015"},
    {.name = "stdin-name", .value = "NAME", .help = "name of standard input in a wrapping directory"},
};
constexpr PositionalSpec kPositionals[] = {
    {.name = "PATH",
     .help = "files and directories; - or none is standard input",
     .required = false,
     .repeatable = true,
     .completes = Completes::file},
};
constexpr std::string_view kExamples[] = {"openmcp add -Q -r folder", "openmcp add --only-hash big.iso",
                                          "tar c . | openmcp add -Q"};

/// For --only-hash.
class NoSink final : public ipld::BlockSink {
public:
  base::Task<void> accept(std::vector<ipld::Block>) override { co_return; }
};

unixfs::Profile profile_of(const Args& args) {
  auto version = args.text("cid-version");
  auto name = args.text("profile");
  if (!name) return version == "0" ? unixfs::kUnixfsV0_2015 : unixfs::kUnixfsV1_2025;
  auto profile = base::unwrap(unixfs::profile_from_name(*name));
  if (version && *version != std::to_string(profile.cid_version)) {
    throw Error(Errc::invalid_argument,
                fmt::format("profile {} makes CIDs of version {}, not {}", *name, profile.cid_version, *version),
                "give only one of --profile and --cid-version");
  }
  return profile;
}

std::string base_name(const base::Path& path) { return path.substr(path.rfind('/') + 1); }

struct Added {
  std::string cid, name;
  std::uint64_t size;
};

/// What was made, printed as it comes or gathered for JSON.
class Report {
public:
  explicit Report(Invocation& call)
      : call_(call), quiet_(call.args().flag("quiet") || call.globals().quiet), quieter_(call.args().flag("quieter")) {}

  void entry(const unixfs::Imported& made, std::string name) {
    if (quieter_) return;
    if (call_.json()) {
      entries_.push_back({made.cid.text(), std::move(name), made.size});
    } else if (quiet_) {
      call_.out().line(made.cid.text());
    } else {
      call_.out().line(fmt::format("added {} {}", made.cid.text(), escape(name)));
    }
  }

  void finish(const std::vector<unixfs::Imported>& roots) {
    if (!call_.json()) {
      if (quieter_ && !roots.empty()) call_.out().line(roots.back().cid.text());
      return;
    }
    JsonWriter json;
    json.begin_object();
    if (!roots.empty()) {
      auto& last = roots.back();
      json.field("cid", last.cid.text())
          .field("size", last.size)
          .field("dag_size", last.dag_size)
          .field("blocks", last.blocks);
    }
    if (!quieter_) {
      json.key("entries").begin_array();
      for (auto& entry : entries_) {
        json.begin_object().field("cid", entry.cid).field("name", entry.name).field("size", entry.size).end_object();
      }
      json.end_array();
    }
    json.strings("skipped", skipped_);
    json.end_object();
    print_json(call_, json);
  }

  void skipped(const Error& error) {
    call_.warn(fmt::format("left out: {}", error.message()));
    if (call_.json()) skipped_.push_back(error.message());
  }

private:
  Invocation& call_;
  bool quiet_, quieter_;
  std::vector<Added> entries_;
  std::vector<std::string> skipped_;
};

/// The paths, checked before anything is stored.
std::vector<base::Path> checked_paths(Invocation& call) {
  auto& args = call.args();
  std::vector<base::Path> paths;
  for (auto& typed : args.positionals()) {
    if (typed == "-") {
      paths.push_back("-");
      continue;
    }
    if (typed.empty()) throw Error(Errc::invalid_argument, "a PATH is empty", "'.' is the working directory");
    auto path = call.absolute(typed);
    auto info = call.env().disk().stat(path, args.flag("dereference-args"));
    if (!info) throw Error(Errc::not_found, fmt::format("{}: no such file or directory", typed));
    if (info->kind == base::FileKind::directory && !args.flag("recursive")) {
      throw Error(Errc::invalid_argument, fmt::format("{} is a directory", typed),
                  fmt::format("to add all it holds: openmcp add -r {}", typed));
    }
    paths.push_back(std::move(path));
  }
  if (paths.empty()) {
    if (call.in().terminal())
      throw Error(Errc::invalid_argument, "there is nothing to add", "name a file, or pipe something in");
    paths.push_back("-");
  }
  return paths;
}

base::Task<std::uint64_t> total_bytes(Invocation& call, std::vector<base::Path> paths, unixfs::ImportOptions options) {
  std::uint64_t total = 0;
  for (auto& path : paths) {
    if (path == "-") co_return 0;
    auto totals = co_await unixfs::measure(call.env(), path, options);
    total += totals.bytes;
  }
  co_return total;
}

/// The path behind a symbolic link.
base::Task<base::Path> followed(Invocation& call, base::Path path) {
  auto& disk = call.env().disk();
  for (int hops = 0; hops < 40; ++hops) {
    auto info = disk.stat(path, false);
    if (!info || info->kind != base::FileKind::symlink) co_return path;
    path = absolute_path(path.substr(0, path.rfind('/') + 1), disk.read_link(path));
  }
  throw Error(Errc::invalid_argument, fmt::format("{}: too many symbolic links", path));
}

base::Task<void> make_durable(Invocation& call, storage::LocalStore& store, std::vector<unixfs::Imported> roots) {
  storage::Batch batch;
  if (call.args().flag("pin", true)) {
    for (auto& root : roots) {
      storage::Pin pin{root.cid, storage::PinMode::recursive, call.args().text_or("pin-name", "")};
      batch.pins.push_back({storage::PinChange::Kind::add, std::move(pin)});
    }
    co_await store.apply(std::move(batch));
  } else {
    co_await store.sync();
  }
}

base::Task<int> run(Invocation& call) {
  auto& args = call.args();
  auto profile = profile_of(args);
  auto paths = checked_paths(call);
  NoSink nowhere;
  storage::LocalStore* store = nullptr;
  std::unique_ptr<storage::Lease> lease;
  if (!args.flag("only-hash")) {
    store = co_await call.store(Access::write);
    lease = store->lease();
  }

  Report report(call);
  auto bar = call.progress("adding", Unit::bytes);
  std::uint64_t total = 0, before = 0;
  std::string top;       // name of what is being added
  base::Path directory;  // where it lies, when it is a directory
  unixfs::ImportOptions options;
  options.only_hash = !store;
  options.include_hidden = args.flag("hidden");
  options.follow_symlinks = false;
  // A store that adds itself would never come to an end.
  auto home = store ? call.home().path : base::Path();
  options.exclude = [&](std::string_view path, base::FileKind kind) {
    return kind == base::FileKind::directory && !home.empty() && base::join(directory, path) == home;
  };
  options.skipped = [&](const Error& error) {
    bar->finish();
    report.skipped(error);
  };
  if (call.err().terminal()) total = co_await total_bytes(call, paths, options);
  options.progress = [&](const unixfs::ImportProgress& done) { bar->update(before + done.bytes, total); };
  options.entry = [&](std::string_view path, const unixfs::Imported& made) {
    if (!path.empty()) report.entry(made, fmt::format("{}/{}", top, path));
  };

  ipld::BlockSink& sink = store ? static_cast<ipld::BlockSink&>(*store) : nowhere;
  unixfs::Importer importer(call.env(), sink, profile, options);
  std::vector<unixfs::Imported> roots;
  std::vector<unixfs::NamedEntry> named;
  for (auto& path : paths) {
    top = path == "-" ? args.text_or("stdin-name", "") : base_name(path);
    unixfs::Imported made;
    if (path == "-") {
      made = co_await importer.import_stream(stdin_source(call));
    } else {
      auto target = path;
      if (args.flag("dereference-args")) target = co_await followed(call, path);
      directory = target;
      made = co_await importer.import_path(std::move(target));
    }
    before += made.size;
    if (top.empty()) top = made.cid.text();
    report.entry(made, top);
    named.push_back({top, made});
    roots.push_back(made);
  }
  if (args.flag("wrap-with-directory")) {
    auto wrapped = co_await importer.make_directory(std::move(named));
    report.entry(wrapped, "");
    roots = {wrapped};
  }
  if (store) co_await make_durable(call, *store, roots);
  bar->finish();
  report.finish(roots);
  co_return kOk;
}

}  // namespace

const Command kAdd{
    .name = "add",
    .group = Group::blocks,
    .summary = "Add files and directories as UnixFS, as 'ipfs add' does",
    .details =
        "The CIDs are those of Kubo with the profile unixfs-v1-2025 (with --cid-version 0: Kubo's older default). What "
        "is added is pinned and durable when the command returns.",
    .options = kOptions,
    .positionals = kPositionals,
    .examples = kExamples,
    .place = Place::either,
    .run = run,
};

}  // namespace openmcp::cli
