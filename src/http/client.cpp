#include "http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <map>

#include "base/sync.hpp"
#include "http/chunked.hpp"
#include "http/input.hpp"
#include "http/tls.hpp"

namespace openmcp::http {

using base::Errc;
using base::Error;
using base::Task;

namespace {

constexpr std::size_t kMostFields = 256;
constexpr unsigned kMostInterim = 16;                      ///< 1xx answers before the real one
constexpr std::size_t kJoined = 16u << 10;                 ///< bodies up to this go out together with their head
constexpr std::size_t kWriteStep = 128u << 10;             ///< written within one stall_time
constexpr std::size_t kPiece = 64u << 10;                  ///< of a streamed body
constexpr base::Duration kKept = std::chrono::seconds(4);  ///< less than the idle time of common servers
constexpr base::Duration kLongestSweep = std::chrono::seconds(1);
constexpr base::Duration kShortestSweep = std::chrono::milliseconds(10);
constexpr base::Instant kNever = base::Instant::max();

/// One connection to an origin.
struct Wire {
  Wire(base::Env& env, std::unique_ptr<base::Stream> over, std::string to)
      : stream(std::move(over)), input(*stream, env.executor()), origin(std::move(to)) {}

  std::unique_ptr<base::Stream> stream;
  Input input;
  std::string origin;
  base::Instant deadline = kNever;  ///< of the wait that is going on
  bool late = false;                ///< was reset because of it
  bool used_before = false;
};

/// Runs `work`, cancelled when it takes longer than `time`: then Error timeout.
Task<void> within(base::Env& env, base::Duration time, Task<void> work, std::string what) {
  struct Race {
    explicit Race(base::Env& on) : both(on) {}
    base::TaskGroup both;
    std::exception_ptr failure;
    bool done = false, late = false;
  };
  Race race(env);
  auto run = [](Race& in, Task<void> inner) -> Task<void> {
    try {
      co_await std::move(inner);
    } catch (...) {
      in.failure = std::current_exception();
    }
    in.done = true;
    in.both.cancel();
  };
  auto clock = [](Race& in, base::Env& on, base::Duration limit) -> Task<void> {
    if (in.done) co_return;  // before this was started
    try {
      co_await on.sleep(limit);
    } catch (const Error&) {
      co_return;
    }
    if (in.done) co_return;
    in.late = true;
    in.both.cancel();
  };
  race.both.spawn(run(race, std::move(work)));
  race.both.spawn(clock(race, env, time));
  co_await race.both.join();
  if (race.failure && race.late) throw Error(Errc::timeout, what + ": it took too long");
  if (race.failure) std::rethrow_exception(race.failure);
}

bool is_idempotent(std::string_view method) noexcept {
  static constexpr std::string_view kMethods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  return std::ranges::find(kMethods, method) != std::end(kMethods);
}

bool is_own_field(std::string_view name) noexcept {
  static constexpr std::string_view kNames[] = {"Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect"};
  return std::ranges::any_of(kNames, [name](auto own) { return equal_without_case(own, name); });
}

struct ClientCore : std::enable_shared_from_this<ClientCore> {
  ClientCore(base::Env& on, ClientOptions with) : env(on), options(std::move(with)) {}

  // --- connections -----------------------------------------------------------------------------------------------

  std::shared_ptr<Wire> take_kept(const std::string& origin) {
    auto found = kept.find(origin);
    while (found != kept.end() && !found->second.empty()) {
      auto wire = std::move(found->second.back());
      found->second.pop_back();
      if (found->second.empty()) {
        kept.erase(found);
        found = kept.end();
      }
      if (env.steady() < wire->deadline) {
        wire->deadline = kNever;
        return wire;
      }
    }
    return nullptr;
  }

  void keep(std::shared_ptr<Wire> wire) {
    if (closed || !wire->input.empty()) return;
    auto& those = kept[wire->origin];
    if (those.size() >= options.idle_connections) return;
    wire->input.shrink();
    wire->used_before = true;
    wire->deadline = env.steady() + kKept;
    those.push_back(std::move(wire));
    begin_sweeping();
  }

  Task<std::shared_ptr<Wire>> connect(Url url, std::string origin) {
    std::unique_ptr<base::Stream> made;
    auto what = fmt::format("connecting to {}", url.authority());
    co_await within(env, options.connect_time, open(std::move(url), made), std::move(what));
    co_return std::make_shared<Wire>(env, std::move(made), std::move(origin));
  }

  Task<void> open(Url url, std::unique_ptr<base::Stream>& made) {
    auto self = shared_from_this();
    std::vector<base::Endpoint> found;
    if (!options.socket.empty()) {
      found.push_back({options.socket, 0});
    } else {
      found = co_await env.network().resolve(url.host, url.port);
    }
    std::unique_ptr<base::Stream> stream;
    std::optional<Error> last;
    for (auto& address : found) {
      if (options.allowed && !options.allowed(address)) {
        last.emplace(Errc::permission,
                     fmt::format("connecting to {}: its address {} is not allowed", url.authority(), address.host));
        continue;
      }
      try {
        stream = co_await env.network().connect(address);
        break;
      } catch (const Error& error) {
        if (error.code() == Errc::cancelled) throw;
        last = error;
      }
    }
    if (!stream) {
      if (last && last->code() == Errc::permission) throw *last;
      throw Error(Errc::unavailable, last ? last->message() : fmt::format("{} has no address", url.host),
                  last ? last->hint() : std::string());
    }
    if (url.scheme == "https") {
      if (!tls) tls = TlsContext::for_client(env.disk(), options.ca_file);
      made = co_await TlsStream::connect(env, std::move(stream), tls, url.host);
    } else {
      made = std::move(stream);
    }
  }

  // --- bounds on time --------------------------------------------------------------------------------------------

  void begin_sweeping() {
    if (std::exchange(sweeping, true)) return;
    env.spawn(sweep());
  }

  Task<void> sweep() {
    auto self = shared_from_this();
    auto step = std::clamp<base::Duration>(options.stall_time / 8, kShortestSweep, kLongestSweep);
    while (!closed && (!active.empty() || !kept.empty())) {
      co_await env.sleep(step);
      auto now = env.steady();
      for (auto* wire : active) {
        if (now < wire->deadline) continue;
        wire->deadline = kNever;
        wire->late = true;
        wire->stream->reset();
      }
      for (auto at = kept.begin(); at != kept.end();) {
        std::erase_if(at->second, [now](const auto& wire) { return now >= wire->deadline; });
        at = at->second.empty() ? kept.erase(at) : std::next(at);
      }
    }
    sweeping = false;
  }

  /// While this lives, the connection is reset when nothing moves for stall_time.
  struct Watched {
    ClientCore& core;
    Wire& wire;
    Watched(ClientCore& in, Wire& of) : core(in), wire(of) {
      wire.deadline = core.env.steady() + core.options.stall_time;
      core.active.push_back(&wire);
      core.begin_sweeping();
    }
    ~Watched() {
      wire.deadline = kNever;
      core.active.remove(&wire);
    }
  };

  static Error as_timeout(const Wire& wire, const Error& error) {
    if (!wire.late) return error;
    return {Errc::timeout, fmt::format("{}: no byte moved for too long", wire.origin)};
  }

  Task<void> write(std::shared_ptr<Wire> wire, std::span<const base::BytesView> parts) {
    for (auto part : parts) {
      while (!part.empty()) {
        auto step = part.first(std::min(part.size(), kWriteStep));
        part = part.subspan(step.size());
        Watched watched(*this, *wire);
        try {
          co_await wire->stream->write(step);
        } catch (const Error& error) {
          throw as_timeout(*wire, error);
        }
      }
    }
  }

  Task<bool> fill(std::shared_ptr<Wire> wire, std::size_t most) {
    Watched watched(*this, *wire);
    try {
      co_return co_await wire->input.fill(most);
    } catch (const Error& error) {
      throw as_timeout(*wire, error);
    }
  }

  Task<std::size_t> read(std::shared_ptr<Wire> wire, base::MutableBytes into) {
    Watched watched(*this, *wire);
    try {
      co_return co_await wire->input.read(into);
    } catch (const Error& error) {
      throw as_timeout(*wire, error);
    }
  }

  // --- messages --------------------------------------------------------------------------------------------------

  std::string head_of(const ClientRequest& request, const Url& url) const {
    if (request.method.empty() || request.method == "CONNECT") {
      throw Error(Errc::invalid_argument, "a request with a method that cannot be sent");
    }
    std::string out = fmt::format("{} {} HTTP/1.1\r\n", request.method, url.target);
    append_field(out, "Host", url.authority());
    if (!request.headers.has("User-Agent")) append_field(out, "User-Agent", options.user_agent);
    for (const auto& [name, value] : request.headers) {
      if (!is_own_field(name)) append_field(out, name, value);
    }
    static constexpr std::string_view kWithBody[] = {"POST", "PUT", "PATCH"};
    bool expected = std::ranges::find(kWithBody, request.method) != std::end(kWithBody);
    if (request.stream && !request.stream_length) {
      out += "Transfer-Encoding: chunked\r\n";
    } else if (request.stream || !request.body.empty() || expected) {
      out += fmt::format("Content-Length: {}\r\n", request.stream ? *request.stream_length : request.body.size());
    }
    out += "\r\n";
    return out;
  }

  Task<void> send_request(std::shared_ptr<Wire> wire, ClientRequest& request, std::string head, bool& source_failed) {
    if (!request.stream) {
      if (request.body.size() <= kJoined) head += request.body;
      std::array parts{base::as_bytes(head), base::as_bytes(request.body)};
      bool joined = request.body.size() <= kJoined;
      co_await write(wire, std::span<const base::BytesView>(parts).first(joined ? 1 : 2));
      co_return;
    }
    auto first = base::as_bytes(head);
    co_await write(wire, {&first, 1});
    base::Bytes buffer(kPiece);
    std::uint64_t sent = 0;
    for (;;) {
      source_failed = true;
      auto got = co_await request.stream(buffer);
      if (request.stream_length &&
          (sent + got > *request.stream_length || (got == 0 && sent < *request.stream_length))) {
        throw Error(Errc::internal, "the body of a request is not as long as it said");
      }
      source_failed = false;
      sent += got;
      auto piece = base::BytesView(buffer).first(got);
      if (request.stream_length) {
        if (got > 0) co_await write(wire, {&piece, 1});
      } else {
        auto size = fmt::format("{:x}\r\n", got);
        constexpr std::string_view kLineEnd = "\r\n";
        std::string joined = size;
        joined.append(base::as_text(piece)).append(kLineEnd);
        auto bytes = base::as_bytes(joined);
        co_await write(wire, {&bytes, 1});
      }
      if (got == 0) co_return;
    }
  }

  Task<ResponseHeadRead> read_head(std::shared_ptr<Wire> wire, bool to_head, bool& answered) {
    HeadLimits limits{options.max_head, kMostFields};
    for (unsigned interim = 0; interim <= kMostInterim; ++interim) {
      HeadScanner scanner(options.max_head);
      std::size_t size = 0;
      while (size == 0) {
        auto found = scanner.scan(wire->input.view());
        if (!found) throw bad_answer(*wire, found.error());
        size = *found;
        if (size > 0) break;
        if (!wire->input.empty()) answered = true;
        if (!co_await fill(wire, options.max_head + Input::kIdle)) {
          throw Error(Errc::unavailable, fmt::format("{} closed the connection without an answer", wire->origin));
        }
      }
      answered = true;
      auto head = parse_response_head(wire->input.view().substr(0, size), limits, to_head);
      wire->input.consume(size);
      if (!head) throw bad_answer(*wire, head.error());
      if (head->status == 101) throw bad_answer(*wire, {400, "another protocol"});
      if (head->status >= 200) co_return *std::move(head);
    }
    throw bad_answer(*wire, {400, "too many interim answers"});
  }

  static Error bad_answer(const Wire& wire, const Refusal& refusal) {
    return {Errc::invalid_argument, fmt::format("{} sent an answer that is not HTTP: {}", wire.origin, refusal.why)};
  }

  base::Env& env;
  ClientOptions options;
  std::shared_ptr<const TlsContext> tls;
  std::map<std::string, std::vector<std::shared_ptr<Wire>>, std::less<>> kept;
  std::list<Wire*> active;
  bool sweeping = false, closed = false;
};

}  // namespace

struct Client::State : ClientCore {
  using ClientCore::ClientCore;
};

struct ClientResponse::State {
  std::shared_ptr<ClientCore> core;
  std::shared_ptr<Wire> wire;  ///< null: the body is at its end
  Framing framing = Framing::none;
  std::uint64_t left = 0;
  bool keep_alive = false;
  ChunkedDecoder chunks;

  void end() {
    auto done = std::move(wire);
    if (keep_alive) core->keep(std::move(done));
  }
};

ClientResponse::ClientResponse(std::shared_ptr<State> state) : state_(std::move(state)) {}

Task<std::size_t> ClientResponse::read(base::MutableBytes into) {
  auto state = state_;
  if (!state->wire || into.empty()) co_return 0;
  auto wire = state->wire;
  std::size_t got = 0;
  if (state->framing == Framing::chunked) {
    for (;;) {
      auto step = state->chunks.next(wire->input.view());
      if (!step) {
        state->wire.reset();
        throw ClientCore::bad_answer(*wire, step.error());
      }
      wire->input.consume(step->skip);
      if (step->end) {
        state->end();
        co_return 0;
      }
      if (step->data > 0) {
        auto most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), step->data));
        got = co_await state->core->read(wire, into.first(most));
        state->chunks.took(got);
        break;
      }
      if (!co_await state->core->fill(wire, Input::kStep)) break;
    }
  } else {
    auto most = into.size();
    if (state->framing == Framing::length) most = static_cast<std::size_t>(std::min<std::uint64_t>(most, state->left));
    got = co_await state->core->read(wire, into.first(most));
    if (got == 0 && state->framing == Framing::until_close) {
      state->end();
      co_return 0;
    }
    state->left -= state->framing == Framing::length ? got : 0;
    if (got > 0 && state->framing == Framing::length && state->left == 0) state->end();
  }
  if (got == 0) {
    state->wire.reset();
    throw Error(Errc::unavailable, fmt::format("{} closed the connection within its answer", wire->origin));
  }
  co_return got;
}

Task<std::string> ClientResponse::read_all(std::size_t limit) {
  auto too_large = [limit] { return Error(Errc::too_large, fmt::format("the answer is larger than {} bytes", limit)); };
  auto state = state_;
  if (state->wire && state->framing == Framing::length && state->left > limit) throw too_large();
  std::string body;
  for (std::size_t size = 0;;) {
    body.resize(size + kPiece);
    base::MutableBytes room(reinterpret_cast<std::uint8_t*>(body.data()) + size, kPiece);
    auto got = co_await read(room);
    size += got;
    if (size > limit) throw too_large();
    if (got > 0) continue;
    body.resize(size);
    co_return body;
  }
}

Client::Client(base::Env& env, ClientOptions options) : state_(std::make_shared<State>(env, std::move(options))) {}

Client::~Client() {
  state_->closed = true;
  state_->kept.clear();
}

Task<ClientResponse> Client::send(ClientRequest request) {
  auto core = state_;
  auto url = base::unwrap(Url::parse(request.url));
  auto head = core->head_of(request, url);
  auto origin = fmt::format("{}://{}", url.scheme, url.authority());
  bool repeatable = !request.stream && is_idempotent(request.method);
  for (;;) {
    auto wire = core->take_kept(origin);
    if (!wire) wire = co_await core->connect(url, origin);
    bool answered = false, again = false, source_failed = false;
    std::exception_ptr failure;
    try {
      co_await core->send_request(wire, request, head, source_failed);
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled || source_failed) throw;
      failure = std::current_exception();
    }
    ResponseHeadRead answer;
    try {
      // A server may answer and close before it has read the whole request: its answer says why.
      if (!failure || !wire->late) answer = co_await core->read_head(wire, request.method == "HEAD", answered);
    } catch (const Error& error) {
      if (!failure) failure = std::current_exception();
      again = error.code() == Errc::unavailable;
    }
    if (answer.status == 0) {
      if (again && !answered && wire->used_before && repeatable) continue;
      std::rethrow_exception(failure);
    }
    auto state = std::make_shared<ClientResponse::State>();
    state->core = core;
    state->wire = std::move(wire);
    state->framing = answer.framing;
    state->left = answer.length;
    state->keep_alive = answer.keep_alive && !failure;
    bool empty = answer.framing == Framing::none || (answer.framing == Framing::length && answer.length == 0);
    if (empty) state->end();
    ClientResponse response(std::move(state));
    response.status = answer.status;
    response.headers = std::move(answer.headers);
    co_return response;
  }
}

}  // namespace openmcp::http
