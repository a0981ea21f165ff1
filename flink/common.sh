# Shared by the scripts here, which source it: finds Java, builds what is missing. Sets java, jar, jvm.
set -u

here=$(CDPATH= cd -P "$(dirname "$0")" && pwd) || exit 3
root=$(dirname "$here")
jar=$here/target/promptbeam-flink.jar

die() {
  echo "promptbeam: $1" >&2
  exit 3
}

if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
  [ -x "$java" ] || die "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it. Point it at a JDK 17 or newer."
else
  java=$(command -v java) || die "java is not installed. Install a JDK, version 17 or newer."
fi

if [ ! -f "$jar" ] || [ ! -d "$here/target/lib" ]; then
  command -v mvn >/dev/null || die "mvn is not installed, and the program must be built once. Install Maven 3.8.6 or newer."
  echo "Building Promptbeam for Flink (first use, about two minutes)..." >&2
  mkdir -p "$here/target" || die "cannot write to $here/target"
  (cd "$root" && mvn -q -B -DskipTests -pl flink -am package) >"$here/target/build.log" 2>&1 ||
    die "the build failed. Its output is in $here/target/build.log"
fi

# As ./promptbeam sets them, where comments say why.
jvm="-XX:+UseParallelGC -Xshare:auto -Djdk.httpclient.keepalive.timeout=4 -Djava.util.logging.config.file=$here/logging.properties"
processors=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null)
if [ "${processors:-1}" -le 2 ] 2>/dev/null; then
  jvm="$jvm -Djava.util.concurrent.ForkJoinPool.common.parallelism=2"
fi
