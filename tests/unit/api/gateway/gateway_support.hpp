// A gateway over a store in memory, filled from the fixtures of the public conformance suite.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "api/gateway/gateway.hpp"
#include "api/gateway/ipns_name.hpp"
#include "ipld/car/reader.hpp"
#include "ipld/path.hpp"
#include "storage/memory_store.hpp"
#include "support/blocks.hpp"
#include "support/fake_exchange.hpp"
#include "support/multipart.hpp"
#include "support/run.hpp"
#include "support/vectors.hpp"

namespace openmcp::test {

/// Names whose records are given; nothing is checked here.
class GivenNames final : public api::gateway::NameSource {
public:
  base::Task<std::optional<base::Bytes>> record(std::string name) override {
    auto found = records.find(name);
    if (found == records.end()) co_return std::nullopt;
    co_return found->second;
  }
  void put(std::string_view name, base::Bytes record) {
    records[base::unwrap(api::gateway::IpnsName::parse(name)).text()] = std::move(record);
  }
  std::map<std::string, base::Bytes> records;
};

struct Answered {
  unsigned status = 0;
  http::Headers headers;
  std::string body;
  bool finished = false;
  std::string header(std::string_view name) const { return std::string(headers.get(name)); }
};

class GatewayTest : public testing::Test {
protected:
  GatewayTest() {
    options.open = true;
    options.domains = {"localhost"};
  }

  /// Puts the blocks of a fixture into the store; its first root.
  Cid load(const std::filesystem::path& car) {
    auto source = ipld::car::bytes_source(base::SharedBytes(slurp(car)));
    return run(env, ipld::car::import_car(env, std::move(source), store)).roots.at(0);
  }
  Cid at(Cid root, std::vector<std::string> path) {
    ipld::ContentPath where{.root = std::move(root), .segments = std::move(path)};
    return run(env, ipld::resolve(store, std::move(where))).cid;
  }
  std::string block(const Cid& cid) { return std::string(base::as_text(run(env, ipld::get_block(store, cid)).view())); }
  /// The record in this file, under the name that the file's name begins with.
  std::string load_record(const std::filesystem::path& file) {
    auto name = file.filename().string();
    name = name.substr(0, name.find_first_of("_."));
    names.put(name, slurp(file));
    return name;
  }

  Answered ask(const std::string& method, const std::string& target, http::Headers headers = {},
               const std::string& host = "127.0.0.1:8080") {
    api::gateway::GatewayParts parts{.env = env, .blocks = store, .names = &names};
    parts.auth = auth;
    auto gateway = api::gateway::make_gateway(parts, options);
    FakeExchange exchange(env, method, target, std::move(headers));
    exchange.asked().authority = host;
    run(env, gateway(exchange));
    return {exchange.status(), exchange.headers(), exchange.body(), exchange.finished()};
  }
  Answered get(const std::string& target, http::Headers headers = {}) { return ask("GET", target, std::move(headers)); }
  Answered get_at(const std::string& host, const std::string& target, http::Headers headers = {}) {
    return ask("GET", target, std::move(headers), host);
  }
  /// The CIDs of a CAR in its order.
  std::vector<std::string> cids_in(const std::string& car) {
    ipld::car::Reader reader(ipld::car::bytes_source(base::SharedBytes(base::to_bytes(car))));
    std::vector<std::string> cids;
    while (auto section = run(env, reader.next())) cids.push_back(section->block.cid.text());
    return cids;
  }

  base::RealEnv env;
  storage::MemoryStore store;
  GivenNames names;
  api::Auth* auth = nullptr;
  api::gateway::GatewayOptions options;
};

inline constexpr std::string_view kImmutable = "public, max-age=29030400, immutable";

}  // namespace openmcp::test
