#include "support/limits.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "crypto/hash.hpp"

namespace openmcp::bench {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double copy_once(const std::string& source, const std::string& target) {
  std::vector<char> buffer(1 << 20);
  int in = open(source.c_str(), O_RDONLY), out = open(target.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  double start = now(), total = 0;
  ssize_t got;
  while ((got = read(in, buffer.data(), buffer.size())) > 0)
    if (write(out, buffer.data(), static_cast<std::size_t>(got)) == got) total += static_cast<double>(got);
  fdatasync(out);
  double rate = total / (now() - start);
  close(in);
  close(out);
  unlink(target.c_str());
  return rate;
}

}  // namespace

double sha256_rate(unsigned threads) {
  constexpr int kPieces = 512;
  std::vector<std::uint8_t> piece(1 << 20, 7);
  std::vector<std::jthread> pool;
  double start = now();
  for (unsigned t = 0; t < threads; ++t)
    pool.emplace_back([&piece] {
      volatile std::uint8_t sink = 0;
      for (int i = 0; i < kPieces; ++i) sink = crypto::sha256(piece)[0];
      (void)sink;
    });
  pool.clear();
  return static_cast<double>(threads) * kPieces * static_cast<double>(piece.size()) / (now() - start);
}

double copy_sync_rate(const std::string& source, const std::string& folder, bool reuse) {
  auto target = folder + "/limit.bin";
  if (reuse) copy_once(source, target);
  return copy_once(source, target);
}

double append_sync_rate(const std::string& folder, std::size_t size) {
  auto path = folder + "/append.bin";
  std::vector<char> piece(size, 'x');
  int out = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
  double start = now();
  int count = 0;
  while (now() - start < 1.0) {
    if (write(out, piece.data(), piece.size()) < 0 || fdatasync(out) != 0) break;
    ++count;
  }
  double rate = count / (now() - start);
  close(out);
  unlink(path.c_str());
  return rate;
}

}  // namespace openmcp::bench
