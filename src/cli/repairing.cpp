#include "cli/repairing.hpp"

#include <fmt/format.h>

#include "cli/copies.hpp"
#include "cli/human.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

base::Task<storage::RepairReport> repair_store(Invocation& call, std::vector<std::string> copies) {
  std::vector<base::Path> paths;
  paths.reserve(copies.size());
  for (auto& copy : copies) paths.push_back(call.absolute(copy));
  auto other = co_await Copies::open(call.env(), std::move(paths));
  auto* store = co_await call.store(Access::write);
  auto bar = call.progress("repairing", Unit::bytes);
  auto report = co_await store->repair(copies.empty() ? nullptr : other.get(), bar->callback());
  co_return report;
}

std::string describe(Output& out, const storage::Damage& damage) {
  auto what = damage.cid ? damage.cid->text() : fmt::format("{} bytes", damage.length);
  return fmt::format("{} segment {} at {}: {} ({}{})", out.styled(Style::red, "damaged"), damage.segment, damage.offset,
                     what, escape(damage.what), damage.needed ? "" : "; nothing needs it");
}

void write_fields(JsonWriter& json, const storage::VerifyReport& report) {
  json.field("segments", report.segments).field("records", report.records).field("blocks", report.blocks);
  json.field("bytes", report.bytes).key("damage").begin_array();
  for (auto& damage : report.damage) {
    json.begin_object().field("segment", damage.segment).field("offset", damage.offset).field("length", damage.length);
    json.key("cid");
    if (damage.cid) {
      json.value(damage.cid->text());
    } else {
      json.null();
    }
    json.field("needed", damage.needed).field("what", damage.what).end_object();
  }
  json.end_array();
}

void print_repair(Invocation& call, const storage::RepairReport& report) {
  call.note(fmt::format("{}, {} repaired, {} lost", counted(report.found.damage.size(), "damaged place"),
                        human_count(report.repaired), human_count(report.lost.size())));
}

}  // namespace openmcp::cli
