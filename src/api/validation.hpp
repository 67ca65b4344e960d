// What is wrong with a request, item by item, in the words of FastAPI and pydantic 2, which the original's clients
// read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/errors.hpp"
#include "context/id.hpp"
#include "ipld/cid.hpp"

namespace openmcp::api {

struct Invalid {
  std::string type;            ///< "missing", "string_type", ...
  std::string loc;             ///< JSON: ["body","content"]
  std::string msg;             ///< "Field required"
  std::string input = "null";  ///< JSON: what was there
  std::string ctx = {};        ///< JSON object; "" none
};

/// 422.
class InvalidRequest : public HttpError {
public:
  explicit InvalidRequest(std::vector<Invalid> items);
  explicit InvalidRequest(Invalid item) : InvalidRequest(std::vector<Invalid>{std::move(item)}) {}
  const std::vector<Invalid>& items() const noexcept { return items_; }

private:
  std::vector<Invalid> items_;
};

/// 409 that names the heads that are really there.
class HeadsConflict : public HttpError {
public:
  HeadsConflict(std::string message, std::vector<ipld::Cid> heads);
  const std::vector<ipld::Cid>& heads() const noexcept { return heads_; }

private:
  std::vector<ipld::Cid> heads_;
};

/// ["a","b"].
std::string location(std::string_view first, std::string_view second);

/// A UUID in any of the forms that pydantic takes: dashed, not dashed, in braces, as urn:uuid:.
base::Result<context::ContextId> parse_uuid(std::string_view text);
/// What pydantic says of a text that is no UUID.
Invalid invalid_uuid(std::string_view text, std::string loc);
/// Of the path. Throws InvalidRequest; not_found for the nil UUID.
context::ContextId path_id(const std::string& text);

/// {"detail": "Context not found"}, {"detail": [items]}, and what fastapi_error does of the rest.
http::Response original_error(const base::Error& error, const http::Request& request);
/// problem(), with "errors" (items as above) or "heads".
http::Response modern_error(const base::Error& error, const http::Request& request);

}  // namespace openmcp::api
