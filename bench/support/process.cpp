#include "support/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

extern char** environ;

namespace openmcp::bench {
namespace {

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

}  // namespace

Run run(const std::vector<std::string>& command, Output output, const std::vector<std::string>& environment) {
  std::vector<char*> arguments, variables;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  for (const auto& entry : environment) variables.push_back(const_cast<char*>(entry.c_str()));
  for (char** entry = environ; *entry; ++entry) variables.push_back(*entry);
  variables.push_back(nullptr);

  int ends[2] = {-1, -1};
  if (output != Output::discard && pipe2(ends, O_CLOEXEC) != 0) return {};
  auto start = std::chrono::steady_clock::now();
  pid_t child = fork();
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    if (null < 0) _exit(127);
    dup2(null, 0);
    dup2(output == Output::discard ? null : ends[1], 1);
    dup2(null, 2);
    execvpe(arguments[0], arguments.data(), variables.data());
    _exit(127);
  }
  Run result;
  if (output != Output::discard) {
    close(ends[1]);
    std::vector<char> buffer(128 << 10);  // as coreutils' cat reads
    ssize_t got;
    while ((got = read(ends[0], buffer.data(), buffer.size())) > 0)
      if (output == Output::capture) result.output.append(buffer.data(), static_cast<std::size_t>(got));
    close(ends[0]);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  result.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.user = seconds(usage.ru_utime);
  result.system = seconds(usage.ru_stime);
  result.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

Run median(std::vector<Run> runs) {
  std::ranges::sort(runs, {}, &Run::wall);
  return runs[runs.size() / 2];
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace openmcp::bench
