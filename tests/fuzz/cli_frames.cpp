// A message of the store's socket file that decodes is the one that was encoded; anything else is refused.

#include "cli/server/frames.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::BytesView bytes(data, size);
  auto frame = cli::decode_frame(bytes);
  if (!frame) {
    need(frame.error().code() == base::Errc::corrupt && !frame.error().message().empty());
    return 0;
  }
  auto again = cli::encode(*frame);
  need(again.size() == size + 4 && base::equal(base::BytesView(again).subspan(4), bytes));
  return 0;
}
