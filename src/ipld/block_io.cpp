#include "ipld/block_io.hpp"

namespace openmcp::ipld {

base::Task<std::vector<std::optional<base::SharedBytes>>> BlockSource::retrieve_many(std::vector<Cid> cids) {
  std::vector<std::optional<base::SharedBytes>> blocks;
  blocks.reserve(cids.size());
  for (const Cid& cid : cids) {
    auto block = co_await retrieve(cid);
    blocks.push_back(std::move(block));
  }
  co_return blocks;
}

base::Task<base::SharedBytes> get_block(BlockSource& source, Cid cid) {
  if (cid.identity()) co_return base::SharedBytes(base::to_bytes(cid.hash().digest()));
  auto block = co_await source.retrieve(cid);
  if (!block) {
    throw base::Error(base::Errc::not_found, "block " + cid.text() + " is not here",
                      "import it from a CAR file or another store that has it");
  }
  co_return *std::move(block);
}

}  // namespace openmcp::ipld
