// Recall of search on LoCoMo (snap-research/LoCoMo, data/locomo10.json, CC BY-NC 4.0: given by path, never kept here).
//
//   bench_retrieval FILE [weight=value ...]      the word table is $OPENMCP_EMBEDDINGS, else as for the program
//
// Each conversation is an index of its own, each session a context, each turn a passage (its text, then the caption of
// its picture); every question with evidence is a query. Recall at k is the share of the evidence turns among the first
// k; a question's first evidence gives the reciprocal rank.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "base/real_env.hpp"
#include "context/search/index.hpp"

namespace {

using namespace openmcp;
using namespace openmcp::context::search;
namespace json = boost::json;

constexpr std::array<std::size_t, 4> kDepths = {1, 5, 10, 20};

struct Turn {
  ContextKey session;
  std::uint32_t passage;
  auto operator<=>(const Turn&) const = default;
};

struct Question {
  std::string text;
  std::set<Turn> evidence;
  std::int64_t category;
};

/// "1:56 pm on 8 May, 2023" in microseconds.
Micros parse_time(const std::string& text) {
  static constexpr const char* kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                            "july",    "august",   "september", "october", "november", "december"};
  int hour = 0, minute = 0, day = 0, year = 0;
  char half[3] = {}, month[16] = {};
  if (std::sscanf(text.c_str(), "%d:%d %2s on %d %15[A-Za-z], %d", &hour, &minute, half, &day, month, &year) != 6)
    return 0;
  hour = hour % 12 + (half[0] == 'p' ? 12 : 0);
  unsigned number = 0;
  for (unsigned m = 0; m < 12; ++m)
    if (strcasecmp(kMonths[m], month) == 0) number = m + 1;
  std::chrono::sys_days date = std::chrono::year{year} / std::chrono::month{number} / std::chrono::day(day);
  return std::chrono::duration_cast<std::chrono::microseconds>(date.time_since_epoch() + std::chrono::hours(hour) +
                                                               std::chrono::minutes(minute))
      .count();
}

/// "D3:07" as session and turn; nullopt for what is no turn's id.
std::optional<std::pair<int, int>> parse_id(std::string_view text) {
  int session = 0, turn = 0;
  if (std::sscanf(std::string(text).c_str(), " D%d:%d", &session, &turn) != 2) return std::nullopt;
  return std::pair(session, turn);
}

class Conversation {
public:
  Conversation(const json::object& sample, const WordTableLoader& words)
      : index({.path = ":memory:", .store = "locomo", .words = words}) {
    const auto& conversation = sample.at("conversation").as_object();
    std::map<std::pair<int, int>, Turn> turns;
    Batch batch;
    for (int session = 1; session < 100; ++session) {
      auto key = fmt::format("session_{}", session);
      const auto* list = conversation.if_contains(key);
      if (!list) continue;
      SearchDocument document;
      document.context[15] = static_cast<std::uint8_t>(session);
      document.type = "conversation";
      document.time = parse_time(std::string(conversation.at(key + "_date_time").as_string()));
      for (const auto& value : list->as_array()) {
        const auto& turn = value.as_object();
        auto text = std::string(turn.at("text").as_string());
        if (const auto* caption = turn.if_contains("blip_caption")) text += " " + std::string(caption->as_string());
        if (auto id = parse_id(turn.at("dia_id").as_string()))
          turns[*id] = {document.context, static_cast<std::uint32_t>(document.passages.size())};
        document.passages.push_back({std::move(text), document.time, std::string(turn.at("speaker").as_string())});
      }
      batch.upserts.push_back(std::move(document));
    }
    batch.position = 1;
    index.apply(batch);
    for (const auto& value : sample.at("qa").as_array()) {
      const auto& item = value.as_object();
      Question question{
          std::string(item.at("question").as_string()), {}, item.at("category").to_number<std::int64_t>()};
      if (const auto* evidence = item.if_contains("evidence"))
        for (const auto& ids : evidence->as_array()) add_evidence(ids.as_string(), turns, question);
      if (!question.evidence.empty()) questions.push_back(std::move(question));
    }
  }

  SearchIndex index;
  std::vector<Question> questions;

private:
  /// Some entries hold several ids.
  static void add_evidence(std::string_view ids, const std::map<std::pair<int, int>, Turn>& turns, Question& question) {
    while (!ids.empty()) {
      auto end = std::min(ids.find_first_of(";, "), ids.size());
      if (auto id = parse_id(ids.substr(0, end)))
        if (auto turn = turns.find(*id); turn != turns.end()) question.evidence.insert(turn->second);
      ids.remove_prefix(std::min(end + 1, ids.size()));
    }
  }
};

struct Sums {
  double reciprocal = 0;
  std::array<double, kDepths.size()> recall{};
  std::size_t questions = 0;
};

void measure(const Conversation& conversation, const Weights& weights, Sums& all, std::map<std::int64_t, Sums>& each,
             std::vector<double>& milliseconds) {
  for (const auto& question : conversation.questions) {
    Query query{.text = question.text, .limit = 100, .every_passage = true, .snippet_bytes = 0};
    query.weights = weights;
    auto begin = std::chrono::steady_clock::now();
    auto result = conversation.index.search(query);
    milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    Sums sums;
    sums.questions = 1;
    for (std::size_t rank = 0; rank < result.hits.size(); ++rank) {
      const auto& hit = result.hits[rank];
      if (!question.evidence.contains({hit.context, hit.passage})) continue;
      if (sums.reciprocal == 0) sums.reciprocal = 1.0 / static_cast<double>(rank + 1);
      for (std::size_t k = 0; k < kDepths.size(); ++k)
        if (rank < kDepths[k]) sums.recall[k] += 1.0 / static_cast<double>(question.evidence.size());
    }
    for (auto* into : {&all, &each[question.category]}) {
      into->questions += 1;
      into->reciprocal += sums.reciprocal;
      for (std::size_t k = 0; k < kDepths.size(); ++k) into->recall[k] += sums.recall[k];
    }
  }
}

void print(std::string_view what, const Sums& sums) {
  auto n = static_cast<double>(sums.questions);
  fmt::print("{:24} {:5} questions  MRR {:.3f}", what, sums.questions, sums.reciprocal / n);
  for (std::size_t k = 0; k < kDepths.size(); ++k) fmt::print("  R@{} {:.3f}", kDepths[k], sums.recall[k] / n);
  fmt::print("\n");
}

bool set_weight(Weights& weights, std::string_view assignment) {
  const std::map<std::string_view, double Weights::*> known = {{"body", &Weights::body},
                                                               {"before", &Weights::before},
                                                               {"before2", &Weights::before2},
                                                               {"after", &Weights::after},
                                                               {"speaker", &Weights::speaker},
                                                               {"date", &Weights::date},
                                                               {"title", &Weights::title},
                                                               {"tags", &Weights::tags},
                                                               {"k1", &Weights::k1},
                                                               {"b", &Weights::b},
                                                               {"idf_power", &Weights::idf_power},
                                                               {"smoothing", &Weights::smoothing},
                                                               {"embedding", &Weights::embedding}};
  auto equals = assignment.find('=');
  if (equals == std::string_view::npos) return false;
  auto found = known.find(assignment.substr(0, equals));
  if (found == known.end()) return false;
  weights.*found->second = std::stod(std::string(assignment.substr(equals + 1)));
  return true;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    fmt::print(stderr, "usage: {} FILE [weight=value ...]\n", argv[0]);
    return 2;
  }
  Weights weights;
  for (int i = 2; i < argc; ++i)
    if (!set_weight(weights, argv[i])) throw std::invalid_argument(fmt::format("no such weight: {}", argv[i]));
  std::string_view program = argv[0];
  auto folder = program.substr(0, program.rfind('/') == program.npos ? 0 : program.rfind('/'));
  auto places = word_table_places(std::getenv("OPENMCP_EMBEDDINGS"), folder.empty() ? "." : folder);

  std::ifstream file(argv[1], std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto samples = json::parse(text);
  auto disk = base::make_real_disk();
  auto words = word_table_loader(*disk, places);
  std::vector<std::unique_ptr<Conversation>> conversations;
  for (const auto& sample : samples.as_array())
    conversations.push_back(std::make_unique<Conversation>(sample.as_object(), words));

  for (bool embeddings : {false, true}) {
    if (embeddings && conversations[0]->index.stats().vectors == 0) break;
    auto chosen = weights;
    if (!embeddings) chosen.embedding = 0;
    Sums all;
    std::map<std::int64_t, Sums> each;
    std::vector<double> milliseconds;
    for (const auto& conversation : conversations) measure(*conversation, chosen, all, each, milliseconds);
    print(embeddings ? "BM25 + embeddings" : "BM25", all);
    for (const auto& [category, sums] : each) print(fmt::format("  category {}", category), sums);
    std::ranges::sort(milliseconds);
    fmt::print("  a query: p50 {:.2f} ms, p95 {:.2f} ms\n", milliseconds[milliseconds.size() / 2],
               milliseconds[milliseconds.size() * 95 / 100]);
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_retrieval: {}\n", error.what());
  return 1;
}
