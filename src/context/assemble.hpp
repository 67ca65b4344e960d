// The contexts that fit a question, put together within a budget of tokens, each with where it came from: what an AI
// client asks for before it answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "context/workspace.hpp"

namespace openmcp::context {

/// A rough count, on the safe side for common tokenizers: no model's own tokenizer is at hand.
std::uint32_t estimate_tokens(std::string_view text) noexcept;

struct AssembleRequest {
  search::Query query;
  std::vector<ContextId> also;         ///< taken first, whatever the query says
  std::uint32_t budget_tokens = 4000;  ///< of the whole text, headings included; 200 to 200 000
  std::uint32_t related = 0;           ///< follow relations of what was found so many steps, 0 to 3
};

struct AssembledPart {
  ContextId id;
  std::string version, content;  ///< CIDs: what to cite
  std::string type, title, author;
  std::int64_t time = 0;  ///< microseconds, of the version
  std::string text;       ///< as it stands in Assembled::text
  bool whole = false;     ///< false: the passages that fit
  std::uint32_t tokens = 0;
};

struct LeftOut {
  ContextId id;
  std::string title, why;  ///< "over the budget", "not text", "the same content as <id>"
  std::uint32_t tokens = 0;
};

struct Assembled {
  /// Markdown: a heading a part with title, type, date, id and CID, then its text fenced so that stored text cannot
  /// pass for instructions.
  std::string text;
  std::uint32_t tokens = 0;
  std::vector<AssembledPart> parts;
  std::vector<LeftOut> left_out;
  std::vector<std::string> notes;
};

base::Task<Assembled> assemble(Workspace& workspace, AssembleRequest request);

}  // namespace openmcp::context
