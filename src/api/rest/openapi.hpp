// The OpenAPI 3.1 document of everything under /api/v1 on the main listener, from one table of operations.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth.hpp"

namespace openmcp::api::rest {

/// The body of a good answer.
struct AnswerShape {
  std::string_view schema;                      ///< of components/schemas; "" no JSON
  std::string_view media = "application/json";  ///< "" no body
};

struct OperationDoc {
  std::string_view method, path, id, tag, summary;
  Role needs = Role::reader;
  std::vector<std::string_view> parameters;  ///< of components/parameters
  std::string_view body;                     ///< schema of a JSON body; "" none; "bytes": any media type
  bool body_optional = false;
  AnswerShape answer;
  std::string_view errors;     ///< "original" or "problem"
  std::string_view more = {};  ///< JSON members of the operation's responses besides the usual ones; "" none
};

std::span<const OperationDoc> operations();
/// JSON objects of components: "schemas", "parameters" (openapi_components.cpp).
std::string_view openapi_schemas() noexcept;
std::string_view openapi_parameters() noexcept;

std::string openapi_json(std::string_view version);
std::string docs_html();

}  // namespace openmcp::api::rest
