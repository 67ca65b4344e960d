// A sealed stream from a stranger: whatever is accepted is exactly what our writer makes of the opened bytes; and what
// our writer makes is opened again, in whatever pieces it comes.
// Input: chunk size - 1, piece size - 1, then the stream.
#include "crypto/sealed_stream.hpp"
#include "need.hpp"

using namespace openmcp;

namespace {

constexpr crypto::Key32 kKey = [] {
  crypto::Key32 key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(0x80 + i);
  return key;
}();

base::Bytes seal(base::BytesView plain, crypto::StreamHeaderView header, std::size_t chunk, std::size_t piece) {
  crypto::StreamSealer sealer(kKey, header, chunk);
  base::Bytes out;
  for (; !plain.empty(); plain = plain.subspan(std::min(piece, plain.size())))
    sealer.update(plain.first(std::min(piece, plain.size())), out);
  sealer.finish(out);
  return out;
}

bool open(base::BytesView sealed, std::size_t chunk, std::size_t piece, base::Bytes& out) {
  crypto::StreamOpener opener(kKey, chunk);
  for (; !sealed.empty(); sealed = sealed.subspan(std::min(piece, sealed.size()))) {
    if (!opener.update(sealed.first(std::min(piece, sealed.size())), out)) return false;
  }
  return opener.finish(out).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t chunk = data[0] % 64 + 1, piece = data[1] + std::size_t{1};
  const base::BytesView body(data + 2, size - 2);

  base::Bytes opened, whole;
  const bool accepted = open(body, chunk, piece, opened);
  need(accepted == open(body, chunk, body.size() + 1, whole) && (!accepted || opened == whole));
  if (accepted) {
    const auto again = seal(opened, body.first<crypto::kStreamHeaderSize>(), chunk, piece);
    need(base::equal(again, body));
  }

  const crypto::StreamHeader header{data[0], data[1]};
  const auto sealed = seal(body, header, chunk, piece);
  need(sealed.size() == crypto::sealed_size(body.size(), chunk));
  base::Bytes back;
  need(open(sealed, chunk, body.size() % 97 + 1, back) && base::equal(back, body));
  return 0;
}
