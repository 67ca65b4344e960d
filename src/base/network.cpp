#include "base/network.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

#include "base/result.hpp"

namespace openmcp::base {

Task<void> Stream::write_parts(std::span<const BytesView> parts) {
  for (auto part : parts) co_await write(part);
}

Task<std::vector<Endpoint>> Network::resolve(std::string host, std::uint16_t port) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  if (error) throw Error(Errc::not_found, fmt::format("resolving {}: no such name", host));
  std::vector<Endpoint> one;
  one.push_back({std::move(host), port});
  co_return one;
}

}  // namespace openmcp::base
