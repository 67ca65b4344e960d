// An OpenAI-compatible endpoint that is asked with the context that was found.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/config.hpp"
#include "base/env.hpp"
#include "http/client.hpp"

namespace openmcp::api::rpc {

struct AssistantOptions {
  std::string url;                                      ///< "https://.../v1"
  std::string model;                                    ///< "" leaves the choice to the endpoint
  base::Path key_file;                                  ///< "" no key
  base::Duration patience = std::chrono::seconds(120);  ///< without a byte of the answer
};
/// nullopt: assistant.url is not set.
std::optional<AssistantOptions> assistant_options(const base::Config& settings);

class Assistant {
public:
  Assistant(base::Env& env, AssistantOptions options);
  const std::string& model() const noexcept { return options_.model; }

  struct Reply {
    std::string text, model;
  };
  /// Errors say what the endpoint answered, never the key: permission (it refuses the key), unavailable, timeout,
  /// too_large, busy (429), invalid_argument (settings), corrupt (an answer of another shape).
  base::Task<Reply> ask(std::string context, std::string question);

private:
  base::Task<std::string> key();
  base::Env& env_;
  AssistantOptions options_;
  http::Client client_;
};

}  // namespace openmcp::api::rpc
