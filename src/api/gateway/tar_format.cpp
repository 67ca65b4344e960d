#include "api/gateway/tar_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace openmcp::api::gateway {
namespace {

constexpr std::size_t kNameBytes = 100;
constexpr std::uint64_t kMaxOctal = 077'777'777'777;  ///< eleven digits: 8 GiB

bool plain(std::string_view text) {
  return text.size() <= kNameBytes && std::ranges::all_of(text, [](char c) { return c > 0x1f && c < 0x7f; });
}

/// "<length> key=value\n", where the length counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  auto body = key.size() + value.size() + 3;
  auto length = body + 1;
  while (std::to_string(length).size() + body != length) length = std::to_string(length).size() + body;
  return fmt::format("{} {}={}\n", length, key, value);
}

class Header {
public:
  Header() { bytes_.fill(0); }
  void text(std::size_t at, std::size_t room, std::string_view value) {
    std::copy_n(value.begin(), std::min(room, value.size()), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void octal(std::size_t at, std::size_t digits, std::uint64_t value) {
    text(at, digits, fmt::format("{:0{}o}", value, digits));
  }
  void append_to(base::Bytes& out) {
    text(257, 8,
         std::string_view("ustar\0"
                          "00",
                          8));
    text(148, 8, "        ");
    std::uint64_t sum = 0;
    for (auto byte : bytes_) sum += byte;
    octal(148, 6, sum);
    bytes_[154] = 0;
    bytes_[155] = ' ';
    out.insert(out.end(), bytes_.begin(), bytes_.end());
  }

private:
  std::array<std::uint8_t, kTarBlock> bytes_;
};

void append_header(base::Bytes& out, std::string_view path, char kind, std::uint64_t size, std::string_view target,
                   std::uint32_t mode, std::int64_t mtime) {
  Header header;
  header.text(0, kNameBytes, path);
  header.octal(100, 7, mode & 07777);
  header.octal(108, 7, 0);
  header.octal(116, 7, 0);
  header.octal(124, 11, size);
  header.octal(136, 11, mtime >= 0 ? std::min(static_cast<std::uint64_t>(mtime), kMaxOctal) : 0);
  header.text(156, 1, std::string_view(&kind, 1));
  header.text(157, kNameBytes, target);
  header.append_to(out);
}

}  // namespace

std::size_t tar_padding(std::uint64_t size) noexcept {
  return static_cast<std::size_t>((kTarBlock - size % kTarBlock) % kTarBlock);
}

base::Bytes tar_header(const TarEntry& entry) {
  base::Bytes out;
  auto path = entry.path;
  if (entry.kind == TarEntry::Kind::directory) path += '/';
  std::string pax;
  if (!plain(path)) pax += pax_record("path", path);
  if (!plain(entry.target)) pax += pax_record("linkpath", entry.target);
  bool large = entry.size > kMaxOctal;
  if (large) pax += pax_record("size", std::to_string(entry.size));
  if (!pax.empty()) {
    append_header(out, "pax", 'x', pax.size(), {}, 0644, 0);
    out.insert(out.end(), pax.begin(), pax.end());
    out.resize(out.size() + tar_padding(pax.size()));
  }
  append_header(out, path, static_cast<char>(entry.kind), large ? 0 : entry.size, entry.target, entry.mode,
                entry.mtime);
  return out;
}

std::string tar_path(std::string_view directory, std::string_view name) {
  std::vector<std::string_view> parts;
  auto add = [&parts](std::string_view text) {
    while (!text.empty()) {
      auto at = text.find('/');
      auto part = text.substr(0, at);
      text = at == text.npos ? std::string_view() : text.substr(at + 1);
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return false;
      } else {
        parts.pop_back();
      }
      if (parts.empty()) return false;  // the root was left
    }
    return true;
  };
  auto root = directory.substr(0, directory.find('/'));
  if (name.find('\0') != name.npos || !add(directory) || !add(name) || parts.size() < 2 || parts[0] != root) return {};
  std::string out;
  for (auto part : parts) out.append(out.empty() ? "" : "/").append(part);
  return out;
}

}  // namespace openmcp::api::gateway
