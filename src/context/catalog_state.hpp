// What the catalog's sources share: its two connections.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "context/catalog.hpp"
#include "context/sql.hpp"

namespace openmcp::context {

struct Catalog::State {
  explicit State(const std::string& path);

  /// A connection with the right to use it.
  struct Use {
    std::unique_lock<std::mutex> lock;
    sql::Connection& connection;
    sql::Connection* operator->() { return &connection; }
  };
  Use write() { return {std::unique_lock(write_mutex), writer}; }
  /// Reads run beside a write, on a connection of their own; a catalog in memory has only one.
  Use read() { return reader ? Use{std::unique_lock(read_mutex), *reader} : write(); }

  std::mutex write_mutex, read_mutex;
  sql::Connection writer;
  std::unique_ptr<sql::Connection> reader;
};

}  // namespace openmcp::context
