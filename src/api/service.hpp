// What every surface stands on: the workspace and its store, and the server's own parts. Made once by serve.
#pragma once

#include <functional>
#include <string>

#include "base/config.hpp"
#include "base/env.hpp"
#include "context/workspace.hpp"
#include "monitor/metrics.hpp"
#include "storage/local_store.hpp"

namespace openmcp::api {

class Auth;
class AuditLog;
class Events;

struct Service {
  base::Env& env;
  storage::LocalStore& store;
  context::Workspace& workspace;
  const base::Config& settings;  ///< see serve_settings()
  Auth& auth;
  AuditLog& audit;
  Events& events;
  monitor::Metrics& metrics;
  std::string version;         ///< of the program
  std::string workspace_name;  ///< "default" unless set
  std::string origin;          ///< "http://127.0.0.1:7777": of the main listener
  std::string gateway_origin;  ///< "" when there is no gateway
  bool conformance = false;    ///< `serve --conformance`: the MCP suite's fixtures beside the product's tools
};

/// Keys of openmcp.toml that the server understands; part of the program's one table.
std::vector<base::SettingSpec> serve_settings();

}  // namespace openmcp::api
