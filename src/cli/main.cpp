#include "cli/program.hpp"

int main(int argc, char** argv) { return openmcp::cli::run_program(argc, argv); }
