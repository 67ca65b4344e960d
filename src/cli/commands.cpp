#include "cli/commands.hpp"

#include "cli/commands/all.hpp"

namespace openmcp::cli {

std::span<const Command* const> all_commands() noexcept {
  static constexpr const Command* kTable[] = {
      &kInit,    &kCommit,     &kList,        &kSearch,    &kGet,         &kShow,      &kHistory,     &kDiff,
      &kRestore, &kTag,        &kLink,        &kForget,    &kExport,      &kImport,    &kVerify,      &kRepair,
      &kServe,   &kMcp,        &kTokenCreate, &kTokenList, &kTokenRevoke, &kAuditShow, &kAuditVerify, &kStatus,
      &kDoctor,  &kHelp,       &kCompletion,  &kAdd,       &kCat,         &kLs,        &kPinAdd,      &kPinLs,
      &kPinRm,   &kGc,         &kBlockGet,    &kBlockPut,  &kBlockStat,   &kBlockRm,   &kDagGet,      &kDagPut,
      &kDagStat, &kDagResolve, &kDagExport,   &kDagImport, &kCarLs,       &kCarVerify, &kCarCreate,
  };
  return kTable;
}

}  // namespace openmcp::cli
