#!/bin/sh
# Runs the pipeline on Apache Flink: in this process, or on the cluster that --flinkMaster names.
# flink/run.sh --help lists the options. JAVA_OPTS go to the JVM.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2086
exec "$java" "@$here/java.args" $jvm ${JAVA_OPTS:-} -jar "$jar" "$@"
