#include "cli/server/frames.hpp"

#include <fmt/format.h>

#include <array>

#include "base/varint.hpp"

namespace openmcp::cli {

using base::Bytes;
using base::BytesView;
using base::Errc;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t kMostInList = 1u << 18;               ///< more words than an argument list of the system holds
constexpr std::size_t kKinds = std::variant_size_v<Frame>;  ///< a frame's first byte is its place there, from 1

class Writer {
public:
  explicit Writer(Bytes& out) : out_(out) {}
  void operator()(std::uint64_t number) { base::put_varint64(out_, number); }
  void operator()(bool on) { out_.push_back(on ? 1 : 0); }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint64_t>(text.size()));
    out_.insert(out_.end(), text.begin(), text.end());
  }
  template <class T>
  void operator()(const std::vector<T>& list) {
    (*this)(static_cast<std::uint64_t>(list.size()));
    for (auto& each : list) (*this)(each);
  }
  void operator()(const std::pair<std::string, std::string>& pair) { (*this)(pair.first), (*this)(pair.second); }
  void operator()(const OutputFacts& facts) { fields(*this, facts); }
  void operator()(const std::optional<ErrorFacts>& error) {
    (*this)(error.has_value());
    if (error) fields(*this, *error);
  }

  // The fields of each, for both directions.
  template <class Each>
  static void fields(Each&& each, auto& frame) {
    using T = std::remove_cvref_t<decltype(frame)>;
    if constexpr (std::is_same_v<T, Greeting>) {
      each(frame.protocol), each(frame.version), each(frame.kind), each(frame.pid);
    } else if constexpr (std::is_same_v<T, OutputFacts>) {
      each(frame.terminal), each(frame.colours), each(frame.columns);
    } else if constexpr (std::is_same_v<T, RunCommand>) {
      each(frame.words), each(frame.directory), each(frame.home), each(frame.root), each(frame.found);
      each(frame.variables), each(frame.input_terminal), each(frame.out), each(frame.err);
    } else if constexpr (std::is_same_v<T, NeedInput>) {
      each(frame.most);
    } else if constexpr (std::is_same_v<T, InputPiece>) {
      each(frame.bytes);
    } else if constexpr (std::is_same_v<T, OutputPiece>) {
      each(frame.error), each(frame.bytes);
    } else if constexpr (std::is_same_v<T, ErrorFacts>) {
      each(frame.code), each(frame.message), each(frame.hint);
    } else if constexpr (std::is_same_v<T, CommandEnded>) {
      each(frame.code), each(frame.error);
    } else if constexpr (std::is_same_v<T, LinePiece>) {
      each(frame.last), each(frame.text);
    } else if constexpr (std::is_same_v<T, ServerFacts>) {
      each(frame.json);
    } else {
      static_assert(std::is_empty_v<T>);
    }
  }

private:
  Bytes& out_;
};

class Reader {
public:
  explicit Reader(BytesView in) : in_(in) {}

  void operator()(std::uint64_t& number) {
    if (failed_) return;
    auto taken = base::take_varint64(in_, true);
    if (!taken) return give_up();
    number = *taken;
  }
  void operator()(bool& on) {
    if (failed_ || in_.empty() || in_[0] > 1) return give_up();
    on = in_[0] == 1;
    in_ = in_.subspan(1);
  }
  void operator()(std::string& text) {
    auto size = count();
    if (failed_) return;
    text = base::as_text(in_.first(size));
    in_ = in_.subspan(size);
  }
  template <class T>
  void operator()(std::vector<T>& list) {
    auto size = count();
    if (size > kMostInList) return give_up();
    for (std::size_t i = 0; i < size && !failed_; ++i) (*this)(list.emplace_back());
  }
  void operator()(std::pair<std::string, std::string>& pair) { (*this)(pair.first), (*this)(pair.second); }
  void operator()(OutputFacts& facts) { Writer::fields(*this, facts); }
  void operator()(std::optional<ErrorFacts>& error) {
    bool there = false;
    (*this)(there);
    if (there) Writer::fields(*this, error.emplace());
  }

  bool good() const noexcept { return !failed_ && in_.empty(); }

private:
  /// A length that what is left can hold.
  std::size_t count() {
    std::uint64_t size = 0;
    (*this)(size);
    if (size > in_.size()) give_up();
    return failed_ ? 0 : static_cast<std::size_t>(size);
  }
  void give_up() { failed_ = true; }
  BytesView in_;
  bool failed_ = false;
};

template <std::size_t Kind>
Frame make() {
  return Frame(std::in_place_index<Kind>);
}

template <std::size_t... Kinds>
Frame empty_frame(std::size_t kind, std::index_sequence<Kinds...>) {
  static constexpr std::array<Frame (*)(), sizeof...(Kinds)> kMakers = {make<Kinds>...};
  return kMakers[kind]();
}

}  // namespace

Bytes encode(const Frame& frame) {
  Bytes out(4);
  out.push_back(static_cast<std::uint8_t>(frame.index() + 1));
  std::visit([&out](auto& each) { Writer::fields(Writer(out), each); }, frame);
  auto size = out.size() - 4;
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
  return out;
}

Result<Frame> decode_frame(BytesView bytes) {
  if (bytes.empty() || bytes[0] == 0 || bytes[0] > kKinds) {
    return fail(Errc::corrupt, "the store's socket: a message of unknown kind");
  }
  auto frame = empty_frame(bytes[0] - 1u, std::make_index_sequence<kKinds>());
  Reader reader(bytes.subspan(1));
  std::visit([&reader](auto& each) { Writer::fields(reader, each); }, frame);
  if (!reader.good()) {
    return fail(Errc::corrupt, fmt::format("the store's socket: a message of kind {} that is not whole", bytes[0]));
  }
  return frame;
}

}  // namespace openmcp::cli
