# shellcheck shell=bash
# What build.sh and launch.sh share: looking up templates, checking inputs, showing commands. Sourced.

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C

die() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 2
}

# field ID NUMBER: a column of the template's row in the list that is made from the code.
field() {
  awk -F '\t' -v id="$1" -v n="$2" '$1 == id { print $n }' "$here/metadata/templates.tsv"
}

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  die "bash is version $BASH_VERSION, but 4.4 or newer is needed. Install a newer one"
fi

need_template() {
  local known
  known=$(cut -f 1 "$here/metadata/templates.tsv" | paste -sd ' ' -)
  [ -n "$1" ] || die "no template named. Give one of: $known"
  [ -n "$(field "$1" 1)" ] || die "there is no template '$1'. Give one of: $known"
}

# need NAME VALUE REGEX REMEDY: the value is given and has its form.
need() {
  [ -n "$2" ] || die "$1 is missing. Give $4"
  [[ $2 =~ $3 ]] || die "$1 is '$2', which is not right. Give $4"
}

# may NAME VALUE REGEX REMEDY: as need, if it is given at all.
may() {
  [ -z "$2" ] || need "$@"
}

need_value() {
  [ "$2" -ge 2 ] || die "$1 needs a value after it"
}

PROJECT='^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$'
REGION='^[a-z]+-[a-z]+[0-9]+$'
OBJECT='^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/.*[^/]$'
FOLDER='^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/.*)?$'
COUNT='^[1-9][0-9]{0,3}$'
# Read by the scripts that source this one.
export PROJECT REGION OBJECT FOLDER COUNT

# run COMMAND...: shows a command as it could be typed, then runs it unless this is a dry run.
run() {
  printf '+' >&2
  printf ' %q' "$@" >&2
  printf '\n' >&2
  [ -n "${dry_run:-}" ] || "$@"
}

need_command() {
  [ -n "${dry_run:-}" ] || command -v "$1" >/dev/null || die "$1 is not installed. $2"
}
