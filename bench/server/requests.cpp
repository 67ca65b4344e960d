#include "server/requests.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

#include "support/load.hpp"

namespace openmcp::bench {
namespace {

constexpr std::size_t kSize = 2048;  ///< bytes of a context
constexpr int kMade = 1000;

constexpr std::string_view kMcpFields = "Accept: application/json, text/event-stream\r\n";

std::string search_arguments(const std::string& words) {
  return fmt::format(R"("name":"context_search","arguments":{{"query":"{}"}})", words);
}

}  // namespace

std::string get_request(const std::string& fields, std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\n{}Accept: application/json\r\n\r\n", target, fields);
}

std::string post_request(const std::string& fields, std::string_view target, std::string_view json) {
  return fmt::format("POST {} HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", target,
                     fields, json.size(), json);
}

Posts::Posts(std::string fields, std::string_view target, std::uint64_t seed) {
  Prose prose(seed);
  const std::string zeros(kDigits, '0');
  for (int i = 0; i < kMade; ++i) {
    auto content = zeros + " " + prose.text(kSize - kDigits - 1);
    auto text = post_request(
        fields, target,
        fmt::format(R"({{"type":"documentation","content":"{}","context_metadata":{{"n":{}}}}})", content, i));
    auto number = text.find(zeros);
    made_.push_back({std::move(text), number});
  }
}

std::string_view Posts::next() {
  auto& made = made_[count_ % made_.size()];
  made.text.replace(made.number, kDigits, fmt::format("{:0{}}", count_++, kDigits));
  return made.text;
}

std::string bulk_body(Prose& prose, int count) {
  std::string out = R"({"operations":[)";
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += fmt::format(R"({{"op":"commit","type":"documentation","content":"{}"}})", prose.text(kSize));
  }
  return out + "]}";
}

std::string modern_search(const Openmcp& server, const std::string& words, int id) {
  constexpr std::string_view kMeta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                                     R"("io.modelcontextprotocol/clientCapabilities":{}})";
  auto fields =
      fmt::format("{}{}MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: context_search\r\n",
                  server.fields(), kMcpFields);
  return post_request(fields, "/mcp",
                      fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{{{},{}}}}})", id,
                                  search_arguments(words), kMeta));
}

std::string legacy_search(const Openmcp& server, const std::string& session, const std::string& words, int id) {
  auto fields = fmt::format("{}{}MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {}\r\n", server.fields(),
                            kMcpFields, session);
  return post_request(
      fields, "/mcp",
      fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{{{}}}}})", id, search_arguments(words)));
}

std::string begin_session(const Openmcp& server) {
  int socket = dial(server.port);
  auto answer = ask_once(
      socket, post_request(server.fields() + std::string(kMcpFields), "/mcp",
                           R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
                           R"("capabilities":{},"clientInfo":{"name":"bench","version":"1"}}})"));
  ::close(socket);
  auto session = answer.field("Mcp-Session-Id");
  if (session.empty()) throw std::runtime_error("initialize started no session: " + answer.head + answer.body);
  return session;
}

}  // namespace openmcp::bench
