// import_car of reader.hpp.
#include <fmt/format.h>

#include <boost/asio/any_io_executor.hpp>
#include <deque>

#include "ipld/batches.hpp"
#include "ipld/car/reader.hpp"
#include "ipld/pending.hpp"

namespace openmcp::ipld::car {
namespace {

using base::Task;
using base::TaskGroup;

/// Blocks are verified in groups of about this much: far more work than handing them to a worker costs.
constexpr std::size_t kGroupBytes = 1u << 20;
constexpr std::size_t kGroupBlocks = 128;

class Import {
public:
  Import(base::Env& env, ByteSource source, BlockSink& sink, ReadOptions options,
         std::function<void(std::uint64_t, std::uint64_t)> progress)
      : env_(env),
        reader_(std::move(source), unverified(options)),
        batches_(env, &sink),
        progress_(std::move(progress)),
        window_(2 * env.workers() + 2) {}

  Task<void> run(TaskGroup& group) {
    co_await reader_.open();
    done_.version = reader_.version();
    done_.roots = reader_.roots();
    std::vector<Section> sections;
    std::size_t bytes = 0;
    while (auto section = co_await reader_.next()) {
      bytes += section->block.data.size();
      sections.push_back(*std::move(section));
      if (bytes < kGroupBytes && sections.size() < kGroupBlocks) continue;
      start(group, std::exchange(sections, {}));
      bytes = 0;
      while (verifying_.size() >= window_) co_await finish_front(group);
    }
    if (!sections.empty()) start(group, std::move(sections));
    while (!verifying_.empty()) co_await finish_front(group);
    co_await batches_.finish(group);
  }

  ImportedCar& done() noexcept { return done_; }

private:
  static ReadOptions unverified(ReadOptions options) {
    options.verify = false;
    return options;
  }

  void start(TaskGroup& group, std::vector<Section> sections) {
    verifying_.emplace_back(group, env_.executor(), verify(std::move(sections)));
  }

  Task<std::vector<Section>> verify(std::vector<Section> sections) {
    auto job = [&sections] {
      for (auto& [block, offset] : sections) {
        auto verified = verify_block(block.cid, block.data);
        if (!verified) throw std::move(verified.error().within(fmt::format("CAR file, data byte {}", offset)));
      }
    };
    co_await env_.run(std::move(job));
    co_return sections;
  }

  Task<void> finish_front(TaskGroup& group) {
    auto front = std::move(verifying_.front());
    verifying_.pop_front();
    auto sections = co_await front.take();
    for (auto& section : sections) {
      if (section.block.cid.identity()) continue;
      ++done_.blocks;
      done_.bytes += section.block.data.size();
      batches_.put(std::move(section.block));
    }
    if (progress_) progress_(done_.blocks, done_.bytes);
    if (batches_.full()) co_await batches_.send(group);
  }

  base::Env& env_;
  Reader reader_;
  BlockBatches batches_;
  std::function<void(std::uint64_t, std::uint64_t)> progress_;
  std::size_t window_;
  std::deque<Pending<std::vector<Section>>> verifying_;
  ImportedCar done_;
};

}  // namespace

Task<ImportedCar> import_car(base::Env& env, ByteSource source, BlockSink& sink, ReadOptions options,
                             std::function<void(std::uint64_t, std::uint64_t)> progress) {
  Import import(env, std::move(source), sink, options, std::move(progress));
  auto body = [&import](TaskGroup& group) { return import.run(group); };
  co_await base::with_group(env, std::move(body));
  co_return std::move(import.done());
}

}  // namespace openmcp::ipld::car
