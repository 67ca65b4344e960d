// A CAR file from a stranger: what reads, written again as version 1, reads as the same blocks; how the file is cut
// into reads changes nothing; an index that decodes encodes to the same bytes.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "ipld/car/reader.hpp"
#include "ipld/car/writer.hpp"
#include "need.hpp"

using namespace openmcp;
using namespace openmcp::ipld;

namespace {

struct File {
  std::vector<Cid> roots;
  std::vector<Block> blocks;
};

base::Task<File> read(base::SharedBytes bytes, std::size_t piece, bool zero_is_end) {
  auto whole = car::bytes_source(std::move(bytes));
  ByteSource pieces = [&whole, piece](base::MutableBytes into) -> base::Task<std::size_t> {
    co_return co_await whole(into.first(std::min(piece, into.size())));
  };
  car::ReadOptions options{.max_header = 4096, .max_section = 1u << 16, .zero_length_is_end = zero_is_end};
  car::Reader reader(pieces, options);
  File file;
  while (auto section = co_await reader.next()) file.blocks.push_back(std::move(section->block));
  file.roots = reader.roots();
  auto index = co_await reader.index(1u << 20);
  if (index) need(car::Index::decode(index->encode()).has_value());
  co_return file;
}

base::Task<base::Bytes> write(File file) {
  base::Bytes out;
  car::Writer writer(car::bytes_sink(out), file.roots);
  for (auto& block : file.blocks) co_await writer.write(block);
  co_await writer.finish();
  co_return out;
}

/// nullopt: an Error, the only thing that may be thrown.
template <class T>
std::optional<T> outcome(base::Task<T> task) {
  boost::asio::io_context context;
  std::optional<T> value;
  auto ended = [&value](std::exception_ptr error, T result) {
    if (!error) {
      value.emplace(std::move(result));
      return;
    }
    try {
      std::rethrow_exception(error);
    } catch (const base::Error&) {
    }
  };
  boost::asio::co_spawn(context, std::move(task), ended);
  context.run();
  return value;
}

bool same(const std::vector<Block>& a, const std::vector<Block>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].cid != b[i].cid || !base::equal(a[i].data, b[i].data)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::SharedBytes bytes(base::Bytes(data, data + size));
  if (auto index = car::Index::decode(bytes)) need(base::equal(index->encode(), bytes));
  for (bool zero_is_end : {false, true}) {
    auto file = outcome(read(bytes, SIZE_MAX, zero_is_end));
    auto in_pieces = outcome(read(bytes, 3, zero_is_end));
    need(file.has_value() == in_pieces.has_value());
    if (!file) continue;
    need(file->roots == in_pieces->roots && same(file->blocks, in_pieces->blocks));
    auto written = outcome(write(*file));
    need(written.has_value());
    auto again = outcome(read(base::SharedBytes(*std::move(written)), SIZE_MAX, false));
    std::erase_if(file->blocks, [](const Block& block) { return block.cid.identity(); });
    need(again && again->roots == file->roots && same(again->blocks, file->blocks));
  }
  return 0;
}
