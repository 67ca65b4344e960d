#include "api/pinning/pin_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "ipld/codec.hpp"
#include "ipld/dag_pb.hpp"

namespace openmcp::api::pinning {
namespace {

using base::Errc;
using base::Error;
using base::Task;

constexpr std::string_view kPrefix = "pinsvc/";
constexpr std::size_t kMaxRequests = 100'000;
constexpr std::uint64_t kMaxFile = 2 * kMaxPinBody;
constexpr std::size_t kTriesAtOnce = 256;
/// A try that took this long is not repeated before many times as long have passed.
constexpr auto kLongTry = std::chrono::milliseconds(250);
constexpr int kRest = 20;

storage::Pin store_pin(const PinRequest& request) {
  return {.cid = request.pin.cid, .mode = storage::PinMode::recursive, .name = std::string(kPrefix) + request.id};
}

storage::Batch change(storage::PinChange::Kind kind, storage::Pin pin) {
  storage::Batch batch;
  batch.pins.push_back({kind, std::move(pin)});
  return batch;
}

/// Errors that trying again does not help against.
bool lasting(Errc code) {
  switch (code) {
    case Errc::corrupt:
    case Errc::too_large:
    case Errc::unsupported:
    case Errc::invalid_argument:
      return true;
    default:
      return false;
  }
}

}  // namespace

PinService::PinService(base::Env& env, storage::PinningStore& store, base::Path folder)
    : env_(env), store_(store), folder_(std::move(folder)), ids_(env), turn_(env.executor(), 1) {}

template <class T>
Task<T> PinService::alone(Task<T> work) {
  co_await turn_.acquire();
  struct Turn {
    base::Semaphore& semaphore;
    ~Turn() { semaphore.release(); }
  } turn{turn_};
  if (stopped_) throw Error(Errc::unavailable, "the server is stopping");
  if (!loaded_) co_await load();
  co_await follow_store();
  co_return co_await std::move(work);
}

Task<PinState> PinService::add(Pin pin) { return alone(add_alone(std::move(pin))); }
Task<PinState> PinService::get(std::string id) { return alone(get_alone(std::move(id))); }
Task<PinState> PinService::replace(std::string id, Pin pin) {
  return alone(replace_alone(std::move(id), std::move(pin)));
}
Task<void> PinService::remove(std::string id) { return alone(remove_alone(std::move(id))); }
Task<PinService::Page> PinService::list(Filter filter) { return alone(list_alone(std::move(filter))); }
Task<void> PinService::catch_up() {
  // In pieces: calls of clients come between them.
  for (bool more = true; more;) {
    more = false;
    co_await alone(catch_up_alone(more));
  }
}

PinService::Waiting PinService::waiting() const noexcept {
  Waiting out;
  for (const auto& [id, entry] : entries_) {
    const auto status = entry.state.status;
    if (status == Status::queued) ++out.queued;
    if (status == Status::pinning) ++out.pinning;
    if (status == Status::failed) ++out.failed;
  }
  return out;
}

Task<void> PinService::stop() {
  co_await turn_.acquire();
  stopped_ = true;
  turn_.release();
}

base::Path PinService::file_of(const std::string& id) const { return base::join(folder_, id + ".json"); }

PinService::Entries::iterator PinService::find(const std::string& id) {
  auto found = entries_.find(id);
  if (found == entries_.end()) throw Error(Errc::not_found, "there is no pin request of this id");
  return found;
}

// --- what is kept ----------------------------------------------------------------------------------------------------

Task<void> PinService::load() {
  auto read_all = [this] {
    std::vector<PinRequest> requests;
    auto& disk = env_.disk();
    if (!disk.stat(folder_)) return requests;
    for (auto& file : disk.list(folder_)) {
      if (file.kind != base::FileKind::file || !file.name.ends_with(".json")) continue;
      auto bytes = base::read_file(disk, base::join(folder_, file.name), kMaxFile);
      auto request = decode_request(base::as_text(bytes));
      if (!request || request->id + ".json" != file.name) {
        base::log(base::LogLevel::warn, "pinning", "{} is no pin request; it is left alone", file.name);
        continue;
      }
      requests.push_back(*std::move(request));
    }
    return requests;
  };
  auto requests = co_await env_.run(std::move(read_all));
  for (auto& request : requests) {
    newest_ = std::max(newest_, request.created);
    auto id = request.id;
    Entry entry;
    entry.state.request = std::move(request);
    entries_.emplace(std::move(id), std::move(entry));
  }
  co_await read_pins();
  loaded_ = true;
}

/// All of our pins. Those whose request is gone (it was removed, and then the power went) go too.
Task<void> PinService::read_pins() {
  followed_ = store_.position();
  for (auto& [id, entry] : entries_) {
    if (entry.state.status == Status::pinned) entry.state.status = Status::queued;
  }
  storage::Batch orphans;
  std::string cursor;
  do {
    auto page = co_await store_.pins(std::string(kPrefix), cursor, 1000);
    for (auto& pin : page.pins) {
      auto entry = entries_.find(pin.name.substr(kPrefix.size()));
      if (entry != entries_.end() && entry->second.state.request.pin.cid == pin.cid) {
        entry->second.state.status = Status::pinned;
      } else {
        orphans.pins.push_back({storage::PinChange::Kind::remove, pin});
      }
    }
    cursor = std::move(page.next);
  } while (!cursor.empty());
  if (!orphans.pins.empty()) co_await store_.apply(std::move(orphans));
}

/// Pins may be removed by others (openmcp pin rm): what is said here follows the store.
Task<void> PinService::follow_store() {
  if (store_.position() == followed_) co_return;
  auto history = co_await store_.pin_history(followed_);
  if (!history) {
    co_await read_pins();
    co_return;
  }
  for (auto& change : history->changes) {
    if (!change.pin.name.starts_with(kPrefix)) continue;
    auto entry = entries_.find(change.pin.name.substr(kPrefix.size()));
    if (entry == entries_.end() || entry->second.state.request.pin.cid != change.pin.cid) continue;
    auto& state = entry->second.state;
    if (change.kind == storage::PinChange::Kind::add) {
      state.status = Status::pinned;
      state.details.clear();
    } else if (state.status == Status::pinned) {
      state.status = Status::queued;
      state.details = "its pin was removed from the store";
    }
  }
  followed_ = history->upto;
}

/// What the root says of all below it; 0 when it does not say.
Task<std::uint64_t> PinService::dag_size(ipld::Cid root) {
  auto block = co_await ipld::get_block(store_, root);
  auto links = ipld::links_of(root.codec(), block);
  if (!links || links->empty()) co_return block.size();
  if (root.codec() != ipld::Codec::dag_pb) co_return 0;
  auto view = ipld::view_dag_pb(block, ipld::PbForm::data_first);
  std::uint64_t size = block.size();
  if (!view) co_return size;
  for (auto& link : view->links) {
    if (__builtin_add_overflow(size, link.tsize.value_or(0), &size)) co_return 0;
  }
  co_return size;
}

// --- trying ----------------------------------------------------------------------------------------------------------

Task<void> PinService::try_pin(std::string id) {
  auto& entry = find(id)->second;
  entry.tried = store_.position();
  entry.state.status = Status::pinning;
  auto began = env_.steady();
  auto request = entry.state.request;
  std::optional<Error> failure;
  std::uint64_t size = 0;
  try {
    co_await store_.apply(change(storage::PinChange::Kind::add, store_pin(request)));
    size = co_await dag_size(request.pin.cid);
  } catch (const Error& error) {
    if (error.code() == Errc::cancelled) throw;
    failure = error;
  }
  auto took = env_.steady() - began;
  if (took > kLongTry) find(id)->second.again = began + took * kRest;
  auto& state = find(id)->second.state;
  state.dag_size = size;
  if (!failure) {
    ++ended_.ok;
    state.status = Status::pinned;
    state.details.clear();
  } else {
    state.status = lasting(failure->code()) ? Status::failed : Status::queued;
    if (state.status == Status::failed) ++ended_.error;
    state.details = failure->code() == Errc::not_found
                        ? failure->message() + "; it is pinned as soon as all of it is here (import it as a CAR)"
                        : failure->message();
  }
}

bool PinService::due(const Entry& entry) {
  bool waits = entry.state.status == Status::queued || entry.state.status == Status::pinning;
  return waits && entry.tried != store_.position() && env_.steady() >= entry.again;
}

/// At most `limit` of those that are due. Most roots are not here at all, which is cheap to see for many at once.
Task<void> PinService::try_waiting(std::size_t limit) {
  std::vector<std::string> waiting;
  std::vector<ipld::Cid> roots;
  for (auto& [id, entry] : entries_) {
    if (waiting.size() == limit) break;
    if (!due(entry)) continue;
    waiting.push_back(id);
    roots.push_back(entry.state.request.pin.cid);
  }
  if (waiting.empty()) co_return;
  auto position = store_.position();
  auto here = co_await store_.has_many(std::move(roots));
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    auto& entry = find(waiting[i])->second;
    if (here[i] || entry.state.details.empty()) {
      co_await try_pin(waiting[i]);
    } else {
      entry.tried = position;
    }
  }
}

Task<void> PinService::catch_up_alone(bool& more) {
  co_await try_waiting(kTriesAtOnce);
  for (auto& [id, entry] : entries_) more = more || due(entry);
}

// --- calls -----------------------------------------------------------------------------------------------------------

Task<PinState> PinService::add_alone(Pin pin) {
  if (entries_.size() >= kMaxRequests) {
    throw Error(Errc::too_large, fmt::format("there are {} pin requests", entries_.size()), "remove some");
  }
  PinRequest request;
  request.pin = std::move(pin);
  // Clients page by this time and read it in milliseconds: no two requests have the same.
  auto now = env_.now().time_since_epoch().count() / 1000 * 1000;
  request.created = std::max(now, newest_ + 1000);
  do {
    request.id = ids_.next().text();
  } while (entries_.contains(request.id));
  auto path = file_of(request.id);
  auto text = encode(request);
  auto write = [this, &path, &text] {
    if (!made_) {
      env_.disk().make_directories(folder_, 0700);
      env_.disk().sync_directory(base::parent(folder_));  // whether it was made durable before cannot be seen
      made_ = true;
    }
    base::write_file_atomic(env_.disk(), path, base::as_bytes(text), 0600);
  };
  co_await env_.run(std::move(write));
  newest_ = request.created;
  auto id = request.id;
  Entry entry;
  entry.state.request = std::move(request);
  entries_.emplace(id, std::move(entry));
  co_await try_pin(id);
  co_return find(id)->second.state;
}

Task<PinState> PinService::get_alone(std::string id) {
  auto& entry = find(id)->second;
  if (due(entry)) co_await try_pin(id);
  co_return find(id)->second.state;
}

Task<PinState> PinService::replace_alone(std::string id, Pin pin) {
  find(id);
  auto state = co_await add_alone(std::move(pin));
  co_await remove_alone(std::move(id));
  co_return state;
}

Task<void> PinService::remove_alone(std::string id) {
  auto pin = store_pin(find(id)->second.state.request);
  auto path = file_of(id);
  // The file first: a pin without a request is removed at the next start, a request without its pin would come back.
  auto unlink = [this, &path] {
    env_.disk().remove(path);
    env_.disk().sync_directory(folder_);
  };
  co_await env_.run(std::move(unlink));
  entries_.erase(id);
  co_await store_.apply(change(storage::PinChange::Kind::remove, std::move(pin)));
}

Task<PinService::Page> PinService::list_alone(Filter filter) {
  co_await try_waiting(kTriesAtOnce);
  std::vector<const PinState*> found;
  for (auto& [id, entry] : entries_) {
    if (matches(filter, entry.state.request, entry.state.status)) found.push_back(&entry.state);
  }
  std::ranges::sort(found, std::ranges::greater(), [](auto* state) { return state->request.created; });
  Page page;
  page.count = found.size();
  for (auto* state : found) {
    if (page.results.size() == filter.limit) break;
    page.results.push_back(*state);
  }
  co_return page;
}

}  // namespace openmcp::api::pinning
