// The JSON form of a keystore file.
#include <boost/json.hpp>

#include <algorithm>
#include <limits>

#include "crypto/keystore.hpp"

namespace openmcp::crypto {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFile = 64 * 1024, kMaxBytes = 1024;

std::unexpected<base::Error> refuse(std::string why, base::Errc code = base::Errc::corrupt) {
  return base::fail(code, "reading a keystore: " + std::move(why),
                    "expected a Web3 Secret Storage file of version 3, as Ethereum wallets write it");
}

/// Reads members of one object and remembers the first that is missing or wrong, so that the reader below is a list.
class Members {
public:
  Members(const json::object& object, std::string& wrong) : object_(object), wrong_(wrong) {}

  const json::object& object(std::string_view name) {
    static const json::object kNone;
    const auto* value = find(name);
    if (value != nullptr && value->is_object()) return value->get_object();
    miss(name, "an object");
    return kNone;
  }
  std::string text(std::string_view name) {
    const auto* value = find(name);
    if (value != nullptr && value->is_string() && value->get_string().size() <= 2 * kMaxBytes)
      return {value->get_string().begin(), value->get_string().end()};
    miss(name, "a text");
    return {};
  }
  template <class Number>
  Number number(std::string_view name) {
    if (const auto* value = find(name); value != nullptr && (value->is_int64() || value->is_uint64())) {
      boost::system::error_code error;
      const auto n = value->to_number<Number>(error);
      if (!error) return n;
    }
    miss(name, "a whole number");
    return 0;
  }
  base::Bytes hex(std::string_view name) {
    const auto digits = text(name);
    base::Bytes out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
      const int high = digit(digits[i]), low = digit(digits[i + 1]);
      if (high < 0 || low < 0) break;
      out.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    if (out.size() * 2 != digits.size()) miss(name, "hexadecimal");
    return out;
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> hex(std::string_view name) {
    const auto bytes = hex(name);
    std::array<std::uint8_t, N> out{};
    if (bytes.size() == N) {
      std::ranges::copy(bytes, out.begin());
    } else {
      miss(name, "hexadecimal of " + std::to_string(N) + " bytes");
    }
    return out;
  }
  bool has(std::string_view name) const { return find(name) != nullptr; }

private:
  const json::value* find(std::string_view name) const {
    return object_.if_contains(json::string_view(name.data(), name.size()));
  }
  void miss(std::string_view name, const std::string& what) {
    if (wrong_.empty()) wrong_ = "'" + std::string(name) + "' is not " + what;
  }
  static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  const json::object& object_;
  std::string& wrong_;
};

}  // namespace

base::Result<KeystoreFile> KeystoreFile::from_json(std::string_view text) {
  if (text.size() > kMaxFile) return refuse("the file is larger than 64 KiB", base::Errc::too_large);
  boost::system::error_code error;
  const auto value = json::parse({text.data(), text.size()}, error);
  if (error) return refuse("not JSON (" + error.message() + ")");
  if (!value.is_object()) return refuse("not a JSON object");

  std::string wrong;
  KeystoreFile file;
  Members top(value.get_object(), wrong);
  const auto version = top.number<std::uint64_t>("version");
  if (wrong.empty() && version != 3)
    return refuse("version " + std::to_string(version) + " is not known", base::Errc::unsupported);
  if (top.has("id")) file.id = top.text("id");
  if (top.has("address")) file.address = top.hex<20>("address");

  Members crypto(top.object(top.has("crypto") ? "crypto" : "Crypto"), wrong);  // early wallets wrote it large
  const auto cipher = crypto.text("cipher"), kdf = crypto.text("kdf");
  file.ciphertext = crypto.hex("ciphertext");
  file.mac = crypto.hex<32>("mac");
  file.iv = Members(crypto.object("cipherparams"), wrong).hex<16>("iv");
  Members params(crypto.object("kdfparams"), wrong);
  file.salt = params.hex("salt");
  const auto length = params.number<std::uint64_t>("dklen");
  if (kdf == "scrypt") {
    file.cost = ScryptCost{params.number<std::uint64_t>("n"), params.number<std::uint32_t>("r"),
                           params.number<std::uint32_t>("p")};
  } else if (kdf == "pbkdf2") {
    file.cost = Pbkdf2Cost{params.number<std::uint32_t>("c")};
    if (wrong.empty() && params.text("prf") != "hmac-sha256")
      return refuse("only PBKDF2 with hmac-sha256 is known", base::Errc::unsupported);
  } else if (wrong.empty()) {
    return refuse("key derivation '" + kdf + "' is not known", base::Errc::unsupported);
  }
  if (!wrong.empty()) return refuse(wrong);
  if (cipher != "aes-128-ctr") return refuse("cipher '" + cipher + "' is not known", base::Errc::unsupported);
  if (length != 32) return refuse("a derived key of other than 32 bytes is not known", base::Errc::unsupported);
  if (file.ciphertext.empty()) return refuse("'ciphertext' is empty");
  return file;
}

std::string KeystoreFile::to_json() const {
  json::object params{{"dklen", 32}, {"salt", base::to_hex(salt)}};
  if (const auto* scrypt = std::get_if<ScryptCost>(&cost)) {
    params["n"] = scrypt->n;
    params["r"] = scrypt->r;
    params["p"] = scrypt->p;
  } else {
    params["c"] = std::get<Pbkdf2Cost>(cost).iterations;
    params["prf"] = "hmac-sha256";
  }
  json::object crypto{{"cipher", "aes-128-ctr"},
                      {"ciphertext", base::to_hex(ciphertext)},
                      {"cipherparams", {{"iv", base::to_hex(iv)}}},
                      {"kdf", std::holds_alternative<ScryptCost>(cost) ? "scrypt" : "pbkdf2"},
                      {"kdfparams", std::move(params)},
                      {"mac", base::to_hex(mac)}};
  json::object file{{"version", 3}};
  if (!id.empty()) file["id"] = id;
  if (address) file["address"] = base::to_hex(*address);
  file["crypto"] = std::move(crypto);
  return json::serialize(file);
}

}  // namespace openmcp::crypto
