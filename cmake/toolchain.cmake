# clang-19 with libstdc++ 12 is the one supported compiler: g++ 12.2 miscompiles 21 of 53 ordinary
# co_await expressions and clang-16 crashes multi-threaded Asio coroutines (DESIGN section 5).
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
