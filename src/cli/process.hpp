// Facts about this process that only its caller decides: working directory, user, environment.
#pragma once

#include <string>
#include <string_view>

#include "base/disk.hpp"

namespace openmcp::cli {

/// Throws Error io when it is gone.
base::Path working_directory();
/// Directory of this program's file; "" when unknown.
base::Path program_directory();
/// The directory is ours or the system's: its settings may be used.
bool owned_by_us(const base::Path& path) noexcept;
/// Standard descriptors that the caller closed become /dev/null: no file of ours may take their number.
void keep_standard_descriptors() noexcept;
/// Tells the service manager ($NOTIFY_SOCKET, sd_notify(3)) "READY=1" and the like; without one nothing happens.
void notify_service_manager(std::string_view state) noexcept;
/// Standard input was a terminal and its window was closed.
bool terminal_is_gone() noexcept;
/// Gives back the memory of code that only the start of a server used. Such pages are clean parts of files: what is
/// needed again comes back by itself.
void give_back_code() noexcept;
/// Files and connections that this process may have open.
std::size_t descriptor_limit() noexcept;
/// Raises it as far as the system allows.
void raise_descriptor_limit() noexcept;

}  // namespace openmcp::cli
