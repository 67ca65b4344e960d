// A pin from a stranger: what is accepted is kept and read back as it was.

#include "api/pinning/pin_request.hpp"
#include "need.hpp"

using namespace openmcp;
using namespace openmcp::api::pinning;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::as_text({data, size});
  if (auto pin = parse_pin(text)) {
    PinRequest request{"id", 1000, *std::move(pin)};
    auto kept = encode(request);
    auto again = decode_request(kept);
    need(again && again->pin.cid == request.pin.cid);
  }
  for (auto name : {"cid", "meta", "before", "limit", "status"}) {
    auto filter = parse_filter({{name, std::string(text)}}, {});
    need(filter || !filter.error().message().empty());
  }
  return 0;
}
