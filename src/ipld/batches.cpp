#include "ipld/batches.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace openmcp::ipld {
namespace {

base::Task<bool> accept(BlockSink* sink, std::vector<Block> blocks) {
  co_await sink->accept(std::move(blocks));
  co_return true;
}

}  // namespace

base::Task<void> BlockBatches::send(base::TaskGroup& group) {
  if (accepting_.started()) co_await accepting_.take();
  if (blocks_.empty()) co_return;
  accepting_ = Pending<bool>(group, env_.executor(), accept(sink_, std::exchange(blocks_, {})));
  bytes_ = 0;
}

base::Task<void> BlockBatches::finish(base::TaskGroup& group) {
  co_await send(group);
  if (accepting_.started()) co_await accepting_.take();
}

}  // namespace openmcp::ipld
