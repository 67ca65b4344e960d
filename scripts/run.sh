# Sourced by dev.sh: ./dev run shows the main job on this repository's own documents.

# Prints a command as a user would type it, then runs it.
show() {
  printf '\n\033[1m$ openmcp'; printf ' %q' "$@"; printf '\033[0m\n'
  "$openmcp" "$@"
}

cmd_run() {
  preset=release
  setup_toolchain
  setup_embeddings
  setup_dashboard
  say "building (preset release)"
  cmd_build openmcp
  openmcp=$PWD/build/release/openmcp
  if [ $# -gt 0 ]; then exec "$openmcp" "$@"; fi

  local home=$PWD/build/demo
  rm -rf "$home"
  export OPENMCP_HOME=$home
  echo "A context store in build/demo, filled with this repository's own documents:"
  show commit README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs --type documentation --tag openmcp
  show list --limit 8
  show search "how is an acknowledged write made durable"
  show verify
  show status
  cat <<'NEXT'

What to type next (put build/release on your PATH, or give the path):
  openmcp init                         a store of your own in this folder (.openmcp)
  openmcp commit notes.md --tag idea   commit a file; again after editing makes a new version
  openmcp search "what did we decide"  find it
  openmcp history ID                   its versions;  openmcp diff ID,  openmcp restore ID v1
  openmcp export backup.car            one file that `openmcp import` elsewhere verifies offline
  openmcp serve                        the web page, REST, MCP and a gateway;  openmcp mcp for AI clients over stdio
  openmcp help                         everything else

Now the same store as a server, until Ctrl-C (other commands work through it meanwhile):
NEXT
  printf '\n\033[1m$ openmcp serve\033[0m\n'
  exec "$openmcp" serve --listen "127.0.0.1:${OPENMCP_PORT:-7777}" --gateway "127.0.0.1:${OPENMCP_GATEWAY_PORT:-7780}"
}
