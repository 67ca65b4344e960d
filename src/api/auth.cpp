// Tokens: tokens.json, and who a secret stands for.
#include "api/auth.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "api/tokens_file.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "crypto/secret.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::api {

using base::Errc;

namespace {

constexpr std::uint64_t kMaxFile = 16u << 20;
constexpr std::int64_t kUsedStep = 60'000'000;  ///< microseconds: `used` is no finer than this
constexpr auto kUsedDelay = std::chrono::seconds(30);
constexpr int kLockTries = 250;
constexpr auto kLockPause = std::chrono::milliseconds(20);

/// Which file tokens.json was when it was read.
struct Stamp {
  std::uint64_t inode = 0, size = 0;
  std::int64_t mtime = 0;
  bool operator==(const Stamp&) const = default;
};

std::optional<Stamp> stamp_of(base::Disk& disk, const base::Path& path) {
  auto info = disk.stat(path);
  if (!info) return std::nullopt;
  return Stamp{.inode = info->inode, .size = info->size, .mtime = info->mtime};
}

/// Throws when others than its owner may read or change the file.
void require_private(base::Disk& disk, const base::Path& path) {
  auto info = disk.stat(path, false);
  if (!info) return;
  if (info->kind != base::FileKind::file)
    throw base::Error(Errc::permission, fmt::format("'{}' holds secrets but is no regular file", path),
                      "remove it: it is made anew");
  if ((info->mode & 077) != 0)
    throw base::Error(Errc::permission,
                      fmt::format("'{}' holds secrets but others may read it (mode {:04o})", path, info->mode),
                      fmt::format("run: chmod 600 '{}'; when others could read it, revoke its tokens", path));
}

struct Loaded {
  std::vector<KeptToken> tokens;
  Stamp stamp;
};

std::optional<Loaded> load(base::Disk& disk, const base::Path& path) {
  require_private(disk, path);
  auto stamp = stamp_of(disk, path);
  if (!stamp) return std::nullopt;
  auto bytes = base::read_file(disk, path, kMaxFile);
  auto tokens = decode_tokens(base::as_text(bytes));
  if (!tokens)
    throw base::Error(Errc::corrupt, fmt::format("reading '{}': {}", path, tokens.error().message()),
                      "restore it from a copy, or remove it: the next start makes a new one with a new first token");
  return Loaded{.tokens = *std::move(tokens), .stamp = *stamp};
}

void check_name(const std::string& name, std::string_view what) {
  auto rest = std::string_view(name);
  bool plain = name.size() <= kMaxTokenName;
  while (plain && !rest.empty()) {
    auto point = ipld::take_utf8(rest);
    plain = point && *point >= 0x20 && *point != 0x7F;
  }
  if (!plain)
    throw base::Error(Errc::invalid_argument, fmt::format("the {} of a token is at most {} bytes of text without "
                                                          "control characters",
                                                          what, kMaxTokenName));
}

}  // namespace

std::string_view to_string(Role role) noexcept {
  switch (role) {
    case Role::reader:
      return "reader";
    case Role::writer:
      return "writer";
    case Role::admin:
      return "admin";
    case Role::none:
      break;
  }
  return "none";
}

std::optional<Role> role_named(std::string_view text) noexcept {
  if (text == "reader" || text == "read") return Role::reader;
  if (text == "writer" || text == "write") return Role::writer;
  if (text == "admin") return Role::admin;
  return std::nullopt;
}

std::string_view to_string(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::malformed:
      return "malformed";
    case Refusal::unknown:
      return "unknown";
    case Refusal::expired:
      return "expired";
    case Refusal::revoked:
      return "revoked";
    case Refusal::audience:
      return "audience";
  }
  return "unknown";
}

struct Auth::State {
  State(base::Env& environment, base::Path directory, std::string name)
      : env(environment),
        home(std::move(directory)),
        file(base::join(home, "tokens.json")),
        first(base::join(home, "token")),
        lock_file(base::join(home, "tokens.lock")),
        workspace(std::move(name)),
        turn(environment.executor(), 1) {}

  base::Env& env;
  base::Path home, file, first, lock_file;
  std::string workspace;
  base::Semaphore turn;  ///< one change at a time in this process
  std::vector<KeptToken> tokens;
  std::unordered_map<std::string_view, std::size_t> by_id;  ///< views into `tokens`
  std::optional<Stamp> stamp;
  bool used_later = false;  ///< a coroutine is going to write when tokens were used
  bool used_changed = false, closed = false;

  std::int64_t now() const { return env.now().time_since_epoch().count(); }

  const KeptToken* find(std::string_view id) const {
    auto found = by_id.find(id);
    return found == by_id.end() ? nullptr : &tokens[found->second];
  }

  /// What is known of last uses is kept: it may be newer here than in the file.
  void adopt(std::vector<KeptToken> fresh) {
    for (auto& each : fresh) {
      auto known = find(each.token.id);
      if (known && known->token.used > each.token.used) each.token.used = known->token.used;
    }
    by_id.clear();
    tokens = std::move(fresh);
    for (std::size_t i = 0; i < tokens.size(); ++i) by_id.emplace(tokens[i].token.id, i);
  }

  std::optional<Refusal> ended(const Token& token) const {
    if (token.revoked) return Refusal::revoked;
    if (token.expires && *token.expires <= now()) return Refusal::expired;
    if (!token.workspace.empty() && token.workspace != workspace) return Refusal::audience;
    return std::nullopt;
  }

  static Caller caller(const Token& token) { return {.name = token.name, .token_id = token.id, .role = token.role}; }

  /// Excludes other processes. Called on a worker.
  std::unique_ptr<base::FileLock> try_lock(std::string& holder) {
    return env.disk().try_lock(lock_file, "openmcp tokens", holder);
  }

  base::Task<std::unique_ptr<base::FileLock>> lock() {
    std::string holder;
    for (int i = 0; i < kLockTries; ++i) {
      auto work = [this, &holder] { return try_lock(holder); };
      auto held = co_await env.run(std::move(work));
      if (held) co_return held;
      co_await env.sleep(kLockPause);
    }
    throw base::Error(Errc::busy, fmt::format("'{}' is being changed by another process ({})", file, holder),
                      "try again when that one has ended");
  }

  /// Precondition: the turn. Reads the file when it is another one than ours.
  base::Task<void> refresh() {
    auto work = [this] {
      auto there = stamp_of(env.disk(), file);
      return there && there != stamp ? load(env.disk(), file) : std::nullopt;
    };
    auto loaded = co_await env.run(std::move(work));
    if (!loaded) co_return;
    adopt(std::move(loaded->tokens));
    stamp = loaded->stamp;
  }

  /// Precondition: the turn and the lock. What is in memory becomes `next` when it is durable.
  base::Task<void> save(std::vector<KeptToken> next) {
    auto work = [this, text = encode_tokens(next)] {
      base::write_file_atomic(env.disk(), file, base::as_bytes(text), 0600);
      return stamp_of(env.disk(), file);
    };
    stamp = co_await env.run(std::move(work));
    adopt(std::move(next));
    used_changed = false;
  }

  base::Task<void> save_used() {
    co_await turn.acquire();
    Turn held(turn);
    auto locked = co_await lock();
    co_await refresh();
    if (used_changed) co_await save(tokens);
  }

  struct Turn {
    explicit Turn(base::Semaphore& semaphore) : of(semaphore) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { of.release(); }
    base::Semaphore& of;
  };

  KeptToken make_token(std::string name, Role role, std::string audience, std::optional<std::int64_t> expires,
                       std::string& secret) {
    KeptToken out;
    std::array<std::uint8_t, kTokenIdLength> letters{};
    do {
      env.random(letters);
      out.token.id = make_token_id(letters);
    } while (find(out.token.id));
    std::array<std::uint8_t, 32> key{};
    env.random(key);
    secret = make_secret(out.token.id, key);
    crypto::wipe(key);
    out.digest = crypto::sha256(base::as_bytes(secret));
    out.token.name = std::move(name);
    out.token.role = role;
    out.token.workspace = std::move(audience);
    out.token.created = now();
    out.token.expires = expires;
    return out;
  }

  /// The secret first: a crash in between leaves a file that the next start replaces, and never a list of tokens whose
  /// first secret nobody has.
  base::Task<void> begin() {
    std::string secret;
    auto token = make_token("first", Role::admin, "", {}, secret);
    auto work = [this, secret = secret + "\n"] {
      base::write_file_atomic(env.disk(), first, base::as_bytes(secret), 0600);
    };
    co_await env.run(std::move(work));
    std::vector<KeptToken> tokens_then;
    tokens_then.push_back(std::move(token));
    co_await save(std::move(tokens_then));
  }
};

namespace {

/// Writes last uses some time after the first of them, unless the state went.
base::Task<void> write_uses_later(std::weak_ptr<Auth::State> watched, base::Env* env) {
  co_await env->sleep(kUsedDelay);
  auto state = watched.lock();
  if (!state || state->closed) co_return;
  state->used_later = false;
  try {
    co_await state->save_used();
  } catch (const base::Error& error) {
    base::log(base::LogLevel::warn, "auth", "when tokens were last used is not recorded: {}", error.message());
  }
}

}  // namespace

Auth::Auth(std::shared_ptr<State> state) : state_(std::move(state)) {}
Auth::~Auth() { state_->closed = true; }

base::Task<std::unique_ptr<Auth>> Auth::open(base::Env& env, base::Path home, std::string workspace) {
  auto state = std::make_shared<State>(env, std::move(home), std::move(workspace));
  auto prepare = [&env, state] {
    if (!env.disk().stat(state->home)) {
      env.disk().make_directories(state->home, 0700);
      env.disk().sync_directory(base::parent(state->home));
    }
    require_private(env.disk(), state->first);
    return load(env.disk(), state->file);
  };
  auto loaded = co_await env.run(prepare);
  if (!loaded) {
    auto locked = co_await state->lock();
    loaded = co_await env.run(prepare);  // another process may have been first
    if (!loaded) co_await state->begin();
  }
  if (loaded) {
    state->adopt(std::move(loaded->tokens));
    state->stamp = loaded->stamp;
  }
  co_return std::unique_ptr<Auth>(new Auth(std::move(state)));
}

base::Task<NewToken> Auth::create(std::string name, Role role, std::string workspace,
                                  std::optional<std::int64_t> expires) {
  auto state = state_;
  check_name(name, "name");
  check_name(workspace, "workspace");
  if (name.empty()) throw base::Error(Errc::invalid_argument, "a token without a name", "say what it is for");
  if (role == Role::none)
    throw base::Error(Errc::invalid_argument, "a token without a role", "reader, writer or admin");
  if (expires && *expires <= state->now())
    throw base::Error(Errc::invalid_argument, "a token that has expired when it is made");
  co_await state->turn.acquire();
  State::Turn held(state->turn);
  auto locked = co_await state->lock();
  co_await state->refresh();
  if (state->tokens.size() >= kMaxTokens)
    throw base::Error(Errc::too_large, fmt::format("there are {} tokens already", kMaxTokens));
  std::string secret;
  auto next = state->tokens;
  next.push_back(state->make_token(std::move(name), role, std::move(workspace), expires, secret));
  NewToken out{.token = next.back().token, .secret = std::move(secret)};
  co_await state->save(std::move(next));
  co_return out;
}

base::Task<Token> Auth::revoke(std::string id) {
  auto state = state_;
  co_await state->turn.acquire();
  State::Turn held(state->turn);
  auto locked = co_await state->lock();
  co_await state->refresh();
  auto known = state->find(id);
  if (!known) throw base::Error(Errc::not_found, "no such token", "the list of tokens has their ids");
  if (known->token.revoked) co_return known->token;
  auto next = state->tokens;
  auto& token = next[static_cast<std::size_t>(known - state->tokens.data())].token;
  token.revoked = state->now();
  auto out = token;
  co_await state->save(std::move(next));
  co_return out;
}

std::vector<Token> Auth::list() const {
  std::vector<Token> out;
  for (const auto& each : state_->tokens) out.push_back(each.token);
  return out;
}

base::Task<void> Auth::reload() {
  auto state = state_;
  co_await state->turn.acquire();
  State::Turn held(state->turn);
  co_await state->refresh();
}

base::Task<void> Auth::close() {
  auto state = state_;
  if (state->closed) co_return;
  state->closed = true;
  if (state->used_changed) co_await state->save_used();
}

std::expected<Caller, Refusal> Auth::verify(std::string_view secret) {
  auto id = id_in_secret(secret);
  if (id.empty()) return std::unexpected(Refusal::malformed);
  // Hashed also when the id is unknown: what is an id is not told by the time it takes.
  const auto digest = crypto::sha256(base::as_bytes(secret));
  auto found = state_->by_id.find(id);
  static constexpr crypto::Digest32 nobody{};
  const auto& expected = found == state_->by_id.end() ? nobody : state_->tokens[found->second].digest;
  if (!crypto::constant_time_equal(digest, expected) || found == state_->by_id.end())
    return std::unexpected(Refusal::unknown);
  auto& token = state_->tokens[found->second].token;
  if (auto refusal = state_->ended(token)) return std::unexpected(*refusal);
  const auto now = state_->now();
  if (!token.used || now - *token.used >= kUsedStep) {
    token.used = now;
    state_->used_changed = true;
    if (!std::exchange(state_->used_later, true))
      state_->env.spawn(write_uses_later(std::weak_ptr<State>(state_), &state_->env));
  }
  return State::caller(token);
}

base::Result<Caller> Auth::check(std::string_view secret) {
  auto caller = verify(secret);
  if (caller) return *std::move(caller);
  switch (caller.error()) {
    case Refusal::expired:
      return base::fail(Errc::permission, "the token is expired", "make a new one with: openmcp token create");
    case Refusal::revoked:
      return base::fail(Errc::permission, "the token is revoked", "make a new one with: openmcp token create");
    case Refusal::audience:
      return base::fail(Errc::permission, "the token is for another workspace");
    default:
      return base::fail(Errc::permission, "the token is unknown", "openmcp token list shows those that there are");
  }
}

std::optional<Caller> Auth::still(std::string_view token_id) const {
  auto known = state_->find(token_id);
  if (!known || state_->ended(known->token)) return std::nullopt;
  return State::caller(known->token);
}

const base::Path& Auth::token_file() const noexcept { return state_->first; }

}  // namespace openmcp::api
