// Inside of http: TLS 1.2 and 1.3 over any stream, with OpenSSL. The one source that knows OpenSSL's connections.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/disk.hpp"
#include "base/env.hpp"
#include "base/stream.hpp"

namespace openmcp::http {

/// Certificates and rules that connections share. Immutable; connections keep the one they began with.
class TlsContext {
public:
  /// Offers h2 and http/1.1. Throws Error for files that cannot be read or do not fit together.
  static std::shared_ptr<const TlsContext> for_server(base::Disk& disk, const base::Path& certificate,
                                                      const base::Path& key);
  /// Trusts the authorities of `ca_file` (PEM), or the system's when it is empty. Offers http/1.1.
  static std::shared_ptr<const TlsContext> for_client(base::Disk& disk, const base::Path& ca_file);

  struct Native;
  explicit TlsContext(std::unique_ptr<Native> native);
  ~TlsContext();
  Native& native() const noexcept { return *native_; }

private:
  std::unique_ptr<Native> native_;
};

/// A stream whose handshake is done.
class TlsStream : public base::Stream {
public:
  static base::Task<std::unique_ptr<TlsStream>> accept(base::Env& env, std::unique_ptr<base::Stream> under,
                                                       std::shared_ptr<const TlsContext> context);
  /// Throws unavailable when the certificate is not trusted or not one of `host` (a name or an address).
  static base::Task<std::unique_ptr<TlsStream>> connect(base::Env& env, std::unique_ptr<base::Stream> under,
                                                        std::shared_ptr<const TlsContext> context, std::string host);
  /// What ALPN agreed on; "" nothing.
  virtual std::string_view protocol() const noexcept = 0;
};

}  // namespace openmcp::http
