#include "ipld/prefetch.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace openmcp::ipld {

using base::Task;

void Prefetch::descend(std::vector<WalkItem> items) {
  for (auto item = items.rbegin(); item != items.rend(); ++item) line_.push_front({std::move(*item), nullptr, 0});
}

Task<std::optional<WalkBlock>> Prefetch::next(base::TaskGroup& group) {
  if (line_.empty()) co_return std::nullopt;
  if (line_.front().item.cid.identity()) {
    WalkBlock found{std::move(line_.front().item), {}};
    line_.pop_front();
    found.data.emplace(base::to_bytes(found.item.cid.hash().digest()));
    co_return found;
  }
  // Asked for in few large calls, of which several are under way: again when an eighth of the window is used up.
  bool room = asked_ <= window_.blocks / 8 * 7 && asked_bytes_ <= window_.bytes / 8 * 7;
  if (!line_.front().batch || room) ask_ahead(group);
  Place place = std::move(line_.front());
  line_.pop_front();
  while (!place.batch->done) co_await arrived_.wait();
  --asked_;
  asked_bytes_ -= place.item.expected;
  if (place.batch->error) std::rethrow_exception(place.batch->error);
  auto data = std::exchange(place.batch->blocks[place.index], std::nullopt);
  WalkBlock found{std::move(place.item), std::move(data)};
  co_return found;
}

void Prefetch::ask_ahead(base::TaskGroup& group) {
  auto batch = std::make_shared<Batch>();
  std::vector<Cid> cids;
  for (auto& place : line_) {
    bool first = &place == &line_.front();
    if (!first && (asked_ >= window_.blocks || asked_bytes_ >= window_.bytes)) break;
    if (place.batch || place.item.cid.identity()) continue;
    place.batch = batch;
    place.index = cids.size();
    cids.push_back(place.item.cid);
    ++asked_;
    asked_bytes_ += place.item.expected;
  }
  if (!cids.empty()) group.spawn(fetch(this, std::move(batch), std::move(cids)));
}

Task<void> Prefetch::fetch(Prefetch* self, std::shared_ptr<Batch> batch, std::vector<Cid> cids) {
  try {
    batch->blocks = co_await self->source_.retrieve_many(std::move(cids));
  } catch (...) {
    batch->error = std::current_exception();
  }
  batch->done = true;
  self->arrived_.wake_all();
}

}  // namespace openmcp::ipld
