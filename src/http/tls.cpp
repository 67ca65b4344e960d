#include "http/tls.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <optional>

#include "base/result.hpp"
#include "base/sync.hpp"

namespace openmcp::http {

using base::Errc;
using base::Error;
using base::Task;

namespace {

constexpr std::size_t kLargestPem = 1u << 20;
constexpr std::size_t kRecord = 16u << 10;   ///< the greatest payload of a TLS record
constexpr std::size_t kFlushAt = 64u << 10;  ///< ciphertext that is kept before it must be written
constexpr std::size_t kIdleRead = 2048;      ///< read at a time while little comes

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Ctx = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

/// The first error in OpenSSL's queue, which is emptied.
std::string reason_and_clear() {
  auto code = ERR_get_error();
  const char* text = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return text ? text : "unknown error";
}

std::string read_pem(base::Disk& disk, const base::Path& path) {
  auto file = disk.open(path, base::OpenMode::read);
  auto size = file->size();
  if (size > kLargestPem) throw Error(Errc::too_large, fmt::format("{} is too large for a PEM file", path));
  std::string text(static_cast<std::size_t>(size), '\0');
  text.resize(file->read_at(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  return text;
}

Bio bio_of(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

/// The end of a list of PEM blocks is an error to OpenSSL.
void clear_end_of_pem() { ERR_clear_error(); }

constexpr unsigned char kBoth[] = "\x02h2\x08http/1.1";
constexpr unsigned char kHttp1[] = "\x08http/1.1";

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  int found = SSL_select_next_proto(&chosen, size, kBoth, sizeof kBoth - 1, offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Ctx make_context(const SSL_METHOD* method) {
  Ctx ctx(SSL_CTX_new(method));
  if (!ctx) throw Error(Errc::internal, "preparing TLS: " + reason_and_clear());
  SSL_CTX_set_min_proto_version(ctx.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(ctx.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(ctx.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_OFF);
  // Only forward secrecy and authenticated encryption, as HTTP/2 wants (RFC 9113 section 9.2.2).
  SSL_CTX_set_cipher_list(ctx.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  return ctx;
}

}  // namespace

struct TlsContext::Native {
  Ctx ctx;
};

TlsContext::TlsContext(std::unique_ptr<Native> native) : native_(std::move(native)) {}
TlsContext::~TlsContext() = default;

std::shared_ptr<const TlsContext> TlsContext::for_server(base::Disk& disk, const base::Path& certificate,
                                                         const base::Path& key) {
  auto chain = read_pem(disk, certificate);
  auto secret = read_pem(disk, key);
  auto ctx = make_context(TLS_server_method());
  auto bad = [](const base::Path& path, std::string why) {
    return Error(Errc::invalid_argument, fmt::format("the TLS file {}: {}", path, why),
                 "give a PEM file: the certificate followed by its chain, and its private key without a passphrase");
  };
  auto bio = bio_of(chain);
  Certificate own(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!own) throw bad(certificate, "no certificate in it: " + reason_and_clear());
  if (SSL_CTX_use_certificate(ctx.get(), own.get()) != 1) throw bad(certificate, reason_and_clear());
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(ctx.get(), next) == 1) continue;
    X509_free(next);
    throw bad(certificate, reason_and_clear());
  }
  clear_end_of_pem();
  auto key_bio = bio_of(secret);
  auto no_passphrase = [](char*, int, int, void*) { return 0; };  // asks nobody
  PrivateKey private_key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!private_key) throw bad(key, "no usable private key in it: " + reason_and_clear());
  if (SSL_CTX_use_PrivateKey(ctx.get(), private_key.get()) != 1 || SSL_CTX_check_private_key(ctx.get()) != 1) {
    throw bad(key, "not the key of the certificate: " + reason_and_clear());
  }
  SSL_CTX_set_alpn_select_cb(ctx.get(), choose_protocol, nullptr);
  return std::make_shared<TlsContext>(std::make_unique<Native>(std::move(ctx)));
}

std::shared_ptr<const TlsContext> TlsContext::for_client(base::Disk& disk, const base::Path& ca_file) {
  auto ctx = make_context(TLS_client_method());
  SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(ctx.get(), kHttp1, sizeof kHttp1 - 1);
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(ctx.get());
    ERR_clear_error();
  } else {
    auto text = read_pem(disk, ca_file);
    auto bio = bio_of(text);
    std::size_t count = 0;
    for (;; ++count) {
      Certificate each(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
      if (!each) break;
      X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx.get()), each.get());
    }
    clear_end_of_pem();
    if (count == 0) throw Error(Errc::invalid_argument, fmt::format("no certificate of an authority in {}", ca_file));
  }
  return std::make_shared<TlsContext>(std::make_unique<Native>(std::move(ctx)));
}

namespace {

class OpenSslStream final : public TlsStream {
public:
  OpenSslStream(base::Env& env, std::unique_ptr<base::Stream> under, std::shared_ptr<const TlsContext> context)
      : under_(std::move(under)), context_(std::move(context)), executor_(env.executor()) {
    ERR_clear_error();
    ssl_.reset(SSL_new(context_->native().ctx.get()));
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    if (!ssl_ || !in || !out) {
      BIO_free(in);
      BIO_free(out);
      throw Error(Errc::internal, "preparing a TLS connection: " + reason_and_clear());
    }
    BIO_set_mem_eof_return(in, -1);  // empty means: later
    SSL_set_bio(ssl_.get(), in, out);
  }

  Task<void> accept() {
    SSL_set_accept_state(ssl_.get());
    co_await shake("a client");
  }

  Task<void> connect(std::string host) {
    SSL_set_connect_state(ssl_.get());
    auto* rules = SSL_get0_param(ssl_.get());
    bool named = X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) != 1;
    ERR_clear_error();
    if (named) {
      X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size());
      SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    }
    co_await shake(host);
  }

  std::string_view protocol() const noexcept override {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  Task<std::size_t> read(base::MutableBytes into) override {
    for (;;) {
      ERR_clear_error();
      std::size_t got = 0;
      int done = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
      if (done == 1) {
        if (!flushing_) co_await flush();
        co_return got;
      }
      int error = SSL_get_error(ssl_.get(), done);
      if (error == SSL_ERROR_ZERO_RETURN) co_return 0;
      if (error != SSL_ERROR_WANT_READ) throw broken("reading");
      // One that is flushing takes our bytes along; waiting for it could be waiting for a client that waits for us.
      if (!flushing_) co_await flush();
      if (!co_await feed()) throw Error(Errc::unavailable, "the TLS connection was cut");
    }
  }

  Task<void> write(base::BytesView from) override { co_await write_parts({&from, 1}); }

  Task<void> write_parts(std::span<const base::BytesView> parts) override {
    for (auto part : parts) {
      while (!part.empty()) {
        ERR_clear_error();
        std::size_t took = 0;
        int done = SSL_write_ex(ssl_.get(), part.data(), std::min(part.size(), kRecord), &took);
        if (done != 1) throw broken("writing");
        part = part.subspan(took);
        if (BIO_ctrl_pending(SSL_get_wbio(ssl_.get())) >= kFlushAt) co_await flush();
      }
    }
    co_await flush();
  }

  Task<void> close() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    ERR_clear_error();
    co_await flush();
    co_await under_->close();
  }

  void reset() noexcept override { under_->reset(); }
  base::Endpoint peer() const override { return under_->peer(); }

private:
  Task<void> shake(std::string with) {
    for (;;) {
      ERR_clear_error();
      int done = SSL_do_handshake(ssl_.get());
      int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
      if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
        auto verified = SSL_get_verify_result(ssl_.get());
        auto why = verified == X509_V_OK ? reason_and_clear() : std::string(X509_verify_cert_error_string(verified));
        std::exception_ptr ignored;
        try {
          co_await flush();  // the alert that tells the other side
        } catch (...) {
          ignored = std::current_exception();
        }
        std::string hint = verified == X509_V_OK ? "" : "check the certificate of the server and the authorities here";
        throw Error(Errc::unavailable, fmt::format("the TLS handshake with {} failed: {}", with, why), hint);
      }
      co_await flush();
      if (done == 1) co_return;
      if (!co_await feed()) throw Error(Errc::unavailable, fmt::format("{} left during the TLS handshake", with));
    }
  }

  /// Takes ciphertext from below; false: its end.
  Task<bool> feed() {
    std::size_t size = busy_ ? kRecord : kIdleRead;
    if (in_.size() != size) in_ = base::Bytes(size);
    auto got = co_await under_->read(in_);
    busy_ = got == in_.size();
    if (got > 0) BIO_write(SSL_get_rbio(ssl_.get()), in_.data(), static_cast<int>(got));
    co_return got > 0;
  }

  /// Passes ciphertext down, in order, whoever made it.
  Task<void> flush() {
    while (flushing_) co_await flushed().wait();
    auto* bio = SSL_get_wbio(ssl_.get());
    if (BIO_ctrl_pending(bio) == 0) co_return;
    struct Flushing {
      OpenSslStream& stream;
      explicit Flushing(OpenSslStream& of) : stream(of) { stream.flushing_ = true; }
      ~Flushing() {
        stream.flushing_ = false;
        if (stream.flushed_) stream.flushed_->wake_all();
      }
    };
    Flushing flushing(*this);
    while (auto size = BIO_ctrl_pending(bio)) {
      auto out = std::make_unique_for_overwrite<std::uint8_t[]>(size);
      BIO_read(bio, out.get(), static_cast<int>(size));
      co_await under_->write({out.get(), size});
    }
  }

  base::Signal& flushed() {
    if (!flushed_) flushed_.emplace(executor_);
    return *flushed_;
  }

  static Error broken(std::string_view doing) {
    return {Errc::unavailable, fmt::format("{} through TLS: {}", doing, reason_and_clear())};
  }

  std::unique_ptr<base::Stream> under_;
  std::shared_ptr<const TlsContext> context_;
  base::Executor executor_;
  Ssl ssl_;
  base::Bytes in_;
  bool busy_ = false, flushing_ = false;
  std::optional<base::Signal> flushed_;  ///< made when two write at a time: rare
};

}  // namespace

Task<std::unique_ptr<TlsStream>> TlsStream::accept(base::Env& env, std::unique_ptr<base::Stream> under,
                                                   std::shared_ptr<const TlsContext> context) {
  auto stream = std::make_unique<OpenSslStream>(env, std::move(under), std::move(context));
  co_await stream->accept();
  co_return std::move(stream);
}

Task<std::unique_ptr<TlsStream>> TlsStream::connect(base::Env& env, std::unique_ptr<base::Stream> under,
                                                    std::shared_ptr<const TlsContext> context, std::string host) {
  auto stream = std::make_unique<OpenSslStream>(env, std::move(under), std::move(context));
  co_await stream->connect(std::move(host));
  co_return std::move(stream);
}

}  // namespace openmcp::http
