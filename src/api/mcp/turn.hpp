// One request while it is being answered: who asked, with what client, and the ways back to that client (progress, log
// messages, questions). Tools, prompts and resources see nothing else of the protocol.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth.hpp"
#include "api/mcp/era.hpp"
#include "api/mcp/message.hpp"
#include "api/service.hpp"
#include "base/task.hpp"

namespace openmcp::api::mcp {

class Registry;
class Notices;

/// Where messages about one request go before its answer. Messages are whole JSON-RPC messages.
class Outlet {
public:
  virtual ~Outlet() = default;
  virtual base::Task<void> notify(std::string message) = 0;
  /// Legacy only: sends a request to the client and waits for its answer. Throws base::Error when it is none.
  virtual base::Task<SharedObject> request(std::string method, std::string params) = 0;
  /// Legacy Streamable HTTP: closes the stream of this request; the client fetches the rest with Last-Event-ID. Does
  /// nothing elsewhere.
  virtual base::Task<void> close_stream() { co_return; }
};

/// Something that only the client (its user, its model) can answer.
struct Question {
  std::string key;  ///< names the answer; unique in one request
  Capability needs = Capability::elicitation;
  std::string params;  ///< JSON, of elicitation/create, sampling/createMessage or roots/list
};
using Answers = std::map<std::string, SharedObject, std::less<>>;

/// Thrown by Turn::ask in the modern era: the request ends here and comes again with the answers.
struct InputRequired {
  std::vector<Question> questions;
  std::string state;  ///< see Turn::keep
};
std::string_view method_of(Capability capability) noexcept;

class Turn {
public:
  Turn(Service& service_, Registry& registry_, Notices& notices_, Caller caller_, ClientFacts client_, Outlet& outlet_)
      : service(service_),
        registry(registry_),
        notices(notices_),
        caller(std::move(caller_)),
        client(std::move(client_)),
        outlet(outlet_) {}

  Service& service;
  Registry& registry;
  Notices& notices;
  Caller caller;
  ClientFacts client;
  Outlet& outlet;
  std::string token;       ///< progressToken as JSON; "" none
  SharedObject responses;  ///< inputResponses of a retry; null: none
  std::string state;       ///< what keep() put aside in the round before; "" none

  /// Nothing happens unless the client gave a progressToken. `done` only grows. total 0: unknown.
  base::Task<void> progress(double done, double total, std::string message = {});
  /// Nothing happens unless the client wants messages of this level. `data` is JSON.
  base::Task<void> log(LogLevel level, std::string data);

  /// The answers of the client, each an object of the form that its question asks for. Modern: they came with the
  /// request, else InputRequired is thrown. Legacy: asks now and waits. Errors: RpcError -32021 (modern) or base::Error
  /// unsupported (legacy) when the client never said that it can; RpcError -32602 for answers of the wrong form.
  base::Task<Answers> ask(std::vector<Question> questions);
  /// Before ask(): what the retry is to find in `state`. It is sealed, and bound to this request and caller.
  void keep(std::string text) { kept_ = std::move(text); }

private:
  std::string kept_;
};

/// Whether an answer has the form that its kind of question asks for.
bool fits(Capability kind, const JsonObject& answer);

}  // namespace openmcp::api::mcp
