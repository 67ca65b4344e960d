// The server as its users meet it: all surfaces over one store, the command line beside it, its end.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

#include "base/sync.hpp"
#include "e2e/served.hpp"
#include "support/run.hpp"

namespace openmcp::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace json = boost::json;

class Server : public ::testing::Test {
protected:
  void SetUp() override { box.openmcp({"init"}); }
  Sandbox box;
};

TEST_F(Server, AContextCommittedOverRestIsFoundThroughEverySurface) {
  Served served(box);
  HttpClient http(served.token);
  auto made = http.post(served.url + "/api/v1/contexts",
                        R"({"type":"decision","content":"We water the tomatoes in the evening.","title":"Watering"})");
  ASSERT_EQ(made.status, 200u) << made.body;
  auto id = text_of(made.json().at("id")), cid = text_of(made.json().at("cid"));
  auto hash = text_of(made.json().at("content_hash"));

  McpClient ai(box);
  auto found = ai.call("context_search", R"({"query":"when to water tomatoes"})");
  EXPECT_THAT(json::serialize(found), HasSubstr(id));
  EXPECT_THAT(http.get(served.url + "/api/v1/contexts/" + id).body, HasSubstr("in the evening"));
  EXPECT_EQ(http.get(served.gateway + "/ipfs/" + cid).body, "We water the tomatoes in the evening.");
  EXPECT_THAT(http.get(served.url + "/api/v1/context/list").body, HasSubstr(id));
  auto rpc = http.post(served.url + "/api/v1/rpc",
                       R"({"jsonrpc":"2.0","id":1,"method":"get_context","params":{"content_hash":")" + hash + "\"}}");
  EXPECT_THAT(rpc.body, HasSubstr("in the evening"));
  EXPECT_EQ(box.openmcp({"get", "Watering"}).out, "We water the tomatoes in the evening.");
  EXPECT_EQ(text_of(box.json({"search", "tomatoes"}).at("contexts").at(0).at("id")), id);
  auto page = http.get(served.url + "/");
  EXPECT_EQ(page.status, 200u);
  EXPECT_THAT(page.body, HasSubstr("OpenMCP"));

  // And the other way: what the AI client keeps is there for the rest.
  ai.call("context_save", R"({"content":"Garlic is planted in October.","title":"Garlic"})");
  EXPECT_EQ(box.openmcp({"get", "Garlic"}).out, "Garlic is planted in October.");
  EXPECT_CODE(served.stop(), 0);
}

/// What the server answers to these bytes.
std::string raw(const std::string& url, std::string_view request) {
  constexpr std::string_view kScheme = "http://127.0.0.1:";
  base::Endpoint at{"127.0.0.1", static_cast<std::uint16_t>(std::stoul(url.substr(kScheme.size())))};
  auto talk = [](base::Env& env, base::Endpoint where, std::string_view bytes) -> base::Task<std::string> {
    auto stream = co_await env.network().connect(where);
    co_await stream->write(base::as_bytes(bytes));
    std::string answer;
    base::Bytes piece(4096);
    while (auto got = co_await stream->read(piece)) answer += base::as_text(base::BytesView(piece).first(got));
    co_return answer;
  };
  base::RealEnv env;
  return run(env, talk(env, at, request));
}

TEST_F(Server, WithoutATokenNothingIsTold) {
  Served served(box);
  HttpClient stranger;
  for (auto path : {"/api/v1/contexts", "/api/v1/search?q=x", "/metrics", "/pins", "/api/v1/tokens"}) {
    EXPECT_EQ(stranger.get(served.url + path).status, 401u) << path;
  }
  EXPECT_EQ(stranger.get(served.gateway + "/ipfs/bafkqaaa").status, 401u);
  EXPECT_EQ(stranger.get(served.url + "/livez").status, 200u);
  // A page of a stranger that reaches us under its own name (DNS rebinding), and one that calls across origins.
  HttpClient admin(served.token);
  EXPECT_THAT(raw(served.url, "GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
              HasSubstr("HTTP/1.1 421"));
  EXPECT_EQ(admin.ask("GET", served.url + "/api/v1/contexts", {}, {{"Origin", "https://evil.example"}}).status, 403u);
}

/// What differs from run to run: ids, CIDs, hashes, times, ages, sizes of files of the store.
std::string normalised(std::string text) {
  static const std::vector<std::pair<std::regex, std::string>> kRules = {
      {std::regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"},
      {std::regex("baf[a-z2-7]{50,}"), "CID"},
      {std::regex("[0-9a-f]{64}"), "HASH"},
      {std::regex("\\b[0-9a-f]{16}\\b"), "KEY"},
      {std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+Z?"), "TIME"},
      {std::regex("just now|[0-9]+ (s|min|h|days?) ago"), "AGE"},
      {std::regex("\"(disk_bytes|live_bytes|bytes|time)\":[0-9]+"), "\"$1\":N"},
      {std::regex("[01]\\.[0-9]{3,}"), "SCORE"},
      {std::regex("on disk .*"), "on disk"},  // an open segment has room in front
  };
  for (auto& [pattern, name] : kRules) text = std::regex_replace(text, pattern, name);
  return text;
}

struct Step {
  std::vector<std::string> words;
  std::string input = {};
};

std::vector<std::string> session(bool with_server) {
  Sandbox box;
  box.variables["OPENMCP_WORKSPACE_AUTHOR"] = "Berta";
  box.openmcp({"init"});
  box.write("notes.md", "# Notes\n\nwater the garden in the evening\n");
  box.write("docs/a.md", "alpha\n");
  box.write("docs/b.md", "beta\n");
  std::optional<Served> served;
  if (with_server) served.emplace(box);
  const std::vector<Step> steps = {
      {{"commit", "notes.md", "--tag", "idea"}},
      {{"commit", "docs/a.md", "docs/b.md"}},  // one after the other: the files of a folder are taken at once
      {{"commit", "docs"}},
      {{"commit", "-", "--title", "streamed"}, noise(600'000, 4)},
      {{"commit", "missing.md"}},
      {{"commit", "--text", "text", "--title", "typed", "--author", "Anna", "--json"}},
      {{"list"}},
      {{"list", "--json"}},
      {{"list", "--nonsense"}},
      {{"list", "--since", "never"}},
      {{"search", "garden"}},
      {{"search", "garden", "--json", "--explain"}},
      {{"show", "notes.md"}},
      {{"show", "nothing"}},
      {{"show", "nothing", "--json"}},
      {{"tag", "notes.md", "later"}},
      {{"tag"}},
      {{"link", "notes.md", "refines", "docs/a.md"}},
      {{"link", "notes.md"}},
      {{"history", "notes.md"}},
      {{"diff", "notes.md"}},
      {{"restore", "notes.md", "v1"}},
      {{"get", "notes.md"}},
      {{"get", "streamed", "-o", "copy"}},
      {{"add", "-r", "docs"}},
      {{"add", "-n", "notes.md"}},
      {{"block", "put"}, "a block"},
      {{"dag", "put"}, "{\"a\":1}"},
      {{"pin", "ls"}},
      {{"export", "all.car"}},
      {{"import", "all.car"}},
      {{"import", "none.car"}},
      {{"forget", "typed"}},
      {{"forget", "typed", "--yes"}},
      {{"gc"}},
      {{"repair"}},
      {{"verify"}},
      {{"init"}},
      {{"status", "-q"}},
  };
  std::vector<std::string> answers;
  for (auto& step : steps) {
    if (!step.input.empty()) box.input = step.input;
    auto outcome = box.openmcp(step.words);
    auto said = outcome.out + outcome.err;
    for (std::size_t at; (at = said.find(box.path())) != std::string::npos;) said.replace(at, box.path().size(), "DIR");
    // The one line that is to differ.
    if (auto at = said.find("server  "); at != std::string::npos) said.erase(at, said.find('\n', at) + 1 - at);
    answers.push_back(step.words[0] + " -> " + std::to_string(outcome.code) + "\n" + normalised(said));
  }
  if (served) EXPECT_CODE(served->stop(), 0);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
  return answers;
}

TEST(ServerBesides, CommandsSayTheSameWithAServerAndWithout) {
  auto alone = session(false), served = session(true);
  ASSERT_EQ(alone.size(), served.size());
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i], served[i]);
}

TEST_F(Server, SignalsAndPipesOfTheClientReachTheCommand) {
  Served served(box);
  auto running = box.start({openmcp_program(), "commit", "-", "--title", "never"}, true);
  running.write(noise(3'000'000, 5));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  running.signal(SIGINT);
  EXPECT_CODE(running.wait(std::chrono::seconds(20)), 130);
  auto killed = box.start({openmcp_program(), "commit", "-", "--title", "never"}, true);
  killed.write(noise(3'000'000, 6));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  killed.signal(SIGKILL);
  EXPECT_CODE(killed.wait(), 137);
  EXPECT_CODE(box.openmcp({"get", "never"}), 3);
  for (int i = 0; i < 200; ++i) box.write("many/" + std::to_string(i), "number " + std::to_string(i));
  box.openmcp({"commit", "many"});
  auto head = box.shell("openmcp list -n 1000 | head -1 >/dev/null; echo ${PIPESTATUS[0]}");
  EXPECT_THAT(head.out, ::testing::AnyOf("0\n", "141\n"));
  EXPECT_CODE(served.stop(), 0);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Server, TheTerminalIsTheClients) {
  Served served(box);
  box.openmcp({"commit", "--text", "x", "--title", std::string(200, 'w')});
  auto table = on_terminal(box, {"list"});
  EXPECT_THAT(table, HasSubstr("\x1b["));
  EXPECT_THAT(table, HasSubstr("…"));
  EXPECT_THAT(table, Not(HasSubstr(std::string(61, 'w'))));
  EXPECT_THAT(on_terminal(box, {"forget", "www"}, "n\n"), HasSubstr("openmcp:"));
  auto id = text_of(box.json({"list"}).at("contexts").at(0).at("id"));
  EXPECT_THAT(on_terminal(box, {"forget", id}, "n\n"), HasSubstr("nothing was forgotten"));
  EXPECT_THAT(on_terminal(box, {"forget", id}, "y\n"), HasSubstr("forgot 1 context"));
  box.write("big", noise(200'000'000, 3));
  EXPECT_THAT(on_terminal(box, {"add", "-Q", "big"}), HasSubstr("%"));
  EXPECT_THAT(on_terminal(box, {"add", "-Q", "--no-progress", "big"}), Not(HasSubstr("adding")));
}

TEST_F(Server, TheServiceManagerIsTold) {
  auto path = box.path("notify");
  int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  box.variables["NOTIFY_SOCKET"] = path;
  Served served(box);
  char text[100];
  auto got = recv(socket, text, sizeof text, 0);
  EXPECT_EQ(std::string_view(text, static_cast<std::size_t>(std::max<ssize_t>(got, 0))), "READY=1");
  EXPECT_CODE(served.stop(), 0);
  got = recv(socket, text, sizeof text, 0);
  EXPECT_EQ(std::string_view(text, static_cast<std::size_t>(std::max<ssize_t>(got, 0))), "STOPPING=1");
  close(socket);
}

TEST_F(Server, NobodyMeetsALock) {
  Served served(box);
  std::vector<Running> writers;
  for (int i = 0; i < 16; ++i) {
    writers.push_back(box.start(
        {openmcp_program(), "commit", "--text", "number " + std::to_string(i), "--title", "n" + std::to_string(i)}));
  }
  for (auto& writer : writers) EXPECT_CODE(writer.wait(), 0);
  EXPECT_EQ(box.json({"list"}).at("contexts").as_array().size(), 16u);
  auto second = box.openmcp({"serve", "--listen", "127.0.0.1:0", "--gateway", "none"});
  EXPECT_CODE(second, 6);
  EXPECT_THAT(second.err, HasSubstr("has this store already"));
}

struct Writing {
  std::vector<std::pair<std::string, std::string>> acknowledged;  ///< id, content
  bool lost = false;                                              ///< the server is gone
};

base::Task<void> write_on(HttpClient& http, std::string url, int number, Writing& state) {
  for (int i = 0; !state.lost; ++i) {
    auto content = "writer " + std::to_string(number) + " line " + std::to_string(i);
    auto body = R"({"type":"note","content":")" + content + R"(","title":"t"})";
    try {
      auto reply = co_await http.send("POST", url + "/api/v1/contexts", std::move(body), {});
      if (reply.status == 200) state.acknowledged.emplace_back(text_of(reply.json().at("id")), content);
    } catch (const base::Error&) {
      state.lost = true;
    }
  }
}

TEST_F(Server, KilledUnderThirtyTwoWritersItLosesNothingItAcknowledged) {
  constexpr int kWriters = 32;
  box.variables["OPENMCP_SERVE_RATE_PER_TOKEN"] = "0";
  Writing state;
  {
    Served served(box);
    HttpClient http(served.token);
    auto all = [&]() -> base::Task<void> {
      base::TaskGroup group(http.env());
      for (int i = 0; i < kWriters; ++i) group.spawn(write_on(http, served.url, i, state));
      while (state.acknowledged.size() < 500 && !state.lost) co_await http.env().sleep(std::chrono::milliseconds(1));
      served.process().signal(SIGKILL);
      co_await group.join();
    };
    run(http.env(), all());
  }
  EXPECT_GE(state.acknowledged.size(), 500u);
  Served again(box);
  HttpClient http(again.token);
  for (auto& [id, content] : state.acknowledged) {
    auto reply = http.get(again.url + "/api/v1/contexts/" + id);
    ASSERT_EQ(reply.status, 200u) << id;
    EXPECT_EQ(text_of(reply.json().at("content")), content);
  }
  EXPECT_CODE(again.stop(), 0);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
  EXPECT_CODE(box.openmcp({"audit", "verify"}), 0);
}

TEST_F(Server, TwoAiClientsAtOnceWithoutAServer) {
  McpClient first(box), second(box);
  first.call("context_save", R"({"content":"The first client wrote this.","title":"From the first"})");
  EXPECT_THAT(json::serialize(second.call("context_search", R"({"query":"first client wrote"})")),
              HasSubstr("From the first"));
  second.call("context_save", R"({"content":"And this the second.","title":"From the second"})");
  EXPECT_EQ(box.openmcp({"get", "From the second"}).out, "And this the second.");
  // The one that has the store dies; the other goes on, in the same session.
  first.process().signal(SIGKILL);
  first.process().wait();
  auto after = json::serialize(second.call("context_search", R"({"query":"second"})"));
  if (after.find("ask again") != std::string::npos) {
    after = json::serialize(second.call("context_search", R"({"query":"second"})"));
  }
  EXPECT_THAT(after, HasSubstr("From the second"));
  // A server asks for the store and gets it; the session goes on again.
  Served served(box);
  EXPECT_THAT(json::serialize(second.call("context_search", R"({"query":"first"})")), HasSubstr("From the first"));
  EXPECT_CODE(served.stop(), 0);
  EXPECT_THAT(json::serialize(second.call("context_search", R"({"query":"first"})")), HasSubstr("From the first"));
  second.process().close_input();
  EXPECT_CODE(second.process().wait(), 0);
  EXPECT_CODE(box.openmcp({"verify"}), 0);
}

TEST_F(Server, StdioCarriesOnlyMessages) {
  box.variables["OPENMCP_LOG_LEVEL"] = "trace";
  box.input = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\nnonsense\n";
  auto outcome = box.openmcp({"mcp"});
  EXPECT_CODE(outcome, 0);
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code failure;
    auto message = json::parse(line, failure);
    EXPECT_FALSE(failure) << line;
    EXPECT_EQ(text_of(message.at("jsonrpc")), "2.0");
  }
}

TEST_F(Server, ItEndsCleanlyWhileClientsHang) {
  box.variables["OPENMCP_SERVE_DRAIN_SECONDS"] = "1";
  Served served(box);
  HttpClient http(served.token);
  http.post(served.url + "/api/v1/contexts", R"({"type":"note","content":"kept","title":"kept"})");
  auto hanging = box.start({openmcp_program(), "commit", "-", "--title", "hanging"}, true);
  hanging.write("half");
  McpClient idle(box);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_CODE(served.stop(), 0);
  hanging.close_input();
  EXPECT_NE(hanging.wait().code, 0);
  EXPECT_FALSE(box.exists(".openmcp/server.sock") && box.openmcp({"mcp"}).code != 0);
  EXPECT_EQ(box.openmcp({"get", "kept"}).out, "kept");
}

TEST_F(Server, SettingsTokensAndLevelsAreReadAgain) {
  Served served(box);
  HttpClient http(served.token);
  box.write(".openmcp/openmcp.toml", "[log]\nlevel = \"info\"\n");
  served.process().signal(SIGHUP);
  EXPECT_TRUE(served.process().wrote_error("read again"));
  box.write(".openmcp/openmcp.toml", "[log]\nlevle = \"info\"\n");
  served.process().signal(SIGHUP);
  EXPECT_TRUE(served.process().wrote_error("openmcp.toml:2"));
  EXPECT_EQ(http.get(served.url + "/api/v1/contexts").status, 200u);
  box.write(".openmcp/openmcp.toml", "");
  EXPECT_CODE(served.stop(), 0);
}

TEST_F(Server, TokensAreMadeLimitedAndEnded) {
  Served served(box);
  auto made = box.json({"token", "create", "reader", "--scope", "read"});
  HttpClient reader(text_of(made.at("token")));
  EXPECT_EQ(reader.get(served.url + "/api/v1/contexts").status, 200u);
  EXPECT_EQ(reader.post(served.url + "/api/v1/contexts", R"({"type":"a","content":"b"})").status, 403u);
  auto elsewhere = box.json({"token", "create", "other", "--workspace", "elsewhere"});
  EXPECT_NE(HttpClient(text_of(elsewhere.at("token"))).get(served.url + "/api/v1/contexts").status, 200u);
  EXPECT_CODE(box.openmcp({"token", "revoke", "reader"}), 0);
  EXPECT_EQ(reader.get(served.url + "/api/v1/contexts").status, 401u);
  EXPECT_THAT(box.openmcp({"token", "list"}).out, HasSubstr("revoked"));
  EXPECT_CODE(box.openmcp({"token", "create", "late", "--expires", "2020-01-01"}), 2);
  EXPECT_CODE(box.openmcp({"token", "revoke", "nobody"}), 3);
  served.stop();
  // Without a server the same files are changed here.
  EXPECT_CODE(box.openmcp({"token", "create", "later", "--scope", "admin", "--expires", "30d"}), 0);
  EXPECT_CODE(box.openmcp({"audit", "verify"}), 0);
  auto log = box.read(".openmcp/audit.log");
  auto at = log.find("reader");
  ASSERT_NE(at, std::string::npos);
  log[at] = 'R';
  box.write(".openmcp/audit.log", log);
  EXPECT_CODE(box.openmcp({"audit", "verify"}), 5);
}

TEST_F(Server, SecretsAreNowhereButInTheirFiles) {
  box.variables["OPENMCP_LOG_LEVEL"] = "trace";
  box.variables["OPENMCP_SERVE_ACCESS_LOG"] = "access.log";
  Served served(box);
  HttpClient http(served.token);
  auto made = text_of(box.json({"token", "create", "x", "--scope", "write"}).at("token"));
  http.get(served.url + "/api/v1/contexts?token=" + made);
  http.ask("GET", served.url + "/api/v1/contexts", {}, {{"Authorization", "Bearer " + made}});
  http.ask("GET", served.url + "/api/v1/contexts", {}, {{"Authorization", "Bearer " + made + "x"}});
  http.post(served.url + "/api/v1/session", R"({"token":")" + made + "\"}");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  auto outcome = served.stop();
  EXPECT_CODE(outcome, 0);
  auto access = box.read(".openmcp/access.log");
  EXPECT_THAT(access, HasSubstr("/api/v1/contexts"));
  for (auto& secret : {served.token, made}) {
    auto key = secret.substr(std::string_view("omcp_0123456789ab_").size());  // behind the id, which is no secret
    ASSERT_EQ(key.size(), 43u) << secret;
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr(key)));
    for (auto& entry : std::filesystem::recursive_directory_iterator(box.path(".openmcp"))) {
      if (!entry.is_regular_file() || entry.path() == served.token_file) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
      EXPECT_EQ(bytes.find(key), std::string::npos) << entry.path();
    }
  }
}

TEST_F(Server, ConformanceModeStaysOnLoopback) {
  auto refused = box.openmcp({"serve", "--conformance", "--listen", "0.0.0.0:0"});
  EXPECT_CODE(refused, 2);
  EXPECT_THAT(refused.err, HasSubstr("--conformance"));
  Served served(box, {"--conformance"});
  HttpClient anyone;
  EXPECT_EQ(anyone.post(served.url + "/api/v1/contexts", R"({"type":"a","content":"b"})").status, 200u);
}

TEST_F(Server, StatusAndDoctorKnowIt) {
  {
    Served served(box);
    auto status = box.json({"status"});
    EXPECT_EQ(text_of(status.at("server").at("listen").at(0)), served.url);
    EXPECT_THAT(box.openmcp({"status"}).out, HasSubstr(served.gateway));
    auto doctor = box.openmcp({"doctor"});
    EXPECT_CODE(doctor, 0);
    EXPECT_THAT(doctor.out, HasSubstr(served.url));
    EXPECT_THAT(doctor.out, Not(HasSubstr("held by")));
  }
  EXPECT_TRUE(box.json({"status"}).at("server").is_null());
  EXPECT_THAT(box.openmcp({"doctor"}).out, HasSubstr("server.sock"));  // it was killed: the file is left
  EXPECT_CODE(box.openmcp({"commit", "--text", "x", "--title", "after"}), 0);
}

TEST_F(Server, TheOpenSecretIsForTerminalsOnly) {
  auto running = box.start({openmcp_program(), "serve", "--listen", "127.0.0.1:0", "--gateway", "none"});
  std::string said;
  while (auto line = running.line(std::chrono::seconds(10))) {
    said += *line + "\n";
    if (line->starts_with("token")) break;
  }
  EXPECT_THAT(said, HasSubstr("http://127.0.0.1:"));
  EXPECT_THAT(said, Not(HasSubstr("omcp_")));
  EXPECT_THAT(said, HasSubstr(".openmcp/token"));
  running.signal(SIGINT);
  EXPECT_CODE(running.wait(), 0);
}

TEST_F(Server, APortThatIsTakenIsNamed) {
  Served served(box);
  Sandbox other;
  auto port = served.url.substr(served.url.rfind(':') + 1);
  auto refused = other.openmcp({"serve", "--listen", "127.0.0.1:" + port, "--gateway", "none"});
  EXPECT_CODE(refused, 6);
  EXPECT_THAT(refused.err, HasSubstr(port));
  EXPECT_THAT(refused.err, HasSubstr("another program"));
}

}  // namespace
}  // namespace openmcp::test
