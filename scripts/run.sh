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
  openmcp help                         everything else
NEXT
}
