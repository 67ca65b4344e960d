// A keystore file from a stranger: what is read is written and read again as the same.

#include "crypto/keystore.hpp"
#include "need.hpp"

using namespace openmcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = crypto::KeystoreFile::from_json(base::as_text({data, size}));
  if (!file) return 0;
  const auto text = file->to_json();
  const auto again = crypto::KeystoreFile::from_json(text);
  need(again && *again == *file && again->to_json() == text);
  return 0;
}
