// Tools, resources and prompts: one table of each, for the product's and for the fixtures of the conformance suite.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth.hpp"
#include "api/mcp/header_check.hpp"
#include "api/mcp/schema.hpp"
#include "api/mcp/turn.hpp"
#include "base/task.hpp"

namespace openmcp::api::mcp {

// --- tools ---------------------------------------------------------------------------------------------------------

struct ToolResult {
  std::string content;     ///< JSON array of content blocks
  std::string structured;  ///< JSON object; "" none
  bool error = false;      ///< the tool ran into trouble: for the model to read
};
/// Arguments fit the tool's schema. base::Error becomes a result with isError; RpcError and InputRequired the answer.
using ToolFn = std::function<base::Task<ToolResult>(Turn&, const JsonObject&)>;

struct ToolHints {
  bool read_only = false, destructive = false, idempotent = false, open_world = false;
};

struct Tool {
  std::string name, title, description;
  std::string input_schema;   ///< JSON
  std::string output_schema;  ///< JSON; "" none
  ToolHints hints;
  Role needs = Role::reader;
  ToolFn run;
};

// --- prompts -------------------------------------------------------------------------------------------------------

struct PromptArgument {
  std::string name, description;
  bool required = false;
};
struct PromptResult {
  std::string description;
  std::string messages;  ///< JSON array
};
/// Required arguments are there; all are texts.
using PromptFn = std::function<base::Task<PromptResult>(Turn&, const JsonObject&)>;

struct Prompt {
  std::string name, title, description;
  std::vector<PromptArgument> arguments;
  PromptFn run;
};

// --- resources -----------------------------------------------------------------------------------------------------

struct Resource {
  std::string uri, name, title, description, mime;
};
struct ResourceTemplate {
  std::string uri_template, name, title, description, mime;  ///< mime "" : varies
};
struct ResourcePage {
  std::vector<std::string> resources;  ///< JSON objects
  std::string next;                    ///< cursor; "" the end
};
/// `contents` of resources/read as a JSON array; nullopt: not a resource of this reader.
using ResourceReader = std::function<base::Task<std::optional<std::string>>(Turn&, std::string uri)>;
/// Resources that are not in the table. Error invalid_argument for a bad cursor.
using ResourceLister = std::function<base::Task<ResourcePage>(Turn&, std::string cursor)>;

// --- completion ----------------------------------------------------------------------------------------------------

struct Completion {
  std::vector<std::string> values;  ///< at most 100
  std::size_t total = 0;
};
struct CompletionAsk {
  std::string argument, value;
  const JsonObject* known = nullptr;  ///< arguments already given; may be null
};
using Completer = std::function<base::Task<Completion>(Turn&, CompletionAsk)>;

class Registry {
public:
  struct ToolEntry {
    Tool tool;
    Schema schema;
    std::vector<HeaderParam> headers;
    std::string listed;  ///< as in tools/list
  };

  using SharedTool = std::shared_ptr<const ToolEntry>;  ///< a call in progress keeps the tool that it began with
  using SharedPrompt = std::shared_ptr<const Prompt>;

  /// Error invalid_argument: a name or schema that cannot be, or a name that is taken: a mistake of ours, thrown.
  void add(Tool tool);
  void remove_tool(std::string_view name);
  SharedTool tool(std::string_view name) const noexcept;  ///< null: none
  const std::vector<SharedTool>& tools() const noexcept { return tools_; }

  void add(Prompt prompt);
  void remove_prompt(std::string_view name);
  SharedPrompt prompt(std::string_view name) const noexcept;
  const std::vector<SharedPrompt>& prompts() const noexcept { return prompts_; }

  void add(Resource resource) { resources_.push_back(std::move(resource)); }
  void add(ResourceTemplate item) { templates_.push_back(std::move(item)); }
  void add_reader(ResourceReader reader) { readers_.push_back(std::move(reader)); }
  void set_lister(ResourceLister lister) { lister_ = std::move(lister); }
  const std::vector<Resource>& resources() const noexcept { return resources_; }
  const std::vector<ResourceTemplate>& templates() const noexcept { return templates_; }
  const std::vector<ResourceReader>& readers() const noexcept { return readers_; }
  const ResourceLister& lister() const noexcept { return lister_; }

  /// `reference`: a prompt's name or a URI template.
  void add_completer(std::string reference, Completer completer);
  const Completer* completer(std::string_view reference) const noexcept;

private:
  std::vector<SharedTool> tools_;
  std::vector<SharedPrompt> prompts_;
  std::vector<Resource> resources_;
  std::vector<ResourceTemplate> templates_;
  std::vector<ResourceReader> readers_;
  ResourceLister lister_;
  std::vector<std::pair<std::string, Completer>> completers_;
};

/// As in prompts/list, resources/list and resources/templates/list.
std::string listed(const Prompt& prompt);
std::string listed(const Resource& resource);
std::string listed(const ResourceTemplate& item);

}  // namespace openmcp::api::mcp
