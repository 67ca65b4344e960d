// The OpenAPI document: it has every route of the server and no other, and the running server does what it says
// (schemathesis, see openapi/requirements.txt).
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "api/mcp/mcp.hpp"
#include "api/ops/ops.hpp"
#include "api/rest/openapi.hpp"
#include "api/rest/rest.hpp"
#include "api/rpc/rpc.hpp"
#include "conformance/server_under_test.hpp"
#include "support/service_fixture.hpp"

namespace openmcp::test {
namespace {

TEST(OpenApiDocument, HasEveryRouteOfTheServerAndNoOther) {
  ServiceFixture fixture;
  const bool draining = false;
  api::rest::add_rest(*fixture.router, *fixture.service);
  api::rpc::add_rpc(*fixture.router, *fixture.service);
  api::ops::add_ops(*fixture.router, *fixture.service, draining);
  std::set<std::string> documented, routed;
  for (const auto& operation : api::rest::operations())
    documented.insert(std::string(operation.method) + " " + std::string(operation.path));
  for (const auto& [method, pattern] : fixture.router->routes())
    if (pattern.starts_with("/api/v1")) routed.insert(method + " " + pattern);
  EXPECT_EQ(documented, routed);
}

struct Ran {
  int status = 0;
  std::string output;
};
Ran run_shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start a shell");
  Ran out;
  for (char piece[1 << 14]; std::size_t size = fread(piece, 1, sizeof piece, pipe);) out.output.append(piece, size);
  const int status = pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

TEST(OpenApiDocument, TheServerDoesWhatItSays) {
  const char* program = std::getenv("OPENMCP_SCHEMATHESIS");
  if (!program) GTEST_SKIP() << "no schemathesis (set OPENMCP_SCHEMATHESIS; ./dev setup installs it)";
  const char* asked = std::getenv("OPENMCP_SCHEMATHESIS_EXAMPLES");  // more than is usual, by hand
  ServerUnderTest server(ServerUnderTest::Mode::product, {"one", "two", "three"});
  TempDirectory place;
  // Events never end. Not every text that fits a schema can be taken (a CID, a cursor, a tag of what is there), so that
  // one check is left out.
  auto ran = run_shell("cd '" + place.path().string() + "' && '" + program +
                       "' run --no-color --seed 1 --max-examples " + (asked ? asked : "15") +
                       " --workers 1 --request-timeout 20 --exclude-path /api/v1/events"
                       " --phases examples,coverage,fuzzing,stateful --suppress-health-check all --checks all"
                       " --exclude-checks positive_data_acceptance --header 'Authorization: Bearer " +
                       server.token() + "' --url " + server.origin() + " " + server.origin() + "/api/v1/openapi.json");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace openmcp::test
