// Commands that run in the process that has the store, for others: over a real socket file, both sides on one loop.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api/audit.hpp"
#include "api/auth.hpp"
#include "base/real_env.hpp"
#include "base/sync.hpp"
#include "cli/commands.hpp"
#include "cli/invocation.hpp"
#include "cli/server/command_server.hpp"
#include "cli/server/conversation.hpp"
#include "cli/server/forward.hpp"
#include "cli/server/place.hpp"
#include "context/workspace.hpp"
#include "storage/local_store.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::cli {
namespace {

using base::Errc;
using base::Error;
using base::Task;
using ::testing::HasSubstr;

/// A file that gathers what is written to a descriptor.
class Gathered {
public:
  explicit Gathered(std::string path)
      : path_(std::move(path)), descriptor_(open(path_.c_str(), O_RDWR | O_CREAT, 0600)) {}
  ~Gathered() { close(descriptor_); }
  int descriptor() const { return descriptor_; }
  std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

private:
  std::string path_;
  int descriptor_;
};

class NoInput final : public Input {
public:
  explicit NoInput(std::string text = {}, bool terminal = false) : text_(std::move(text)), terminal_(terminal) {}
  Task<std::size_t> read_some(base::MutableBytes into) override {
    begun_ = true;
    auto size = std::min({into.size(), text_.size() - at_, std::size_t{100'000}});
    std::copy_n(text_.data() + at_, size, into.data());
    at_ += size;
    co_return size;
  }
  bool terminal() const noexcept override { return terminal_; }
  bool begun() const noexcept override { return begun_; }

private:
  std::string text_;
  std::size_t at_ = 0;
  bool terminal_, begun_ = false;
};

/// Says nothing until it is cancelled.
class SilentInput final : public Input {
public:
  explicit SilentInput(base::Env& env) : never_(env.executor()) {}
  Task<std::size_t> read_some(base::MutableBytes) override {
    asked = true;
    co_await never_.wait();
    co_return 0;
  }
  bool terminal() const noexcept override { return false; }
  bool begun() const noexcept override { return asked; }
  bool asked = false;

private:
  base::Signal never_;
};

struct Answered {
  int code = -1;
  std::string out, err;
  std::optional<Error> error;
};

class CommandServerTest : public ::testing::Test {
protected:
  base::Path home() const { return temp_ / long_name_ + ".openmcp"; }

  /// Runs `test` while a server has the store.
  void with_server(std::function<Task<void>()> test) { test::run(env, serve(std::move(test))); }

  Task<void> serve(std::function<Task<void>()> test) {
    std::filesystem::create_directories(home());
    storage::LocalStoreOptions blocks;
    blocks.path = home();
    store = co_await storage::LocalStore::open(env, std::move(blocks));
    context::WorkspaceOptions options;
    options.home = home();
    options.root = temp_.path();
    workspace = co_await context::Workspace::open(env, *store, std::move(options));
    auto auth = co_await api::Auth::open(env, home(), "default");
    auto audit = co_await api::AuditLog::open(env, home());
    CommandServerParts parts{
        .home = home(),
        .kind = "serve",
        .store = *store,
        .workspace = *workspace,
        .auth = *auth,
        .audit = *audit,
        .talk_mcp = [](ReadLine read, WriteLine write) { return echo(std::move(read), std::move(write)); },
        .facts = [] { return std::string(R"({"kind":"serve"})"); },
        .hand_over = [this] { handed_over = true; },
    };
    server = co_await CommandServer::start(env, std::move(parts));
    std::exception_ptr failure;
    try {
      co_await test();
    } catch (...) {
      failure = std::current_exception();
    }
    co_await server->stop(std::chrono::seconds(5));
    co_await audit->close();
    co_await auth->close();
    co_await workspace->close();
    co_await store->close();
    if (failure) std::rethrow_exception(failure);
  }

  static Task<void> echo(ReadLine read, WriteLine write) {
    while (auto line = co_await read()) co_await write("echo " + *line);
  }

  Task<Answered> client(std::vector<std::string> words, Input& in) {
    static int count = 0;
    auto name = temp_ / ("output" + std::to_string(++count));
    Gathered out_file(name + ".out"), err_file(name + ".err");
    Output out(out_file.descriptor(), false), err(err_file.descriptor(), false);
    std::vector<std::string_view> views(words.begin(), words.end());
    Globals globals;
    auto parsed = base::unwrap(parse(views, all_commands(), globals));
    globals.home = home();
    Surroundings surroundings(temp_.path(), [](const char*) -> const char* { return nullptr; });
    Invocation call(env, *parsed.command, std::move(parsed.args), globals, in, out, err, std::move(surroundings));
    Answered answered;
    try {
      auto code = co_await forward(call, std::move(words));
      answered.code = code.value_or(-2);
    } catch (const Error& error) {
      answered.error = error;
    }
    answered.out = out_file.text();
    answered.err = err_file.text();
    co_return answered;
  }

  Task<Answered> client(std::vector<std::string> words) {
    NoInput nothing;
    co_return co_await client(std::move(words), nothing);
  }

  test::TempDir temp_;
  std::string long_name_;
  base::RealEnv env;
  std::unique_ptr<storage::LocalStore> store;
  std::unique_ptr<context::Workspace> workspace;
  std::unique_ptr<CommandServer> server;
  bool handed_over = false;
};

TEST_F(CommandServerTest, TheSocketFileIsForItsOwnerAlone) {
  with_server([this]() -> Task<void> {
    struct stat info{};
    EXPECT_EQ(stat((home() + "/server.sock").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777u, 0600u);
    bool served = co_await is_served(env, home());
    EXPECT_TRUE(served);
  });
  EXPECT_FALSE(std::filesystem::exists(home() + "/server.sock"));
}

TEST_F(CommandServerTest, ACommandAnswersAsItDoesAlone) {
  with_server([this]() -> Task<void> {
    std::ofstream(temp_ / "notes.md") << "# Notes\n\nwater the garden\n";
    auto made = co_await client({"commit", "notes.md", "--tag", "idea", "--json"});
    EXPECT_EQ(made.code, 0) << made.err;
    auto value = boost::json::parse(made.out);
    EXPECT_EQ(value.at("title").as_string(), "notes.md");
    auto found = co_await client({"search", "garden"});
    EXPECT_EQ(found.code, 0);
    EXPECT_THAT(found.out, HasSubstr("notes.md"));
    auto missing = co_await client({"show", "nothing"});
    EXPECT_TRUE(missing.error && missing.error->code() == Errc::not_found && !missing.error->hint().empty());
  });
}

TEST_F(CommandServerTest, InputIsPulledAsTheCommandReadsIt) {
  with_server([this]() -> Task<void> {
    NoInput large(std::string(3'000'000, 'i'));
    auto made = co_await client({"commit", "-", "--title", "streamed", "--json"}, large);
    EXPECT_EQ(made.code, 0) << made.err;
    EXPECT_EQ(boost::json::parse(made.out).at("size").to_number<int>(), 3'000'000);
    NoInput unread("not for this one");
    co_await client({"list"}, unread);
    EXPECT_FALSE(unread.begun());
  });
}

TEST_F(CommandServerTest, QuestionsAreAskedAtTheClient) {
  with_server([this]() -> Task<void> {
    co_await client({"commit", "--text", "x", "--title", "t"});
    NoInput no("n\n", true), yes("y\n", true);
    auto kept = co_await client({"forget", "t"}, no);
    EXPECT_EQ(kept.code, 1);
    EXPECT_THAT(kept.err, HasSubstr("[y/N]"));
    auto gone = co_await client({"forget", "t"}, yes);
    EXPECT_EQ(gone.code, 0);
    EXPECT_THAT(gone.out, HasSubstr("forgot 1 context"));
  });
}

TEST_F(CommandServerTest, AClientThatStopsOrVanishesCancelsItsCommand) {
  with_server([this]() -> Task<void> {
    SilentInput silent(env);
    auto one = [this, &silent]() -> Task<void> { co_await client({"commit", "-", "--title", "never"}, silent); };
    base::TaskGroup group(env);
    group.spawn(one());
    while (!silent.asked) co_await env.sleep(std::chrono::milliseconds(1));
    group.cancel();
    co_await group.join();
    // Nobody is left behind, and the store goes on.
    while (server->clients() > 0) co_await env.sleep(std::chrono::milliseconds(1));
    auto shown = co_await client({"show", "never"});
    EXPECT_TRUE(shown.error && shown.error->code() == Errc::not_found);
    auto after = co_await client({"commit", "--text", "x", "--title", "after"});
    EXPECT_EQ(after.code, 0);
  });
}

TEST_F(CommandServerTest, CancelledByItsUserACommandSaysSo) {
  with_server([this]() -> Task<void> {
    auto reached = co_await reach_server(env, home());
    RunCommand command;
    command.words = {"commit", "-", "--title", "never"};
    command.directory = temp_.path();
    command.home = home();
    command.root = temp_.path();
    co_await reached->channel->send(std::move(command));
    auto need = co_await reached->channel->receive();
    EXPECT_TRUE(need && std::holds_alternative<NeedInput>(*need));
    CancelCommand stop;
    co_await reached->channel->send(stop);
    auto ended = co_await reached->channel->receive();
    auto* last = ended ? std::get_if<CommandEnded>(&*ended) : nullptr;
    EXPECT_TRUE(last && last->error && last->error->code == static_cast<std::uint64_t>(Errc::cancelled));
    auto nothing = co_await reached->channel->receive();
    EXPECT_FALSE(nothing.has_value());
  });
}

TEST_F(CommandServerTest, AClientThatReadsSlowlyHoldsUpNobodyElse) {
  with_server([this]() -> Task<void> {
    NoInput content(std::string(20'000'000, 'c'));
    co_await client({"commit", "-", "--title", "large"}, content);
    auto slow = co_await reach_server(env, home());
    RunCommand command;
    command.words = {"get", "large"};
    command.directory = temp_.path();
    command.home = home();
    command.root = temp_.path();
    co_await slow->channel->send(std::move(command));
    co_await slow->channel->receive();
    auto other = co_await client({"list"});  // while the first does not read on
    EXPECT_EQ(other.code, 0);
    std::size_t bytes = 0;
    while (auto frame = co_await slow->channel->receive()) {
      if (auto* piece = std::get_if<OutputPiece>(&*frame)) bytes += piece->bytes.size();
    }
    EXPECT_GT(bytes, 19'000'000u);
  });
}

TEST_F(CommandServerTest, TheCallersSettingsCount) {
  with_server([this]() -> Task<void> {
    auto reached = co_await reach_server(env, home());
    RunCommand command;
    command.words = {"commit", "--text", "x", "--title", "t"};
    command.directory = temp_.path();
    command.home = home();
    command.root = temp_.path();
    command.variables = {{"OPENMCP_WORKSPACE_AUTHOR", "Bert"}};
    co_await reached->channel->send(std::move(command));
    while (auto frame = co_await reached->channel->receive()) {
    }
    auto shown = co_await client({"show", "t", "--json"});
    EXPECT_EQ(boost::json::parse(shown.out).at("current").at("author").at("name").as_string(), "Bert");
  });
}

TEST_F(CommandServerTest, AnotherStoresCommandAndWhatBelongsElsewhereAreRefused) {
  with_server([this]() -> Task<void> {
    for (auto words : std::vector<std::vector<std::string>>{{"list"}, {"serve"}, {"help"}, {"nonsense"}}) {
      auto reached = co_await reach_server(env, home());
      RunCommand command;
      command.home = words[0] == "list" ? "/elsewhere" : home();
      command.words = std::move(words);
      co_await reached->channel->send(std::move(command));
      std::optional<CommandEnded> ended;
      while (auto frame = co_await reached->channel->receive()) {
        if (auto* last = std::get_if<CommandEnded>(&*frame)) ended = *last;
      }
      EXPECT_TRUE(ended && ended->error && ended->code != 0);
    }
  });
}

TEST_F(CommandServerTest, NonsenseEndsTheConnectionAndNothingElse) {
  with_server([this]() -> Task<void> {
    SocketPlace place(home());
    for (auto& bytes :
         {std::string(100, '\xff'), std::string("\0\0\0\x05GET /", 10), std::string("\0\0\0\x01\x07", 5)}) {
      auto stream = co_await env.network().connect(place.endpoint());
      co_await stream->write(base::as_bytes(bytes));
      Channel channel(env, std::move(stream));
      auto greeting = co_await channel.receive();
      EXPECT_TRUE(greeting.has_value());
      bool ended = false;
      try {
        auto nothing = co_await channel.receive();
        ended = !nothing;
      } catch (const Error&) {
        ended = true;
      }
      EXPECT_TRUE(ended);
    }
    auto after = co_await client({"list"});
    EXPECT_EQ(after.code, 0);
  });
}

TEST_F(CommandServerTest, LinesOfMcpGoBothWaysAndEndInOrderWhenItStops) {
  with_server([this]() -> Task<void> {
    auto reached = co_await reach_server(env, home());
    SpeakMcp begin;
    co_await reached->channel->send(begin);
    std::string line(600'000, 'm');
    for (auto& piece : pieces_of(line)) co_await reached->channel->send(std::move(piece));
    LineJoiner joiner;
    std::optional<std::string> answer;
    while (!answer) {
      auto frame = co_await reached->channel->receive();
      answer = joiner.add(std::move(std::get<LinePiece>(*frame)));
    }
    EXPECT_EQ(*answer, "echo " + line);
    co_await server->stop(std::chrono::seconds(5));
    auto nothing = co_await reached->channel->receive();
    EXPECT_FALSE(nothing.has_value());
  });
}

TEST_F(CommandServerTest, TheStoreIsHandedOverOnRequest) {
  with_server([this]() -> Task<void> {
    auto reached = co_await reach_server(env, home());
    HandOver ask;
    co_await reached->channel->send(ask);
    while (!handed_over) co_await env.sleep(std::chrono::milliseconds(1));
  });
}

TEST_F(CommandServerTest, APathBeyondTheLimitOfSocketsWorks) {
  long_name_ = std::string(120, 'p') + "/";
  with_server([this]() -> Task<void> {
    auto answered = co_await client({"commit", "--text", "x", "--title", "t"});
    EXPECT_EQ(answered.code, 0) << answered.err;
  });
}

TEST_F(CommandServerTest, WritingCommandsAreInTheAuditLog) {
  with_server([this]() -> Task<void> {
    co_await client({"commit", "--text", "x", "--title", "t"});
    co_await client({"list"});
    co_await client({"token", "create", "laptop", "--scope", "write"});
    auto shown = co_await client({"audit", "show", "--json"});
    auto lines = boost::json::parse(shown.out).at("lines").as_array();
    std::vector<std::string> actions;
    for (auto& line : lines) actions.emplace_back(line.at("action").as_string());
    EXPECT_THAT(actions, ::testing::Contains("cli.commit"));
    EXPECT_THAT(actions, ::testing::Contains("token.create"));
    EXPECT_THAT(actions, ::testing::Not(::testing::Contains("cli.list")));
  });
}

// --- the client's side of MCP ----------------------------------------------------------------------------------------

TEST(Messages, MethodAndIdAreFound) {
  auto one = facts_of_message(R"({"jsonrpc":"2.0","id":"a\"b","method":"tools/list"})");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].method, "tools/list");
  EXPECT_EQ(one[0].id, R"("a\"b")");
  auto batch = facts_of_message(R"([{"id":1,"result":{}},{"method":"x"}])");
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch[0].id, "1");
  EXPECT_EQ(batch[0].method, "");
  EXPECT_EQ(batch[1].id, "");
  EXPECT_TRUE(facts_of_message("no json").empty());
}

Task<void> change_server(base::Env& env, Conversation& conversation) {
  base::TaskGroup group(env);
  group.spawn(conversation.read_client());
  conversation.begin();
  auto first = co_await conversation.next();
  EXPECT_THAT(*first, HasSubstr("initialize"));
  co_await conversation.answer(R"({"jsonrpc":"2.0","id":0,"result":{"server":"first"}})");
  auto second = co_await conversation.next();
  EXPECT_THAT(*second, HasSubstr("initialized"));
  auto asked = co_await conversation.next();
  EXPECT_THAT(*asked, HasSubstr("tools/call"));
  co_await conversation.lost();  // with the call under way
  conversation.begin();
  auto again = co_await conversation.next();
  EXPECT_EQ(*again, *first);
  co_await conversation.answer(R"({"jsonrpc":"2.0","id":0,"result":{"server":"second"}})");
  auto initialized = co_await conversation.next();
  EXPECT_EQ(*initialized, *second);
  auto later = co_await conversation.next();
  EXPECT_THAT(*later, HasSubstr("ping"));
  co_await conversation.answer(R"({"jsonrpc":"2.0","id":2,"result":{}})");
  auto end = co_await conversation.next();
  EXPECT_FALSE(end.has_value());
  EXPECT_TRUE(conversation.over());
  co_await group.join();
}

TEST(Conversation, ANewServerIsGreetedInTheClientsPlace) {
  test::TempDir temp;
  base::RealEnv env;
  NoInput client(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{}})"
                 "\n"
                 R"({"jsonrpc":"2.0","method":"notifications/initialized"})"
                 "\r\n"
                 R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}})"
                 "\n"
                 R"({"jsonrpc":"2.0","id":2,"method":"ping"})");
  Gathered out(temp / "out");
  Conversation conversation(env, client, out.descriptor());
  test::run(env, change_server(env, conversation));
  auto text = out.text();
  EXPECT_THAT(text, HasSubstr("first"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("second")));
  EXPECT_THAT(text, HasSubstr(R"("id":1,"error")"));
  EXPECT_THAT(text, HasSubstr(R"({"jsonrpc":"2.0","id":2,"result":{}})"));
}

}  // namespace
}  // namespace openmcp::cli
