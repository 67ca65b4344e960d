// The commands, each defined in the source of its name.
#pragma once

#include "cli/command.hpp"

namespace openmcp::cli {

extern const Command kInit, kCommit, kGet, kList, kShow, kHistory, kDiff, kRestore, kTag, kLink, kSearch, kForget;
extern const Command kExport, kImport, kVerify, kRepair, kStatus, kDoctor, kCompletion, kHelp;
extern const Command kAdd, kCat, kLs, kBlockGet, kBlockPut, kBlockStat, kBlockRm;
extern const Command kDagGet, kDagPut, kDagStat, kDagResolve, kDagExport, kDagImport;
extern const Command kServe, kMcp, kTokenCreate, kTokenList, kTokenRevoke, kAuditShow, kAuditVerify;
extern const Command kCarLs, kCarVerify, kCarCreate, kPinAdd, kPinRm, kPinLs, kGc;

}  // namespace openmcp::cli
