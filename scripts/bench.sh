# Sourced by dev.sh: ./dev bench [--quick] [--peers] [--only REGEX] [--work FOLDER]

cmd_bench() {
  local arguments=() peer=() parts=() quick='' only='.' words=build/release/share/openmcp/words.i8
  while [ $# -gt 0 ]; do
    case $1 in
      --quick) quick=1; arguments+=(--quick) ;;
      --peers) ;;  # Kubo is always looked for
      --only) only=$2; shift ;;
      --work) arguments+=(--work "$2"); shift ;;
      *) echo "usage: ./dev bench [--quick] [--only program|rates|parts|http|server|retrieval] [--work FOLDER]" >&2; return 2 ;;
    esac
    shift
  done
  preset=release
  setup_toolchain
  setup_kubo
  setup_embeddings
  if [[ server =~ $only ]]; then setup_fastapi; fi
  say "building (preset release)"
  for name in program rates parts http server retrieval; do
    if [[ $name =~ $only ]] && compgen -G "bench/$name/*.cpp" >/dev/null; then parts+=("bench_$name"); fi
  done
  cmd_build openmcp "${parts[@]}" >&2
  [ -z "${OPENMCP_KUBO:-}" ] || arguments+=(--kubo "$OPENMCP_KUBO")
  [ -z "${OPENMCP_FASTAPI:-}" ] || peer=(--peer "$OPENMCP_FASTAPI" bench/server/fastapi_peer.py)
  for name in "${parts[@]}"; do
    say "$name"
    case $name in
      bench_program) build/release/bench/bench_program build/release/openmcp "${arguments[@]}" ;;
      bench_server) build/release/bench/bench_server build/release/openmcp "${arguments[@]}" "${peer[@]}" ;;
      bench_rates) build/release/bench/bench_rates ${quick:+--quick} ;;
      bench_http) build/release/bench/bench_http ${quick:+--quick} ;;
      bench_parts) build/release/bench/bench_parts ${quick:+--benchmark_min_time=0.05} ;;
      bench_retrieval)
        if [ -f "${OPENMCP_LOCOMO:-../shared/bench/locomo-dev.json}" ]; then
          OPENMCP_EMBEDDINGS=$words build/release/bench/bench_retrieval "${OPENMCP_LOCOMO:-../shared/bench/locomo-dev.json}"
        else
          echo "SKIPPED retrieval: no LoCoMo data (set OPENMCP_LOCOMO)"
        fi ;;
    esac
  done
}
