#include "cli/content_io.hpp"

#include <fmt/format.h>

#include "base/result.hpp"
#include "cli/text.hpp"
#include "ipld/car/reader.hpp"
#include "ipld/car/writer.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

ipld::ByteSource stdin_source(Invocation& call) {
  if (call.in().terminal()) call.note("reading from the terminal; Ctrl-D ends the input");
  return [&call](base::MutableBytes into) -> base::Task<std::size_t> { co_return co_await call.in().read(into); };
}

ipld::ByteSource input_source(Invocation& call, const std::string& typed) {
  if (typed == "-") return stdin_source(call);
  std::shared_ptr<base::File> file = call.env().disk().open(call.absolute(typed), base::OpenMode::read);
  return ipld::car::file_source(call.env(), std::move(file));
}

base::Task<base::Bytes> read_input(Invocation& call, std::string typed, std::uint64_t limit) {
  auto source = input_source(call, typed);
  base::Bytes all;
  base::Bytes piece(256u << 10);
  while (auto got = co_await source(piece)) {
    if (all.size() + got > limit) {
      throw Error(Errc::too_large,
                  fmt::format("{} is larger than {} bytes", typed == "-" ? "the input" : typed, limit));
    }
    all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
  }
  co_return all;
}

namespace {

/// Bytes at the end of `text` that begin a character without ending it.
std::size_t open_tail(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

void ContentOutput::write(const base::SharedBytes& bytes) {
  if (bytes.empty()) return;
  if (!out_.terminal()) return out_.write_shared(bytes);
  held_ += base::as_text(bytes);
  auto tail = open_tail(held_);
  auto text = std::string_view(held_).substr(0, held_.size() - tail);
  if (!text.empty()) line_open_ = text.back() != '\n';
  out_.write(escape(text, true));
  held_.erase(0, held_.size() - tail);
}

void ContentOutput::finish() {
  if (!held_.empty()) out_.write(escape(held_, true));
  if (line_open_ || !held_.empty()) out_.write("\n");
  held_.clear();
  line_open_ = false;
  out_.flush();
}

ipld::ByteSink content_sink(ContentOutput& out) {
  return [&out](base::SharedBytes bytes) -> base::Task<void> {
    out.write(bytes);
    co_await out.ready();
  };
}

OutputFile::OutputFile(Invocation& call, std::string typed) : call_(call) {
  if (typed.empty()) throw Error(Errc::invalid_argument, "the name of the output file is empty");
  if (typed == "-" || typed == "/dev/stdout") {
    stdout_ = true;
    return;
  }
  path_ = call.absolute(typed);
  auto& disk = call.env().disk();
  auto there = disk.stat(path_);
  if (there && there->kind == base::FileKind::directory) {
    throw Error(Errc::already_exists, fmt::format("{} is a directory", typed), "name a file in it");
  }
  if (there && there->kind == base::FileKind::other) {  // a device: nothing to replace
    file_ = disk.open(path_, base::OpenMode::write);
    return;
  }
  std::array<std::uint8_t, 6> random{};
  call.env().random(random);
  temporary_ = fmt::format("{}.{}.part", path_, base::to_hex(random));
  file_ = disk.open(temporary_, base::OpenMode::create_new);
}

OutputFile::~OutputFile() {
  if (temporary_.empty()) return;
  file_.reset();
  try {
    call_.env().disk().remove(temporary_);
  } catch (const std::exception&) {
    temporary_.clear();  // the directory went away: there is nothing left to tidy
  }
}

ipld::ByteSink OutputFile::sink() {
  if (!stdout_) return ipld::car::file_sink(call_.env(), file_);
  return [this](base::SharedBytes bytes) -> base::Task<void> {
    call_.out().write_shared(bytes);
    co_await call_.out().ready();
  };
}

base::Task<void> OutputFile::commit() {
  if (stdout_) {
    call_.out().flush();
    co_return;
  }
  if (temporary_.empty()) co_return;
  auto finish = [this] {
    auto& disk = call_.env().disk();
    file_->sync();
    if (auto there = disk.stat(path_)) disk.set_mode(temporary_, there->mode & 0777u);
    disk.rename(temporary_, path_);
    disk.sync_directory(path_.substr(0, std::max<std::size_t>(path_.rfind('/'), 1)));
  };
  co_await call_.env().run(std::move(finish));
  temporary_.clear();
}

}  // namespace openmcp::cli
