#include "api/serve/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include <memory>

namespace openmcp::api::serve {

std::optional<base::WallTime> certificate_end(base::BytesView pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  if (!source) return std::nullopt;
  std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr),
                                                          X509_free);
  tm parts{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) != 1) return std::nullopt;
  return base::WallTime(std::chrono::seconds(timegm(&parts)));
}

}  // namespace openmcp::api::serve
