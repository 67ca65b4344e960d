# Sourced by dev.sh: floors, format, clang-tidy.

# The house's floors (DESIGN section 3). A room includes itself and rooms on lower floors, nothing else.
floors='base:0 crypto:1 http:1 ipld:2 eth:2 storage:3 libp2p:3 chain:3 mesh:4 contracts:4 context:5 bridge:5
incentive:5 governance:5 economics:5 upgrade:6 monitor:6 api:7 cli:8'

lint_floors() {
  local wrong
  wrong=$(grep -rnoE '^#include "[a-z0-9_]+/' src --include='*.hpp' --include='*.cpp' | awk -v table="$floors" '
    BEGIN { n = split(table, pairs, /[ \n]+/); for (i = 1; i <= n; i++) { split(pairs[i], p, ":"); floor[p[1]] = p[2] } }
    {
      split($0, at, ":"); split(at[1], path, "/"); from = path[2]
      to = $0; sub(/.*#include "/, "", to); sub(/\/.*/, "", to)
      if (!(from in floor)) print at[1] ": room \"" from "\" has no floor in scripts/lint.sh"
      else if (!(to in floor)) print at[1] ":" at[2] ": \"" to "\" is not a room"
      else if (from != to && floor[to] >= floor[from])
        print at[1] ":" at[2] ": " from " (floor " floor[from] ") includes " to " (floor " floor[to] ")"
    }')
  [ -z "$wrong" ] || { echo "$wrong" >&2; echo "lint: includes that go up or sideways (above)" >&2; return 1; }
}

# Libraries that are costly to compile stay inside the sources that wrap them.
lint_heavy_headers() {
  local wrong
  wrong=$({
    grep -rnE '#include <boost/beast' src --include='*.[hc]pp' | grep -v '^src/http/'
    grep -rnE '#include <(spdlog|toml\+\+|toml.hpp|rocksdb|hnswlib|CLI)/?' src --include='*.hpp'
    grep -rnE '#include <sqlite3.h>' src --include='*.hpp'
  } || true)
  [ -z "$wrong" ] || { echo "$wrong" >&2; echo "lint: a costly header outside its wrapper (above)" >&2; return 1; }
}

sources() { git ls-files --cached --others --exclude-standard 'src/*.[hc]pp' 'tests/*.[hc]pp' 'bench/*.[hc]pp' 'cmake/*.cpp'; }

lint_format() {
  sources | xargs -r clang-format-19 --dry-run -Werror 2>"$tools_dir/format.log" ||
    { grep -E 'error:' "$tools_dir/format.log" | head -10 >&2; echo "lint: run ./dev fmt" >&2; return 1; }
}

# clang-tidy is slow: by default the sources changed since main's last landing (or those named).
lint_tidy() {
  local files=("$@")
  if [ ${#files[@]} -eq 0 ]; then
    mapfile -t files < <({ git diff --name-only --diff-filter=d HEAD~1 2>/dev/null; git ls-files --others --exclude-standard; } |
      grep -E '^src/.*\.cpp$' | sort -u)
  fi
  [ ${#files[@]} -gt 0 ] || return 0
  printf '%s\n' "${files[@]}" | xargs -P "$jobs" -n 4 clang-tidy-19 -p "build/$preset" --quiet
}

cmd_lint() {
  setup_toolchain
  lint_floors && lint_heavy_headers && lint_format
  [ -f "build/$preset/compile_commands.json" ] || configure
  lint_tidy "$@"
  say "lint: clean"
}

cmd_fmt() {
  setup_toolchain
  sources | xargs -r clang-format-19 -i
}
