// Content on its way between the command line and the lower rooms: standard input, standard output, files.
#pragma once

#include <memory>
#include <string>

#include "base/env.hpp"
#include "cli/invocation.hpp"
#include "ipld/byte_io.hpp"

namespace openmcp::cli {

/// Standard input as a stream.
ipld::ByteSource stdin_source(Invocation& call);
/// A file, or standard input for "-". Errors name the file.
ipld::ByteSource input_source(Invocation& call, const std::string& typed);
/// The whole of a file or of standard input ("-"). Error too_large above `limit` bytes.
base::Task<base::Bytes> read_input(Invocation& call, std::string typed, std::uint64_t limit);

/// Standard output for content: bytes as they are in pipes and files; on a terminal control characters are escaped.
class ContentOutput {
public:
  explicit ContentOutput(Output& out) : out_(out) {}
  void write(const base::SharedBytes& bytes);
  base::Task<void> ready() { return out_.ready(); }
  /// Ends the line on a terminal, so that the prompt does not stick to the content.
  void finish();

private:
  Output& out_;
  std::string held_;  ///< the begin of a character whose end is still to come
  bool line_open_ = false;
};
ipld::ByteSink content_sink(ContentOutput& out);

/// A file written beside its place and renamed over it at the end, so that it is wholly the old or wholly the new one;
/// "-" and /dev/stdout are standard output.
class OutputFile {
public:
  OutputFile(Invocation& call, std::string typed);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  ipld::ByteSink sink();
  bool to_stdout() const noexcept { return stdout_; }
  /// Null for standard output.
  std::shared_ptr<base::File> file() const noexcept { return file_; }
  base::Task<void> commit();

private:
  Invocation& call_;
  bool stdout_ = false;
  base::Path path_, temporary_;
  std::shared_ptr<base::File> file_;
};

}  // namespace openmcp::cli
