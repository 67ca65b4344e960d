// Task<T>: the one coroutine type. Includes awaitable and nothing more, because everything includes this.
//
// Rules (measured on clang-19, see docs/architecture.md): parameters by value; name lambdas and aggregates before
// awaiting; no thread_local across co_await; a coroutine never migrates between threads.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace openmcp::base {

template <class T = void>
using Task = boost::asio::awaitable<T>;

using Executor = boost::asio::any_io_executor;

}  // namespace openmcp::base
