// tokens.json: what is read is written again as something that reads the same.
#include "api/tokens_file.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  if (auto id = api::id_in_secret(text); !id.empty()) need(id.size() == api::kTokenIdLength && size == 61);
  auto tokens = api::decode_tokens(text);
  if (!tokens) return 0;
  const auto written = api::encode_tokens(*tokens);
  auto again = api::decode_tokens(written);
  need(again && again->size() == tokens->size() && api::encode_tokens(*again) == written);
  return 0;
}
