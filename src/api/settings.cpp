// The server's keys of openmcp.toml.
#include "api/service.hpp"

namespace openmcp::api {

using base::SettingSpec;

std::vector<SettingSpec> serve_settings() {
  using Texts = std::vector<std::string>;
  return {
      SettingSpec{"serve.listen", Texts{"127.0.0.1:7777"}, "addresses of the server, ADDR:PORT"},
      SettingSpec{"serve.gateway", Texts{"127.0.0.1:7780"},
                  "addresses of the IPFS gateway, ADDR:PORT; [\"none\"] for no gateway"},
      SettingSpec{"serve.gateway_open", false, "the gateway answers callers without a token"},
      SettingSpec{"serve.gateway_domains", Texts{"localhost"},
                  "domains below which the gateway gives every CID an origin of its own (<cid>.ipfs.<domain>)"},
      SettingSpec{"serve.hosts", Texts{},
                  "names (name or name:port) by which clients may call the server, besides loopback and the addresses "
                  "it listens at"},
      SettingSpec{"serve.origins", Texts{},
                  "origins of web pages elsewhere that may use the server (https://app.example)"},
      SettingSpec{"serve.anonymous", std::string("none"), "role of callers without a token: none, reader or writer"},
      SettingSpec{"serve.tls_certificate", std::string(), "PEM file of the certificate with its chain; empty: no TLS"},
      SettingSpec{"serve.tls_key", std::string(), "PEM file of the certificate's key"},
      SettingSpec{"serve.workspace", std::string("default"),
                  "name of the workspace, for tokens that are limited to one"},
      SettingSpec{"serve.rate_per_token", std::int64_t{1000},
                  "requests a second of one token, twice as many at once; 0: no limit"},
      SettingSpec{"serve.rate_per_address", std::int64_t{100},
                  "requests a second of one address without a token; a bad token counts for ten; 0: no limit"},
      SettingSpec{"serve.max_connections", std::int64_t{16384}, "connections at once"},
      SettingSpec{"serve.drain_seconds", std::int64_t{10}, "how long requests may take to end when the server stops"},
      SettingSpec{"serve.access_log", std::string(), "file that a line a request is appended to; empty: none"},
      SettingSpec{"assistant.url", std::string(),
                  "OpenAI-compatible endpoint that process_context asks (https://.../v1); empty: it answers with the "
                  "context alone"},
      SettingSpec{"assistant.model", std::string(), "name of the model to ask for"},
      SettingSpec{"assistant.key_file", std::string(), "file (mode 0600) with the key of that endpoint"},
  };
}

}  // namespace openmcp::api
