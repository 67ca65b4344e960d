// The JSON body of a request, read field by field. What is wrong is collected, so that a client learns all of it at
// once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/validation.hpp"
#include "base/bytes.hpp"
#include "context/manifest.hpp"

namespace openmcp::api {

class Body {
public:
  /// `where`: the beginning of each location, as JSON without its brackets. Throws InvalidRequest when the text is not
  /// JSON or not an object.
  explicit Body(std::string text, std::string where = "\"body\"");
  ~Body();
  Body(Body&&) noexcept;
  Body& operator=(Body&&) noexcept;

  bool has(std::string_view name) const;  ///< and is not null
  /// An object inside; nullopt: absent, null, or wrong. It has its own check().
  std::optional<Body> object(std::string_view name);
  /// The text of a member as it was sent; nullopt: absent.
  std::optional<std::string_view> raw(std::string_view name) const;

  struct Text {
    bool required = false;
    std::size_t min = 0, max = ~std::size_t{0};  ///< bytes
  };
  /// nullopt: absent, null, or wrong (then it is noted).
  std::optional<std::string> text(std::string_view name, Text rule);
  std::optional<std::string> text(std::string_view name) { return text(name, Text{}); }
  /// A string whose bytes stay in the parsed document.
  std::optional<base::SharedBytes> bytes(std::string_view name, bool required);
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t most, std::size_t longest);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least, std::uint64_t most);
  /// A JSON object in canonical text (see context::canonical_json).
  std::optional<std::string> metadata(std::string_view name);
  std::optional<std::vector<context::Relation>> relations(std::string_view name);
  std::optional<context::ContextId> id(std::string_view name);
  std::optional<std::vector<context::ContextId>> ids(std::string_view name, std::size_t most);
  std::optional<ipld::Cid> cid(std::string_view name);
  std::optional<std::vector<ipld::Cid>> cids(std::string_view name, std::size_t most);

  /// Notes something about a field.
  void wrong(std::string_view name, std::string type, std::string msg, std::string ctx = {});
  /// Throws InvalidRequest when something was wrong.
  void check() const;

private:
  struct State;
  explicit Body(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace openmcp::api
