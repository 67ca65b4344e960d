// Many operations in one request, each with its own result: one that fails stops no other.
#include <fmt/format.h>

#include "api/json.hpp"
#include "api/json_spans.hpp"
#include "api/rest/commit_body.hpp"
#include "api/rest/handlers.hpp"
#include "api/rest/once.hpp"
#include "context/workspace.hpp"

namespace openmcp::api::rest {

using base::Errc;

namespace {

constexpr std::size_t kMostOperations = 1000;
constexpr std::size_t kAtOnce = 64;  ///< new contexts committed together: they share their syncs

[[noreturn]] void wrong(std::string loc, std::string type, std::string msg, std::string ctx = {}) {
  throw InvalidRequest(
      Invalid{.type = std::move(type), .loc = std::move(loc), .msg = std::move(msg), .ctx = std::move(ctx)});
}

std::string error_json(const base::Error& error) {
  JsonWriter json;
  json.begin_object().field("ok", false).key("error").begin_object();
  json.field("status", http_status(error));
  json.field("detail", error.code() == Errc::internal ? "something went wrong inside of the server" : error.message());
  if (!error.hint().empty()) json.field("hint", error.hint());
  auto exact = dynamic_cast<const HttpError*>(&error);
  json.field("code", exact ? exact->name() : base::to_string(error.code()));
  if (auto invalid = dynamic_cast<const InvalidRequest*>(&error)) {
    json.key("errors").begin_array();
    for (const auto& item : invalid->items())
      json.begin_object().field("type", item.type).key("loc").raw(item.loc).field("msg", item.msg).end_object();
    json.end_array();
  }
  return json.end_object().end_object().take();
}

std::string result_json(const context::CommitResult& result) {
  JsonWriter json;
  write_json(json, result);
  JsonWriter front;
  front.begin_object().field("ok", true).end_object();
  auto out = front.take();
  out.back() = ',';
  return out + json.take().substr(1);
}

struct Operation {
  enum class Kind : unsigned char { create, commit, edit, forget } kind;
  std::optional<context::CommitRequest> commit;
  std::optional<context::EditRequest> edit;
  context::ContextId id;
};

Operation read_operation(std::string text, std::size_t index) {
  Body body(std::move(text), fmt::format("\"body\",\"operations\",{}", index));
  const auto op = body.text("op", {.required = true, .min = 1, .max = 16});
  Operation out{.kind = Operation::Kind::create, .commit = {}, .edit = {}, .id = {}};
  if (op == "commit") {
    out.commit = read_commit(body, {.type_required = false, .content_required = !body.has("id"), .id_allowed = true});
    if (!out.commit->new_context) out.kind = Operation::Kind::commit;
  } else if (op == "edit" || op == "forget") {
    out.kind = op == "edit" ? Operation::Kind::edit : Operation::Kind::forget;
    auto id = body.id("id");
    if (!id && !body.has("id")) body.wrong("id", "missing", "Field required");
    if (id && op == "edit") out.edit = read_edit(body, *id);
    if (id) out.id = *id;
  } else if (op) {
    body.wrong("op", "literal_error", "Input should be 'commit', 'edit' or 'forget'",
               R"({"expected":"'commit', 'edit' or 'forget'"})");
  }
  body.check();
  return out;
}

class Bulk {
public:
  Bulk(SurfacePtr surface, Call& call, std::vector<std::string_view> texts)
      : surface_(std::move(surface)), call_(call), texts_(std::move(texts)), results_(texts_.size()) {}

  base::Task<std::vector<std::string>> run() {
    std::vector<std::pair<std::size_t, Operation>> creating;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      std::optional<Operation> operation;
      try {
        operation = read_operation(std::string(texts_[i]), i);
      } catch (const base::Error& error) {
        results_[i] = error_json(error);
      }
      if (!operation) continue;
      if (operation->kind == Operation::Kind::create) {
        creating.emplace_back(i, *std::move(operation));
        if (creating.size() == kAtOnce) co_await create(std::exchange(creating, {}));
        continue;
      }
      // What changes something that is there comes after everything before it.
      co_await create(std::exchange(creating, {}));
      co_await one(i, *std::move(operation));
    }
    co_await create(std::move(creating));
    co_await forget();
    co_return std::move(results_);
  }

private:
  base::Task<void> create(std::vector<std::pair<std::size_t, Operation>> operations) {
    if (operations.empty()) co_return;
    base::TaskGroup group(surface_->service.env);
    for (auto& [index, operation] : operations) group.spawn(one(index, std::move(operation)));
    co_await group.join();
  }

  /// Never throws but for a cancellation.
  base::Task<void> one(std::size_t index, Operation operation) {
    try {
      switch (operation.kind) {
        case Operation::Kind::create:
        case Operation::Kind::commit: {
          auto result = co_await surface_->service.workspace.commit(*std::move(operation.commit));
          audit(*surface_, call_, result.created ? "context.commit" : "context.update", result.id.text());
          results_[index] = result_json(result);
          break;
        }
        case Operation::Kind::edit: {
          auto result = co_await surface_->service.workspace.edit(*std::move(operation.edit));
          audit(*surface_, call_, "context.update", result.id.text());
          results_[index] = result_json(result);
          break;
        }
        case Operation::Kind::forget: {
          // Blocks are collected once, at the end.
          context::ForgetRequest request{.ids = {operation.id}, .reason = {}, .collect = false};
          auto report = co_await surface_->service.workspace.forget(std::move(request));
          if (report.forgotten.empty())
            throw base::Error(Errc::not_found, "context " + operation.id.text() + " was forgotten");
          audit(*surface_, call_, "context.forget", operation.id.text());
          JsonWriter json;
          json.begin_object().field("ok", true).field("id", operation.id.text()).field("forgotten", true).end_object();
          results_[index] = json.take();
          forgotten_ = true;
          break;
        }
      }
    } catch (const base::Error& error) {
      if (error.code() == Errc::cancelled) throw;
      results_[index] = error_json(error);
    }
  }

  base::Task<void> forget() {
    if (forgotten_) co_await surface_->service.store.collect({});
  }

  SurfacePtr surface_;
  Call& call_;
  std::vector<std::string_view> texts_;
  std::vector<std::string> results_;
  bool forgotten_ = false;
};

}  // namespace

base::Task<void> run_bulk(SurfacePtr surface, Call& call) {
  auto read = co_await read_json(surface, call);
  auto members = json_members(read.text);
  if (!members) {
    Body body(std::move(read.text));  // says what is wrong with it
    wrong(R"(["body"])", "json_invalid", "JSON decode error");
  }
  auto operations = json_member(read.text, "operations");
  if (!operations) wrong(location("body", "operations"), "missing", "Field required");
  auto texts = json_elements(*operations);
  if (!texts) wrong(location("body", "operations"), "list_type", "Input should be a valid list");
  if (texts->size() > kMostOperations)
    wrong(location("body", "operations"), "too_long",
          fmt::format("List should have at most {} items after validation, not {}", kMostOperations, texts->size()),
          fmt::format("{{\"field_type\":\"List\",\"max_length\":{},\"actual_length\":{}}}", kMostOperations,
                      texts->size()));
  // `texts` lies in `read.text`, which stays.
  Once once(call, read.text);
  if (co_await once.answered(surface, call)) co_return;
  Bulk bulk(surface, call, *std::move(texts));
  auto results = co_await bulk.run();
  std::string json = R"({"results":[)";
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i > 0) json += ',';
    json += results[i];
  }
  json += "]}";
  Once::Answer answer{.json = std::move(json)};
  co_await once.answer(call, std::move(answer));
}

}  // namespace openmcp::api::rest
