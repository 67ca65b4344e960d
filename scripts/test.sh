# Sourced by dev.sh: runs every test program and closes with one line that counts.

skipped_lines=0
skip_line() { echo "SKIPPED $*"; skipped_lines=$((skipped_lines + 1)); }

# run_programs FOLDER...: each test program, $jobs at a time; logs beside the build.
run_programs() {
  local logs=build/$preset/logs program
  mkdir -p "$logs"; rm -f "$logs"/*.log "$logs"/*.rc
  for program in "$@"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
    {
      name=$(basename "$program")
      if [[ $name == fuzz_* ]]; then arguments=(tests/fuzz/corpus/"${name#fuzz_}"); else arguments=(--gtest_color=no); fi
      [ -z "${filter:-}" ] || [[ $name == fuzz_* ]] || arguments+=("--gtest_filter=$filter")
      code=0
      timeout -k 10 "${OPENMCP_TEST_TIMEOUT:-1500}" "$program" "${arguments[@]}" >"$logs/$name.log" 2>&1 || code=$?
      echo "$code" >"$logs/$name.rc"
      if [ "$code" = 0 ]; then echo "  ok      $name  $(tail -n 40 "$logs/$name.log" | grep -oE '\([0-9]+ ms total\)' | tail -1)"
      else echo "  FAILED  $name (exit $code, $logs/$name.log)"; fi
    } &
  done
  wait
}

# Adds what the logs say to the counters passed, failed, skipped_tests.
count_results() {
  local log name code n
  for log in build/"$preset"/logs/*.log; do
    name=$(basename "$log" .log); code=$(cat "${log%.log}.rc" 2>/dev/null || echo 1)
    if [[ $name == fuzz_* ]]; then
      if [ "$code" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); tail -20 "$log"; fi
      continue
    fi
    n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -1); passed=$((passed + ${n:-0}))
    n=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$log" | tail -1); skipped_tests=$((skipped_tests + ${n:-0}))
    n=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*, listed below:$/\1/p' "$log" | tail -1)
    if [ "$code" != 0 ] && [ "${n:-0}" = 0 ]; then n=1; fi
    failed=$((failed + ${n:-0}))
    grep -hA1 -E ': Skipped$' "$log" | grep -vE ': Skipped$|^--' | sed 's/^/SKIPPED /' || true
    if [ "$code" != 0 ]; then
      echo "--- $name"
      grep -E -B25 '^\[  FAILED  \]' "$log" | head -150 || true
      tail -15 "$log"
    fi
  done
}

test_preset() {
  local programs=()
  say "building (preset $preset)"
  cmd_build
  mapfile -t programs < <(find "build/$preset/tests" -maxdepth 1 -type f -executable -printf '%f\n' |
    grep -E '^(test|fuzz)_[a-z0-9_]+$' | grep -E "${OPENMCP_ONLY:-.}" | sort | sed "s|^|build/$preset/tests/|")
  if [ ${#programs[@]} = 0 ]; then
    echo "dev: no test program of preset $preset is matched by --only '${OPENMCP_ONLY:-}'" >&2
    return 2
  fi
  say "testing (preset $preset)"
  run_programs "${programs[@]}"
  count_results
}

# ./dev test [--long] [--asan] [--tsan] [--only REGEX] [--filter GTEST_FILTER]
cmd_test() {
  local long='' presets=("$preset") filter='' passed=0 failed=0 skipped_tests=0
  while [ $# -gt 0 ]; do
    case $1 in
      --long) long=1; export OPENMCP_LONG=1; presets=(dev asan tsan) ;;
      --asan) presets=(asan) ;;
      --tsan) presets=(tsan) ;;
      --only) export OPENMCP_ONLY=$2; shift ;;
      --filter) filter=$2; shift ;;
      *) echo "usage: ./dev test [--long] [--asan] [--tsan] [--only REGEX] [--filter GTEST_FILTER]" >&2; return 2 ;;
    esac
    shift
  done
  setup_toolchain
  setup_oracles
  setup_kubo
  setup_conformance
  setup_schemathesis
  setup_dashboard
  lint_floors && lint_heavy_headers && lint_format
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1} \
         UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1} TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:die_after_fork=0:suppressions=$PWD/tests/tsan.supp}
  for preset in "${presets[@]}"; do
    setup_embeddings
    test_preset
  done
  [ -n "${OPENMCP_ONLY:-}" ] || test_dashboard
  [ -z "$long" ] || fuzz_smoke
  echo "$passed passed, $failed failed, $((skipped_tests + skipped_lines)) skipped"
  [ "$failed" = 0 ]
}

# Every fuzz target for a while, from its kept corpus.
fuzz_smoke() {
  local preset=fuzz target name seconds=${OPENMCP_FUZZ_SECONDS:-20}
  say "fuzzing each decoder for $seconds s"
  cmd_build
  for target in build/fuzz/tests/fuzz_*; do
    name=$(basename "$target")
    mkdir -p "build/fuzz/corpus/$name"
    if "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -artifact_prefix="build/fuzz/corpus/$name-" \
      "build/fuzz/corpus/$name" "tests/fuzz/corpus/${name#fuzz_}" >"build/fuzz/corpus/$name.log" 2>&1; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1)); echo "FAILED $name"; tail -20 "build/fuzz/corpus/$name.log"
    fi
  done
}

# ./dev fuzz NAME [SECONDS]
cmd_fuzz() {
  setup_toolchain
  local name=fuzz_${1:?which target, for example ipld_dag_cbor}
  preset=fuzz
  cmd_build "$name"
  mkdir -p "build/fuzz/corpus/$name"
  "build/fuzz/tests/$name" -max_total_time="${2:-60}" "build/fuzz/corpus/$name" "tests/fuzz/corpus/${name#fuzz_}"
}
