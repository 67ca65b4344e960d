#include "cli/car_writing.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "cli/content_io.hpp"
#include "ipld/car/writer.hpp"
#include "ipld/traversal.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

template <class Writer>
base::Task<WrittenCar> write_dags(Invocation& call, ipld::BlockSource& source, std::vector<ipld::Cid> roots,
                                  Writer& writer) {
  WrittenCar written;
  auto bar = call.progress("writing", Unit::bytes);
  std::unordered_set<ipld::Cid> seen;  // across roots; within one the traversal itself gives each block once
  for (auto& root : roots) {
    ipld::BlockVisitor visit = [&](ipld::Block block) -> base::Task<bool> {
      if (roots.size() > 1 && !seen.insert(block.cid).second) co_return true;
      ++written.blocks;
      written.bytes += block.data.size();
      co_await writer.write(std::move(block));
      bar->update(written.bytes, 0);
      co_return true;
    };
    ipld::TraversalOptions options;
    co_await ipld::traverse(call.env(), source, root, std::move(options), std::move(visit));
  }
  co_await writer.finish();
  co_return written;
}

}  // namespace

base::Task<WrittenCar> write_car(Invocation& call, ipld::BlockSource& source, std::vector<ipld::Cid> roots,
                                 std::string target, unsigned version) {
  if (target == "-" && call.out().terminal()) {
    throw Error(Errc::invalid_argument, "a CAR file cannot be shown on a terminal",
                "name a file, or pipe it somewhere");
  }
  if (target == "-" && call.json()) {
    throw Error(Errc::invalid_argument, "--json and the CAR cannot both go to standard output", "name a file");
  }
  if (target == "-" && version == 2) {
    throw Error(Errc::invalid_argument, "a CAR of version 2 cannot be written to a pipe",
                "name a file, or take version 1");
  }
  OutputFile file(call, target);
  WrittenCar written;
  if (version == 2) {
    ipld::car::WriterV2 writer(call.env(), file.file(), roots);
    written = co_await write_dags(call, source, roots, writer);
  } else {
    ipld::car::Writer writer(file.sink(), roots);
    written = co_await write_dags(call, source, roots, writer);
  }
  co_await file.commit();
  co_return written;
}

}  // namespace openmcp::cli
