#include "cli/exit_code.hpp"

namespace openmcp::cli {

std::span<const ExitCodeInfo> exit_codes() noexcept {
  static constexpr ExitCodeInfo kTable[] = {
      {kOk, "ok", "done"},
      {kFailed, "failed", "the operation failed, or a comparison found a difference"},
      {kUsage, "usage", "wrong command, option, argument or setting"},
      {kNotFound, "not found", "the context, version, block, file or store named does not exist"},
      {kConflict, "conflict", "an expected state is no longer true, or the thing to be made exists"},
      {kCorrupt, "corrupt", "bytes do not match their hash, checksum or format"},
      {kBusy, "busy", "another process holds the store; the message names it"},
      {kNoSpace, "no space", "the disk is full; the store is unharmed"},
      {kPermission, "permission", "the operating system refused access"},
      {kInterrupted, "interrupted", "stopped by SIGINT (Ctrl-C); nothing is half done"},
      {kPipeClosed, "pipe closed", "the reader of the output went away, as with `| head`"},
      {kTerminated, "terminated", "stopped by SIGTERM; nothing is half done"},
  };
  return kTable;
}

int exit_code_for(base::Errc code) noexcept {
  using base::Errc;
  switch (code) {
    case Errc::invalid_argument:
      return kUsage;
    case Errc::not_found:
      return kNotFound;
    case Errc::already_exists:
    case Errc::conflict:
      return kConflict;
    case Errc::corrupt:
      return kCorrupt;
    case Errc::busy:
      return kBusy;
    case Errc::no_space:
      return kNoSpace;
    case Errc::permission:
      return kPermission;
    case Errc::cancelled:
      return kInterrupted;
    case Errc::too_large:
    case Errc::unsupported:
    case Errc::io:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::internal:
      return kFailed;
  }
  return kFailed;
}

}  // namespace openmcp::cli
