#!/bin/sh
# The same load on the DirectRunner and on Flink, each warm and in a process of its own.
# flink/bench.sh [-Djobs=N] [-Dwarm-up=N] [-Dquota=N] [-Dquota-seconds=N] [-Donly=flink|direct] [FLINK OPTIONS]
. "$(dirname "$0")/common.sh"

if [ ! -f "$here/target/bench.classpath" ]; then
  die "the benchmark is not built. Run: mvn -B -DskipTests package"
fi
# The jar of the promptbeam command names its own libraries, of another Beam: its classes alone.
classpath=$(sed 's#[^:]*/promptbeam\.jar#'"$root"'/local/target/classes#' "$here/target/bench.classpath")
settings=
while [ $# -gt 0 ]; do
  case $1 in
    -D*) settings="$settings $1" ;;
    *) break ;;
  esac
  shift
done
cd "$here" || exit 3
# shellcheck disable=SC2086
exec "$java" $jvm $settings -cp "target/test-classes:target/classes:$classpath" \
  io.promptbeam.flink.EngineBench "$@"
