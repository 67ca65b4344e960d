// Streams of bytes as two callbacks: where content comes from and where it goes.
#pragma once

#include <functional>

#include "base/bytes.hpp"
#include "base/task.hpp"

namespace openmcp::ipld {

/// Fills a part of the buffer and says how much; 0 is the end. Asked again only after it answered.
using ByteSource = std::function<base::Task<std::size_t>(base::MutableBytes)>;
/// Takes the next bytes; they may be kept. Called again only after it returned (back-pressure).
using ByteSink = std::function<base::Task<void>(base::SharedBytes)>;

}  // namespace openmcp::ipld
