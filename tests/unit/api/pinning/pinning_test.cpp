// The pinning service: its calls, and that what it says of a pin is true, also after a restart.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "api/pinning/pin_service.hpp"
#include "api/pinning/pinning.hpp"
#include "storage/memory_store.hpp"
#include "support/blocks.hpp"
#include "support/held_env.hpp"
#include "support/service_fixture.hpp"

namespace openmcp::test {
namespace {

using api::Role;
using api::pinning::Filter;
using api::pinning::parse_filter;
using api::pinning::parse_pin;
using api::pinning::Pin;
using api::pinning::PinService;
using api::pinning::Status;
using testing::ElementsAre;
using testing::HasSubstr;
namespace json = boost::json;

// --- the service by itself -------------------------------------------------------------------------------------------

class PinServiceTest : public testing::Test {
protected:
  static Pin pin(const Cid& cid, std::optional<std::string> name = {}) {
    Pin out;
    out.cid = cid;
    out.cid_text = cid.text();
    out.name = std::move(name);
    return out;
  }
  void make() { pins = std::make_unique<PinService>(env, store, temp / "pinsvc"); }
  std::vector<std::string> pin_names() {
    std::vector<std::string> names;
    for (auto& each : run(env, store.pins("", "", 100)).pins) names.push_back(each.name);
    return names;
  }
  void SetUp() override { make(); }

  base::RealEnv env;
  storage::MemoryStore store;
  TempDir temp;
  std::unique_ptr<PinService> pins;
};

TEST_F(PinServiceTest, WhatIsHereIsPinned) {
  auto leaf = raw_block("leaf"), root = parent_block("root", {leaf.cid});
  run(env, store.store({leaf, root}, Durability::synced));
  auto state = run(env, pins->add(pin(root.cid, "mine")));
  EXPECT_EQ(state.status, Status::pinned);
  EXPECT_THAT(pin_names(), ElementsAre("pinsvc/" + state.request.id));
  run(env, store.collect({}));
  EXPECT_TRUE(run(env, store.has(leaf.cid)));

  auto single = run(env, pins->add(pin(leaf.cid)));
  EXPECT_EQ(single.dag_size, 4u);
  EXPECT_EQ(run(env, pins->add(pin(base::unwrap(Cid::parse("bafkqaaa"))))).status, Status::pinned);
  run(env, pins->remove(state.request.id));
  EXPECT_EQ(error_of(env, pins->get(state.request.id)), Errc::not_found);
  EXPECT_EQ(error_of(env, pins->remove(state.request.id)), Errc::not_found);
  run(env, store.collect({}));
  EXPECT_FALSE(run(env, store.has(root.cid)));
  EXPECT_TRUE(run(env, store.has(leaf.cid)));
}

TEST_F(PinServiceTest, WhatIsMissingIsWaitedFor) {
  auto leaf = raw_block("leaf"), root = parent_block("root", {leaf.cid});
  auto state = run(env, pins->add(pin(root.cid)));
  EXPECT_EQ(state.status, Status::queued);
  EXPECT_THAT(state.details, HasSubstr(root.cid.text()));
  run(env, store.store(root));
  state = run(env, pins->get(state.request.id));
  EXPECT_EQ(state.status, Status::queued);
  EXPECT_THAT(state.details, HasSubstr(leaf.cid.text()));

  make();  // a restart
  EXPECT_EQ(run(env, pins->get(state.request.id)).status, Status::queued);
  run(env, store.store(leaf));
  run(env, pins->catch_up());
  EXPECT_EQ(pin_names().size(), 1u);
  auto pinned = run(env, pins->get(state.request.id));
  EXPECT_EQ(pinned.status, Status::pinned);
  EXPECT_EQ(pinned.details, "");
  EXPECT_EQ(pinned.request.created, state.request.created);

  make();
  EXPECT_EQ(run(env, pins->get(state.request.id)).status, Status::pinned);
}

TEST_F(PinServiceTest, ADagThatCannotBeReadFails) {
  Block bad{Cid::v1(Codec::dag_cbor, raw_block("\xff\xff").cid.hash()), base::SharedBytes(base::to_bytes("\xff\xff"))};
  run(env, store.store(raw_block("\xff\xff")));
  auto state = run(env, pins->add(pin(bad.cid)));
  EXPECT_EQ(state.status, Status::failed);
  EXPECT_NE(state.details, "");
}

TEST_F(PinServiceTest, WhatIsBeingPinnedIsSeenMeanwhile) {
  HeldEnv held(env);
  storage::LocalStoreOptions options;
  options.path = temp / "store";
  auto slow = run(env, storage::LocalStore::open(held, options));
  auto block = raw_block("content");
  run(env, slow->store(block));
  PinService service(env, *slow, temp / "slow");
  run(env, service.catch_up());
  auto body = [&](base::TaskGroup& group) -> base::Task<void> {
    auto add = [](PinService& to, Pin what) -> base::Task<void> { co_await to.add(std::move(what)); };
    held.hold();
    group.spawn(add(service, pin(block.cid)));
    while (service.waiting().pinning == 0) co_await env.sleep(std::chrono::milliseconds(1));
    held.release();
    co_await group.join();
  };
  run(env, base::with_group(env, body));
  EXPECT_EQ(service.waiting().pinning, 0u);
  EXPECT_EQ(service.waiting().queued, 0u);
  run(env, slow->close());
}

TEST_F(PinServiceTest, TheStoreIsTheTruth) {
  auto block = raw_block("x");
  run(env, store.store(block));
  auto id = run(env, pins->add(pin(block.cid))).request.id;
  // Somebody removes the pin by its name: it is asked for, so it comes back as long as the block is here.
  storage::Pin ours = pin_of(block.cid, "pinsvc/" + id);
  run(env, store.apply(batch_of({}, {remove_pin(ours)})));
  Filter any;
  any.statuses = {Status::queued, Status::pinned};
  EXPECT_EQ(run(env, pins->list(any)).results.at(0).status, Status::pinned);
  EXPECT_EQ(pin_names().size(), 1u);
  // A pin without its request (the power went between the two) goes.
  std::filesystem::remove(temp / ("pinsvc/" + id + ".json"));
  make();
  EXPECT_EQ(run(env, pins->list(any)).count, 0u);
  EXPECT_TRUE(pin_names().empty());
}

TEST_F(PinServiceTest, ReplacingKeepsWhatBothNeed) {
  auto shared = raw_block("shared"), a = parent_block("a", {shared.cid}), b = parent_block("b", {shared.cid});
  run(env, store.store({shared, a, b}, Durability::synced));
  auto first = run(env, pins->add(pin(a.cid)));
  auto second = run(env, pins->replace(first.request.id, pin(b.cid)));
  EXPECT_NE(second.request.id, first.request.id);
  EXPECT_EQ(second.status, Status::pinned);
  EXPECT_EQ(error_of(env, pins->get(first.request.id)), Errc::not_found);
  EXPECT_EQ(error_of(env, pins->replace(first.request.id, pin(a.cid))), Errc::not_found);
  run(env, store.collect({}));
  EXPECT_TRUE(run(env, store.has(shared.cid)));
  EXPECT_FALSE(run(env, store.has(a.cid)));
}

TEST_F(PinServiceTest, ListsComeNewestFirstInPages) {
  for (int i = 0; i < 15; ++i)
    run(env, pins->add(pin(raw_block("n" + std::to_string(i)).cid, "N" + std::to_string(i))));
  Filter any;
  any.statuses = {Status::queued};
  auto page = run(env, pins->list(any));
  EXPECT_EQ(page.count, 15u);
  ASSERT_EQ(page.results.size(), 10u);
  EXPECT_EQ(page.results[0].request.pin.name, "N14");
  std::set<std::int64_t> times;
  for (auto& each : page.results) {
    EXPECT_EQ(each.request.created % 1000, 0);
    times.insert(each.request.created);
  }
  EXPECT_EQ(times.size(), 10u);
  any.before = page.results.back().request.created;
  page = run(env, pins->list(any));
  EXPECT_EQ(page.count, 5u);
  EXPECT_EQ(page.results.back().request.pin.name, "N0");
  any.before.reset();
  any.name = "n1";
  EXPECT_EQ(run(env, pins->list(any)).count, 0u);
  any.without_case = true;
  EXPECT_EQ(run(env, pins->list(any)).count, 1u);
  any.partial = true;
  EXPECT_EQ(run(env, pins->list(any)).count, 6u);
  EXPECT_EQ(run(env, pins->list({})).count, 0u);  // without a filter: what is pinned
}

TEST_F(PinServiceTest, NothingAfterTheStop) {
  run(env, pins->stop());
  EXPECT_EQ(error_of(env, pins->catch_up()), Errc::unavailable);
}

// --- the words -------------------------------------------------------------------------------------------------------

TEST(PinRequest, PinsAreReadStrictly) {
  auto pin = base::unwrap(parse_pin(R"({"cid":"bafkqaaa","name":"a","origins":["/ip4/1.2.3.4/tcp/4001/p2p/Qm"],
                                       "meta":{"app":"x"},"later":1})"));
  EXPECT_EQ(pin.name, "a");
  EXPECT_EQ(pin.meta.at(0).second, "x");
  api::pinning::PinRequest request{"id-1", 1'700'000'000'000'000, pin};
  auto again = base::unwrap(api::pinning::decode_request(encode(request)));
  EXPECT_EQ(encode(again), encode(request));
  EXPECT_EQ(base::unwrap(parse_pin(R"({"cid":"bafkqaaa","name":null})")).name, std::nullopt);
  std::string long_name(256, 'n');
  for (auto& bad : std::vector<std::string>{
           "", "[]", "{}", R"({"cid":1})", R"({"cid":"no"})", R"({"cid":"bafkqaaa","meta":{"a":1}})",
           R"({"cid":"bafkqaaa","origins":"/ip4"})", R"({"cid":"bafkqaaa","origins":["x"]})",
           R"({"cid":"bafkqaaa","name":")" + long_name + "\"}"})
    EXPECT_EQ(parse_pin(bad).error().code(), Errc::invalid_argument) << bad;
}

TEST(PinRequest, FiltersAreReadStrictly) {
  auto filter = base::unwrap(parse_filter({{"cid", "bafkqaaa,QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"},
                                           {"match", "ipartial"},
                                           {"status", "queued,failed"},
                                           {"before", "2026-01-01T00:00:00.123Z"},
                                           {"limit", "1000"},
                                           {"meta", R"({"a":"b"})"}},
                                          {}));
  EXPECT_EQ(filter.cids.size(), 2u);
  EXPECT_TRUE(filter.partial && filter.without_case);
  EXPECT_THAT(filter.statuses, ElementsAre(Status::queued, Status::failed));
  EXPECT_EQ(*filter.before % 1'000'000, 123'000);
  for (auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"cid", "x"},
                                                                              {"match", "like"},
                                                                              {"status", "done"},
                                                                              {"status", ""},
                                                                              {"before", "yesterday"},
                                                                              {"after", "3h"},
                                                                              {"limit", "0"},
                                                                              {"limit", "1001"},
                                                                              {"limit", "ten"},
                                                                              {"meta", "a=b"},
                                                                              {"meta", R"({"a":1})"}})
    EXPECT_FALSE(parse_filter({{name, value}}, {})) << name << "=" << value;
}

// --- over HTTP -------------------------------------------------------------------------------------------------------

class PinningTest : public testing::Test {
protected:
  PinningTest() { service = api::pinning::add_pinning(*at.router, *at.service); }
  ~PinningTest() override { run(at.env, service->stop()); }
  json::object answer(const std::unique_ptr<FakeExchange>& exchange) {
    return json::parse(exchange->body()).as_object();
  }
  ServiceFixture at;
  std::shared_ptr<PinService> service;
};

TEST_F(PinningTest, APinThroughItsLife) {
  auto block = raw_block("content");
  run(at.env, at.store->store(block));
  auto body = R"({"cid":")" + block.cid.text() + R"(","name":"first","meta":{"app":"test"}})";
  auto made = at.as(Role::writer, "POST", "/pins", body);
  EXPECT_EQ(made->status(), 202u);
  auto state = answer(made);
  EXPECT_EQ(state["status"], "pinned");
  EXPECT_EQ(state["pin"].at("cid"), block.cid.text().c_str());
  EXPECT_EQ(state["info"].at("dag_size"), "7");
  EXPECT_THAT(std::string(state["delegates"].at(0).as_string()), testing::StartsWith("/p2p/12D3KooW"));
  EXPECT_THAT(std::string(state["created"].as_string()), testing::EndsWith("000Z"));
  std::string id(state["requestid"].as_string());

  EXPECT_EQ(answer(at.as(Role::reader, "GET", "/pins/" + id)), state);
  auto listed = answer(at.as(Role::reader, "GET", "/pins?name=first&meta=%7B%22app%22%3A%22test%22%7D"));
  EXPECT_EQ(listed["count"], 1);
  EXPECT_EQ(listed["results"].at(0), state);
  EXPECT_EQ(answer(at.as(Role::reader, "GET", "/pins?meta=%7B%22app%22%3A%22other%22%7D"))["count"], 0);

  auto replaced = at.as(Role::writer, "POST", "/pins/" + id, R"({"cid":"bafkqaaa"})");
  EXPECT_EQ(replaced->status(), 202u);
  std::string second(answer(replaced)["requestid"].as_string());
  EXPECT_NE(second, id);
  EXPECT_EQ(at.as(Role::reader, "GET", "/pins/" + id)->status(), 404u);
  auto removed = at.as(Role::writer, "DELETE", "/pins/" + second);
  EXPECT_EQ(removed->status(), 202u);
  EXPECT_EQ(removed->body(), "");
}

TEST_F(PinningTest, TheirStatesAreCounted) {
  auto shows = [this](std::string_view state, int count) {
    const auto line = "openmcp_pins{state=\"" + std::string(state) + "\"} " + std::to_string(count) + "\n";
    return at.metrics.page(false).find(line) != std::string::npos;
  };
  auto ended = [this](std::string_view result, int count) {
    const auto line =
        "openmcp_pin_operations_total{result=\"" + std::string(result) + "\"} " + std::to_string(count) + "\n";
    return at.metrics.page(false).find(line) != std::string::npos;
  };
  for (auto state : {"queued", "pinning", "error"}) EXPECT_TRUE(shows(state, 0)) << "from the start: " << state;
  for (auto result : {"ok", "error"}) EXPECT_TRUE(ended(result, 0)) << "from the start: " << result;
  auto missing = raw_block("missing"), bad = raw_block("\xff\xff");
  auto unreadable = Cid::v1(Codec::dag_cbor, bad.cid.hash());
  run(at.env, at.store->store(bad));
  auto add = [this](const Cid& cid) {
    auto made = at.as(Role::writer, "POST", "/pins", R"({"cid":")" + cid.text() + "\"}");
    return std::string(answer(made)["requestid"].as_string());
  };
  auto id = add(missing.cid);
  add(unreadable);
  EXPECT_TRUE(shows("queued", 1)) << at.metrics.page(false);
  EXPECT_TRUE(shows("error", 1));
  EXPECT_TRUE(ended("error", 1));
  EXPECT_TRUE(ended("ok", 0)) << "what waits has not ended";
  run(at.env, at.store->store(missing));
  at.as(Role::reader, "GET", "/pins/" + id);
  EXPECT_TRUE(shows("queued", 0)) << "it is here now";
  EXPECT_TRUE(shows("error", 1));
  EXPECT_TRUE(ended("ok", 1)) << at.metrics.page(false);
}

TEST_F(PinningTest, WhoPinnedWhatIsInTheAuditLog) {
  auto made = at.as(Role::writer, "POST", "/pins", R"({"cid":"bafkqaaa"})");
  std::string id(answer(made)["requestid"].as_string());
  EXPECT_EQ(at.as(Role::writer, "DELETE", "/pins/" + id)->status(), 202u);
  EXPECT_EQ(at.as(Role::writer, "DELETE", "/pins/" + id)->status(), 404u);  // what did not happen is no line
  auto page = run(at.env, at.audit->read(0, 10));
  std::vector<std::string> lines;
  for (auto& line : page.lines)
    if (line.entry.from == "pins")
      lines.push_back(line.entry.action + " " + line.entry.target + " " + line.entry.detail);
  EXPECT_THAT(lines, ElementsAre("pin.remove " + id + " ", "pin.add " + id + " bafkqaaa"));
}

TEST_F(PinningTest, ErrorsHaveTheServicesForm) {
  auto error_of_answer = [this](const std::unique_ptr<FakeExchange>& exchange) {
    return std::string(answer(exchange)["error"].at("reason").as_string());
  };
  auto none = at.ask("GET", "/pins");
  EXPECT_EQ(none->status(), 401u);
  EXPECT_EQ(error_of_answer(none), "UNAUTHORIZED");
  EXPECT_EQ(at.as(Role::reader, "POST", "/pins", R"({"cid":"bafkqaaa"})")->status(), 403u);
  auto bad = at.as(Role::writer, "POST", "/pins", R"({"cid":"nonsense"})");
  EXPECT_EQ(bad->status(), 400u);
  EXPECT_EQ(error_of_answer(bad), "BAD_REQUEST");
  EXPECT_EQ(error_of_answer(at.as(Role::reader, "GET", "/pins/unknown")), "NOT_FOUND");
  EXPECT_EQ(at.as(Role::reader, "GET", "/pins/..%2F..%2Fetc")->status(), 400u);
  EXPECT_EQ(at.as(Role::reader, "GET", "/pins?limit=0")->status(), 400u);
  EXPECT_EQ(at.as(Role::writer, "POST", "/pins", std::string(70'000, ' '))->status(), 413u);
}

}  // namespace
}  // namespace openmcp::test
