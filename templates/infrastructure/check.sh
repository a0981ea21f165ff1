#!/usr/bin/env bash
# Checks this directory without credentials: format, types and names, and the tests in tests/.
# Terraform wants the provider for that. --offline takes its schema from npm instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

offline=
case ${1:-} in
  "") ;;
  --offline) offline=yes ;;
  *) echo "usage: $0 [--offline]" >&2; exit 2 ;;
esac
command -v terraform >/dev/null || { echo "$0: terraform is not installed" >&2; exit 3; }

terraform fmt -check -diff -recursive .

work=${PROMPTBEAM_CHECK_DIR:-${TMPDIR:-/tmp}/promptbeam-infrastructure-check}
export TF_DATA_DIR=$work/terraform CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
mkdir -p "$work"
if [ -n "$offline" ]; then
  command -v npm >/dev/null || { echo "$0: npm is not installed, and --offline needs it" >&2; exit 3; }
  cp offline/package.json offline/*.js offline/provider.proto "$work/"
  (cd "$work" && npm install --silent --no-fund --no-audit --ignore-scripts --legacy-peer-deps) || {
    echo "$0: npm could not install what offline/package.json names" >&2
    exit 3
  }
  rm -f "$work/attach"
  node "$work/provider.js" "$PWD" >"$work/attach" &
  provider=$!
  trap 'kill "$provider" 2>/dev/null || true' EXIT
  until [ -s "$work/attach" ]; do
    kill -0 "$provider" 2>/dev/null || { echo "$0: the schema could not be served" >&2; exit 1; }
    sleep 0.2
  done
  TF_REATTACH_PROVIDERS=$(cat "$work/attach")
  export TF_REATTACH_PROVIDERS
fi

terraform init -backend=false -input=false -no-color >"$work/init.log" 2>&1 || {
  cat "$work/init.log" >&2
  [ -n "$offline" ] || echo "$0: without access to registry.terraform.io try: $0 --offline" >&2
  exit 1
}
terraform validate -no-color
terraform test -no-color
