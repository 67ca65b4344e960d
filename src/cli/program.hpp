// The whole program, from the words of the command line to the exit code.
#pragma once

namespace openmcp::cli {

int run_program(int argc, char** argv);

}  // namespace openmcp::cli
