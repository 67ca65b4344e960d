#include "api/gateway/name_store.hpp"

#include <fmt/format.h>

#include "base/log.hpp"

namespace openmcp::api::gateway {
namespace {

using base::Errc;
using base::Error;
using base::Task;

constexpr std::size_t kRecent = 1024;
constexpr std::string_view kSuffix = ".ipns-record";

}  // namespace

base::Path NameStore::file_of(const std::string& name) const {
  return base::join(folder_, name + std::string(kSuffix));
}

Task<std::optional<base::Bytes>> NameStore::record(std::string name) {
  auto parsed = IpnsName::parse(name);
  if (!parsed) co_return std::nullopt;
  auto canonical = parsed->text();  // names become file names: only ever this form
  std::optional<base::Bytes> bytes;
  if (auto known = recent_.find(canonical); known != recent_.end()) {
    bytes = known->second;
  } else {
    bytes = co_await read(canonical);
  }
  if (!bytes) co_return std::nullopt;
  auto valid = verify_record(*parsed, *bytes, env_.now());
  if (!valid) {
    base::log(base::LogLevel::warn, "gateway", "the record of {} is not used: {}", canonical, valid.error().message());
    co_return std::nullopt;
  }
  if (recent_.size() >= kRecent) recent_.clear();
  recent_.insert_or_assign(canonical, *bytes);
  co_return bytes;
}

Task<std::optional<base::Bytes>> NameStore::read(std::string name) {
  auto path = file_of(name);
  auto job = [this, &path]() -> std::optional<base::Bytes> {
    auto& disk = env_.disk();
    if (!disk.stat(path)) return std::nullopt;
    try {
      return base::read_file(disk, path, kMaxRecordBytes);
    } catch (const Error& error) {
      if (error.code() == Errc::not_found || error.code() == Errc::too_large) return std::nullopt;
      throw;
    }
  };
  co_return co_await env_.run(std::move(job));
}

Task<NameStore::Put> NameStore::put(IpnsName name, base::Bytes record) {
  co_await writing_.acquire();
  std::exception_ptr failure;
  auto outcome = Put::older;
  try {
    outcome = co_await put_alone(name, std::move(record));
  } catch (...) {
    failure = std::current_exception();
  }
  writing_.release();
  if (failure) std::rethrow_exception(failure);
  co_return outcome;
}

Task<NameStore::Put> NameStore::put_alone(IpnsName name, base::Bytes record) {
  auto given = base::unwrap(verify_record(name, record, env_.now()));
  auto canonical = name.text();
  auto there = co_await read(canonical);
  if (there && base::equal(*there, record)) co_return Put::same;
  if (there) {
    auto old = open_record(name, *there);
    if (old && !newer(given, *old)) co_return Put::older;
  }
  auto path = file_of(canonical);
  auto job = [this, &path, &record, fresh = !there] {
    auto& disk = env_.disk();
    if (!count_) {
      disk.make_directories(folder_, 0700);
      disk.sync_directory(base::parent(folder_));  // whether it was made durable before cannot be seen
      count_ = disk.list(folder_).size();
    }
    if (fresh && *count_ >= max_names_) {
      throw Error(Errc::too_large, fmt::format("there are {} IPNS names here already", *count_));
    }
    base::write_file_atomic(disk, path, record, 0600);
    if (fresh) ++*count_;
  };
  co_await env_.run(std::move(job));
  recent_.erase(canonical);
  co_return Put::stored;
}

}  // namespace openmcp::api::gateway
