#include "storage/leases.hpp"

namespace openmcp::storage {
namespace {

std::string key_of(const ipld::Multihash& hash) {
  auto bytes = hash.bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

class Leases::Held final : public Lease {
public:
  Held(std::shared_ptr<Leases> leases, std::uint64_t start) : leases_(std::move(leases)), start_(start) {}
  ~Held() override { leases_->end(start_); }

private:
  std::shared_ptr<Leases> leases_;
  std::uint64_t start_;
};

std::unique_ptr<Lease> Leases::begin() {
  auto start = ++clock_;
  starts_.insert(start);
  return std::make_unique<Held>(shared_from_this(), start);
}

void Leases::touch(const ipld::Multihash& hash) {
  if (any()) touched_.insert_or_assign(key_of(hash), clock_);
}

bool Leases::protects(const ipld::Multihash& hash) const {
  if (!any()) return false;
  auto found = touched_.find(key_of(hash));
  return found != touched_.end() && found->second >= *starts_.begin();
}

void Leases::end(std::uint64_t start) {
  auto oldest = *starts_.begin();
  starts_.erase(starts_.find(start));
  if (starts_.empty()) {
    touched_.clear();
  } else if (*starts_.begin() != oldest) {
    std::erase_if(touched_, [&](const auto& each) { return each.second < *starts_.begin(); });
  }
}

}  // namespace openmcp::storage
