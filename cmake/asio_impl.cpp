// The only source that compiles Asio's own code.
#include <boost/asio/impl/src.hpp>
