#include "context/identity.hpp"

#include <fmt/format.h>

#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace openmcp::context {

namespace {

using base::Errc;

constexpr std::string_view kFirstLine = "openmcp ed25519 private key v1\n";
constexpr std::size_t kSeed = 32;
constexpr std::uint32_t kOwnerOnly = 0600;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// "" above the top, and above the first part of a relative path.
base::Path parent_of(const base::Path& path) {
  auto slash = path.rfind('/');
  return slash == base::Path::npos ? base::Path() : path.substr(0, slash);
}

void append_hex(base::Bytes& out, base::BytesView bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (auto byte : bytes) {
    out.push_back(static_cast<std::uint8_t>(kHex[byte >> 4]));
    out.push_back(static_cast<std::uint8_t>(kHex[byte & 15]));
  }
}

crypto::Secret parse_seed(std::string_view text, const base::Path& file) {
  auto corrupt = [&file] {
    return base::Error(Errc::corrupt, fmt::format("'{}' is not a key file", file),
                       "restore it from a backup; without it this workspace signs with a new key");
  };
  if (!text.starts_with(kFirstLine)) throw corrupt();
  text.remove_prefix(kFirstLine.size());
  if (text.size() != 2 * kSeed + 1 || text.back() != '\n') throw corrupt();
  crypto::Secret seed(kSeed);
  for (std::size_t i = 0; i < kSeed; ++i) {
    int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) throw corrupt();
    seed.mutable_view()[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return seed;
}

}  // namespace

Identity Identity::from_seed(base::BytesView seed) {
  return Identity(crypto::Ed25519KeyPair::from_seed(seed.first<kSeed>()));
}

Identity Identity::load(base::Env& env, const base::Path& file, bool create) {
  auto& disk = env.disk();
  if (auto info = disk.stat(file)) {
    if (info->mode & 077)
      throw base::Error(Errc::permission, fmt::format("the key file '{}' can be read by others", file),
                        fmt::format("chmod 600 '{}'", file));
    auto text = base::read_file(disk, file, 4096);
    auto seed = parse_seed(base::as_text(text), file);
    crypto::wipe(text);
    return from_seed(seed.view());
  }
  if (!create) throw base::Error(Errc::not_found, fmt::format("no key file '{}'", file));
  crypto::Secret seed(kSeed);
  env.random(seed.mutable_view());
  base::Bytes text;
  text.reserve(kFirstLine.size() + 2 * kSeed + 1);  // so that no copy of the key stays behind
  text.insert(text.end(), kFirstLine.begin(), kFirstLine.end());
  append_hex(text, seed.view());
  text.push_back('\n');
  disk.make_directories(parent_of(file), 0700);
  base::write_file_atomic(disk, file, text, kOwnerOnly);
  // What is signed with it must never outlive it: the directories above may be as new as the file.
  for (auto directory = parent_of(parent_of(file)); !directory.empty(); directory = parent_of(directory))
    disk.sync_directory(directory);
  crypto::wipe(text);
  return from_seed(seed.view());
}

}  // namespace openmcp::context
