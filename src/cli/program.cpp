#include "cli/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>
#include <new>
#include <vector>

#include "api/json_writer.hpp"
#include "base/real_env.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/process.hpp"
#include "cli/server/forward.hpp"
#include "cli/signals.hpp"
#include "cli/text.hpp"

namespace openmcp::cli {

using api::JsonWriter;
using base::Errc;
using base::Error;

namespace {

bool colours_wanted(const Globals& globals) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (globals.no_color || (no_color && *no_color)) return false;
  return !term || std::string_view(term) != "dumb";
}

/// Says what went wrong, in the form asked for, and returns the exit code.
int report(const Error& error, const Globals& globals) {
  int code = exit_code_for(error.code());
  if (auto number = stop_signal(); number != 0 && error.code() == Errc::cancelled) code = 128 + number;
  try {
    Output err(2, colours_wanted(globals));
    if (globals.json) {
      JsonWriter json;
      json.begin_object().key("error").begin_object();
      std::string name(base::to_string(error.code()));
      std::ranges::replace(name, ' ', '_');
      json.field("code", name).field("message", error.message());
      json.field("hint", error.hint()).end_object().end_object();
      err.line(json.text());
    } else {
      err.line(fmt::format("{} {}", err.styled(Style::red, "openmcp:"), escape(error.message(), true)));
      if (!error.hint().empty()) err.line(fmt::format("  hint: {}", escape(error.hint(), true)));
    }
    err.flush();
  } catch (const std::exception&) {
    return code;  // nobody listens on standard error: the exit code still says it
  }
  return code;
}

base::Task<void> run_here(Invocation& call, int& code) {
  std::exception_ptr failure;
  try {
    code = co_await call.command().run(call);
  } catch (...) {
    failure = std::current_exception();
  }
  // What was opened is closed in order, also when a signal stopped the command.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  try {
    co_await call.close();
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_terminal_cancellation());
  if (failure) std::rethrow_exception(failure);
}

/// In the server that has the store, or here. A server may come or go at any moment.
base::Task<void> run_command(Invocation& call, std::vector<std::string> words, int& code) {
  constexpr int kAttempts = 4;
  bool here = call.command().place != Place::server;
  for (int attempt = 0; attempt < kAttempts; ++attempt, here = !here) {
    try {
      if (here) {
        co_await run_here(call, code);
        co_return;
      }
      auto there = co_await forward(call, words);
      if (there) code = *there;
      if (there) co_return;
    } catch (const StoreIsServed&) {
      continue;
    }
  }
  throw Error(Errc::busy, "servers of the store come and go", "run the command again");
}

int run(Parsed parsed, const Globals& globals, std::vector<std::string> words) {
  bool colours = colours_wanted(globals);
  Output out(1, colours), err(2, colours);
  if (globals.version) {
    if (globals.json) {
      out.line(fmt::format("{{\"version\":\"{}\"}}", kVersion));
    } else {
      out.line(fmt::format("openmcp {}", kVersion));
    }
    out.flush();
    return kOk;
  }
  if (globals.help || (!parsed.command && parsed.family.empty())) {
    if (parsed.command) {
      print_command(out, *parsed.command);
    } else if (!parsed.family.empty()) {
      print_family(out, parsed.family, all_commands());
    } else {
      print_overview(out, all_commands());
    }
    out.flush();
    return kOk;
  }
  block_stop_signals();
  base::RealEnv env;
  StandardInput in(env, 0);
  receive_stop_signals([](void* context) noexcept { static_cast<base::RealEnv*>(context)->stop(); }, &env);
  int code = kOk;
  {
    Invocation call(env, *parsed.command, std::move(parsed.args), globals, in, out, err);
    struct Forget {
      ~Forget() { forget_stop_handler(); }
    } forget;
    try {
      env.run_until_done(run_command(call, std::move(words), code));
    } catch (const OutputClosed&) {
      throw;
    } catch (...) {
      out.flush();  // what was done before the error was said already
      throw;
    }
  }
  out.flush();
  return code;
}

}  // namespace

int run_program(int argc, char** argv) {
  keep_standard_descriptors();
  Globals globals;
  try {
    std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    auto parsed = parse(words, all_commands(), globals);
    if (!parsed) {
      // The form of the answer was asked for somewhere, even if parsing did not get that far.
      globals.json = globals.json || std::ranges::count(words, "--json") > 0;
      return report(parsed.error(), globals);
    }
    return run(*std::move(parsed), globals, {words.begin(), words.end()});
  } catch (const OutputClosed&) {
    return kPipeClosed;
  } catch (const Error& error) {
    return report(error, globals);
  } catch (const std::bad_alloc&) {
    return report(Error(Errc::internal, "out of memory"), globals);
  } catch (const std::exception& error) {
    return report(Error(Errc::internal, fmt::format("unexpected: {}", error.what()),
                        "this is a bug: please report it with the command that you ran"),
                  globals);
  }
}

}  // namespace openmcp::cli
