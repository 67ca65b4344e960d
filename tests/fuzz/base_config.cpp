// Any text is read or refused with an error that names file and line; a refused text changes nothing.
#include <cctype>

#include "base/config.hpp"
#include "need.hpp"

using namespace openmcp::base;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Config config({{"flag", true, "h"},
                 {"store.number", std::int64_t{1}, "h"},
                 {"store.fraction", 0.5, "h"},
                 {"store.text", std::string("t"), "h"},
                 {"list", std::vector<std::string>{"a"}, "h"}});
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto done = config.read_toml(text, "fuzz.toml");
  if (!done) {
    std::string_view message = done.error().message();
    need(message.starts_with("fuzz.toml:") && message.size() > 10 && std::isdigit(message[10]));
    need(config.flag("flag") && config.integer("store.number") == 1 && config.text("store.text") == "t");
  }
  for (const auto& spec : config.known()) {
    auto& origin = config.origin(spec.key);
    need(origin == "default" || (done && origin.starts_with("fuzz.toml:")));
  }
  return 0;
}
