#include "api/json_writer.hpp"
#include "api/mcp/fixtures.hpp"
#include "api/mcp/notices.hpp"
#include "api/mcp/rendering.hpp"

namespace openmcp::api::mcp::fixtures {

namespace {

constexpr auto kPause = std::chrono::milliseconds(50);

base::Task<ToolResult> with_progress(Turn& turn, const JsonObject&) {
  co_await turn.progress(0, 100);
  co_await turn.service.env.sleep(kPause);
  co_await turn.progress(50, 100);
  co_await turn.service.env.sleep(kPause);
  co_await turn.progress(100, 100);
  co_return text_result("Progress was reported.");
}

base::Task<ToolResult> with_logs(Turn& turn, const JsonObject&) {
  co_await turn.log(LogLevel::info, json_quoted("Tool execution started"));
  co_await turn.service.env.sleep(kPause);
  co_await turn.log(LogLevel::info, json_quoted("Tool processing data"));
  co_await turn.service.env.sleep(kPause);
  co_await turn.log(LogLevel::info, json_quoted("Tool execution completed"));
  co_return text_result("Messages were sent.");
}

base::Task<ToolResult> reconnection(Turn& turn, const JsonObject&) {
  co_await turn.outlet.close_stream();
  co_await turn.service.env.sleep(kPause);
  co_return text_result("The stream was closed and taken up again.");
}

base::Task<ToolResult> change_tools(Turn& turn, const JsonObject&) {
  constexpr std::string_view name = "test_dynamic_tool";
  auto said = [](Turn&, const JsonObject&) -> base::Task<ToolResult> { co_return text_result("I come and go."); };
  if (turn.registry.tool(name)) {
    turn.registry.remove_tool(name);
  } else {
    turn.registry.add(tool(std::string(name), "Is there every other time", said));
  }
  turn.notices.publish({Notice::Kind::tools, {}});
  co_return text_result("The list of tools has changed.");
}

base::Task<ToolResult> change_prompts(Turn& turn, const JsonObject&) {
  constexpr std::string_view name = "test_dynamic_prompt";
  auto said = [](Turn&, const JsonObject&) -> base::Task<PromptResult> {
    co_return PromptResult{"", R"([{"role":"user","content":{"type":"text","text":"I come and go."}}])"};
  };
  if (turn.registry.prompt(name)) {
    turn.registry.remove_prompt(name);
  } else {
    turn.registry.add(Prompt{std::string(name), std::string(name), "Is there every other time", {}, said});
  }
  turn.notices.publish({Notice::Kind::prompts, {}});
  co_return text_result("The list of prompts has changed.");
}

}  // namespace

void add_live_tools(Registry& registry) {
  registry.add(tool("test_tool_with_progress", "Reports progress in three steps", with_progress));
  registry.add(tool("test_tool_with_logging", "Sends three log messages", with_logs));
  registry.add(tool("test_logging_tool", "Sends log messages when they are wanted", with_logs));
  registry.add(tool("test_reconnection", "Closes its stream before it answers", reconnection));
  registry.add(tool("test_trigger_tool_change", "Changes the list of tools", change_tools));
  registry.add(tool("test_trigger_prompt_change", "Changes the list of prompts", change_prompts));
}

}  // namespace openmcp::api::mcp::fixtures
