#include "cli/copies.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "base/log.hpp"
#include "base/varint.hpp"
#include "ipld/car/reader.hpp"
#include "storage/local_store.hpp"

namespace openmcp::cli {

using base::Errc;
using base::Error;

namespace {

/// Blocks are found by multihash: CIDs that differ only in version or codec name the same bytes.
std::string key_of(const ipld::Cid& cid) { return std::string(base::as_text(cid.hash().bytes())); }

struct Place {
  std::uint64_t offset;  ///< of the section in the file
  std::uint32_t length;  ///< of the block
};

}  // namespace

struct CarCopy::Sections {
  std::unordered_map<std::string, Place> places;
};

CarCopy::CarCopy(base::Env& env, std::shared_ptr<base::File> file, base::Path path)
    : env_(env), file_(std::move(file)), path_(std::move(path)), sections_(std::make_unique<Sections>()) {}

CarCopy::~CarCopy() = default;

std::size_t CarCopy::blocks() const noexcept { return sections_->places.size(); }

base::Task<std::unique_ptr<CarCopy>> CarCopy::open(base::Env& env, base::Path path) {
  std::shared_ptr<base::File> file = env.disk().open(path, base::OpenMode::read);
  std::unique_ptr<CarCopy> copy(new CarCopy(env, file, path));
  ipld::car::ReadOptions options;
  options.verify = false;  // each block is verified when it is used
  ipld::car::Reader reader(ipld::car::file_source(env, file), options);
  co_await reader.open();
  auto start = reader.header_v2() ? reader.header_v2()->data_offset : 0;
  while (auto section = co_await reader.next()) {
    copy->sections_->places.try_emplace(
        key_of(section->block.cid),
        Place{start + section->offset, static_cast<std::uint32_t>(section->block.data.size())});
  }
  co_return copy;
}

base::Task<std::optional<base::SharedBytes>> CarCopy::retrieve(ipld::Cid cid) {
  auto known = sections_->places.find(key_of(cid));
  if (known == sections_->places.end()) co_return std::nullopt;
  auto place = known->second;
  auto read = [this, place, cid] {
    base::Bytes bytes(base::kVarintMax + ipld::kMaxCidBytes + place.length);
    bytes.resize(file_->read_at(place.offset, bytes));
    base::BytesView rest = bytes;
    base::unwrap(base::take_varint(rest));
    base::unwrap(ipld::Cid::take(rest));
    if (rest.size() < place.length) throw Error(Errc::corrupt, fmt::format("{} became shorter", path_));
    auto data = base::to_bytes(rest.first(place.length));
    base::unwrap(ipld::verify_block(cid, data));
    return base::SharedBytes(std::move(data));
  };
  co_return co_await env_.run(std::move(read));
}

Copies::~Copies() = default;

namespace {

base::Task<std::unique_ptr<ipld::BlockSource>> open_store(base::Env& env, base::Path home) {
  storage::LocalStoreOptions options;
  options.path = std::move(home);
  options.read_only = true;
  options.create = false;
  co_return co_await storage::LocalStore::open(env, std::move(options));
}

}  // namespace

base::Task<std::unique_ptr<Copies>> Copies::open(base::Env& env, std::vector<base::Path> paths) {
  std::unique_ptr<Copies> copies(new Copies);
  auto& disk = env.disk();
  for (auto& path : paths) {
    auto info = disk.stat(path);
    if (!info) throw Error(Errc::not_found, fmt::format("{}: no such file or directory", path));
    if (info->kind != base::FileKind::directory) {
      auto car = co_await CarCopy::open(env, path);
      copies->sources_.push_back(std::move(car));
      continue;
    }
    auto before = copies->sources_.size();
    for (auto& home : {path, base::join(path, ".openmcp")}) {
      if (!disk.stat(base::join(home, "packs"))) continue;
      auto store = co_await open_store(env, home);
      copies->sources_.push_back(std::move(store));
    }
    for (auto& entry : disk.list(path)) {
      if (!entry.name.ends_with(".car")) continue;
      auto car = co_await CarCopy::open(env, base::join(path, entry.name));
      copies->sources_.push_back(std::move(car));
    }
    if (copies->sources_.size() == before) {
      throw Error(Errc::not_found, fmt::format("{} holds neither a store nor CAR files", path),
                  "name a CAR file, another store's directory, or a directory of CAR files");
    }
  }
  co_return copies;
}

base::Task<std::optional<base::SharedBytes>> Copies::retrieve(ipld::Cid cid) {
  for (auto& source : sources_) {
    try {
      auto found = co_await source->retrieve(cid);
      if (found) co_return found;
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled) throw;
      base::log(base::LogLevel::warn, "cli", "a copy has no good {}: {}", cid.text(), error.message());
    }
  }
  co_return std::nullopt;
}

}  // namespace openmcp::cli
