// Writing DAGs into CAR files: for `dag export` and `car create`.
#pragma once

#include <string>
#include <vector>

#include "cli/invocation.hpp"
#include "ipld/block_io.hpp"

namespace openmcp::cli {

struct WrittenCar {
  std::uint64_t blocks = 0, bytes = 0;  ///< bytes of the blocks
};

/// All blocks below `roots`, each once, into `target` ("-": standard output, version 1 only). Throws Error not_found
/// for a block that is absent; then the file is not made.
base::Task<WrittenCar> write_car(Invocation& call, ipld::BlockSource& source, std::vector<ipld::Cid> roots,
                                 std::string target, unsigned version);

}  // namespace openmcp::cli
