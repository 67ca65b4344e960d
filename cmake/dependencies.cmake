find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3 REQUIRED)
find_package(RocksDB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(secp256k1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)

find_library(OPENMCP_JEMALLOC_ARCHIVE NAMES libjemalloc.a REQUIRED)
add_library(openmcp_jemalloc INTERFACE)
target_link_libraries(openmcp_jemalloc INTERFACE ${OPENMCP_JEMALLOC_ARCHIVE} Threads::Threads ${CMAKE_DL_LIBS} m)

# Asio compiled once: every other source sees declarations only (DESIGN section 5).
add_library(openmcp_asio STATIC ${CMAKE_SOURCE_DIR}/cmake/asio_impl.cpp)
target_link_libraries(openmcp_asio PUBLIC openmcp_flags Boost::headers Threads::Threads)
target_compile_definitions(openmcp_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                               BOOST_ASIO_DISABLE_VISIBILITY)
add_library(openmcp::asio ALIAS openmcp_asio)
