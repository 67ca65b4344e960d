# Run by ./dev: sub-commands are the functions named cmd_<name>.
set -euo pipefail
preset=${OPENMCP_PRESET:-dev}
jobs=${OPENMCP_JOBS:-$(nproc)}

say() { printf '==> %s\n' "$*" >&2; }

for part in setup lint test run bench; do
  [ ! -f "scripts/$part.sh" ] || . "scripts/$part.sh"
done

configure() {
  mkdir -p "build/$preset"
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 ||
    { tail -30 "build/$preset/configure.log" >&2; return 1; }
}

# ./dev build [TARGET...]; OPENMCP_PRESET chooses dev, release, asan, tsan or fuzz.
cmd_build() {
  mkdir -p "build/$preset"
  (
    flock 9  # two builds in one folder take turns
    configure
    # Not by exec: this shell holds the lock until ninja has ended, and what ninja starts must not hold it.
    ninja -C "build/$preset" -j "$jobs" "$@" 9>&-
  ) 9>"build/$preset/.lock"
}

# ./dev check FILE...: does it compile, warnings included, without a build
cmd_check() {
  local file
  for file in "$@"; do
    clang++-19 -std=c++23 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-sign-conversion \
      -Isrc -Itests -Ibench -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED -DOPENMCP_SOURCE_DIR='"."' \
      -DOPENMCP_BINARY_DIR='"build"' "$file"
  done
}

cmd_setup() {
  setup_toolchain
  setup_oracles
  setup_kubo
  setup_conformance
  setup_schemathesis
  setup_dashboard
  setup_embeddings
}

cmd_help() {
  cat <<'HELP'
usage: ./dev COMMAND

  run [ARGS]     set up, build build/release/openmcp, show the main job and serve it (or run openmcp ARGS)
  test           set up, build and pass the tests   [--long] [--asan] [--tsan] [--only REGEX] [--filter GTEST_FILTER]
  bench          figures beside their limits and beside Kubo   [--quick] [--only REGEX]
  lint [FILE]    floors, format, clang-tidy of changed (or named) sources
  fmt            format all sources
  build [TARGET] build only; OPENMCP_PRESET=dev|release|asan|tsan|fuzz
  check FILE     compile one file without building
  fuzz NAME [S]  fuzz one decoder for S seconds
  setup          install everything, and no more
HELP
}

name=${1:-help}
[ $# -eq 0 ] || shift
if declare -F "cmd_$name" >/dev/null; then
  "cmd_$name" "$@"
else
  echo "./dev: unknown command '$name' (./dev help lists them)" >&2
  exit 2
fi
