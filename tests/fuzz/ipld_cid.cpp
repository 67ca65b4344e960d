// A CID from a stranger, as bytes and as text: whatever is read is written back alike, and both forms agree.
#include "ipld/cid.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

void same_in_text(const ipld::Cid& cid) {
  auto again = ipld::Cid::parse(cid.text());
  need(again && *again == cid);
  if (cid.version() == 0) return;
  for (char base : {'z', 'k', 'f', 'M'}) {
    auto text = cid.text(base);
    need(text.has_value());
    auto from_text = ipld::Cid::parse(*text);
    need(from_text && *from_text == cid);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView input(data, size);
  base::BytesView rest = input;
  if (auto cid = ipld::Cid::take(rest)) {
    const base::BytesView taken = input.first(size - rest.size());
    need(base::equal(cid->bytes(), taken));
    need(cid->wire_size() == taken.size() && taken.size() <= ipld::kMaxCidBytes);
    need(ipld::Cid::from_bytes(input).has_value() == rest.empty());
    same_in_text(*cid);
  } else {
    need(rest.size() == size && !ipld::Cid::from_bytes(input));
  }
  if (auto cid = ipld::Cid::parse(base::as_text(input))) {
    auto again = ipld::Cid::from_bytes(cid->bytes());
    need(again && *again == *cid);
    same_in_text(*cid);
  }
  return 0;
}
