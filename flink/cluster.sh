#!/bin/sh
# A Flink cluster on this machine: one JobManager and any number of TaskManagers, each a process.
usage() {
  cat <<EOF
Usage: flink/cluster.sh COMMAND

  start DIRECTORY [N]     starts a JobManager and N TaskManagers (default 2) in the background
  jobmanager DIRECTORY    runs a JobManager until it is told to end
  taskmanager DIRECTORY   runs one more TaskManager until it is told to end
  cli DIRECTORY ARGS...   Flink's command line: list, cancel JOB, savepoint JOB [PATH], stop JOB
  stop DIRECTORY          ends what start started

DIRECTORY holds configuration (conf/flink-conf.yaml, made if absent), logs and checkpoints.
Environment: FLINK_REST_PORT (8081) and FLINK_RPC_PORT (6123) are used when the configuration is
made; TASKMANAGER_HEAP_MB (1024), JOBMANAGER_HEAP_MB (512), JAVA_OPTS.
EOF
}

case ${1:-} in
  start | jobmanager | taskmanager | cli | stop) ;;
  -h | --help | help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
command=$1
[ -n "${2:-}" ] || {
  usage >&2
  exit 2
}
. "$(dirname "$0")/common.sh"

mkdir -p "$2/conf" "$2/log" "$2/checkpoints" || die "cannot write to $2"
directory=$(CDPATH= cd -P "$2" && pwd)
shift 2
conf=$directory/conf
export FLINK_CONF_DIR="$conf"

make_configuration() {
  [ -f "$conf/flink-conf.yaml" ] && return
  heap=${TASKMANAGER_HEAP_MB:-1024}
  cat >"$conf/flink-conf.yaml" <<EOF
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: ${FLINK_RPC_PORT:-6123}
jobmanager.bind-host: 127.0.0.1
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: ${FLINK_REST_PORT:-8081}
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
# One slot each, so that a job of parallelism N uses N TaskManagers.
taskmanager.numberOfTaskSlots: 1
taskmanager.cpu.cores: 1
# TaskManagers that Flink's own scripts do not start must be told all of it; the heap is half of
# what the JVM gets, the rest is for calls in flight.
taskmanager.memory.task.heap.size: $((heap / 2))m
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.task.off-heap.size: 0m
taskmanager.memory.framework.off-heap.size: 64m
taskmanager.memory.network.min: 32m
taskmanager.memory.network.max: 32m
taskmanager.memory.managed.size: 0m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 192m
taskmanager.memory.jvm-overhead.max: 192m
# A dead TaskManager is noticed within seconds.
heartbeat.interval: 2000
heartbeat.timeout: 20000
state.checkpoints.dir: file://$directory/checkpoints
state.savepoints.dir: file://$directory/savepoints
state.checkpoints.num-retained: 2
execution.checkpointing.externalized-checkpoint-retention: RETAIN_ON_CANCELLATION
# All processes have this program's libraries, so user code is not loaded apart.
classloader.resolve-order: parent-first
classloader.check-leaked-classloader: false
EOF
}

# Runs a class of Flink in this process's place: $1 heap in MB, then the class and its arguments.
flink() {
  heap=$1
  shift
  # shellcheck disable=SC2086
  exec "$java" "@$here/java.args" $jvm "-Xmx${heap}m" ${JAVA_OPTS:-} -cp "$jar" "$@"
}

background() {
  name=$1
  "$0" "$2" "$directory" >"$directory/log/$name.log" 2>&1 </dev/null &
  echo $! >"$directory/$name.pid"
}

case $command in
  jobmanager)
    make_configuration
    flink "${JOBMANAGER_HEAP_MB:-512}" \
      org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint --configDir "$conf"
    ;;
  taskmanager)
    make_configuration
    flink "${TASKMANAGER_HEAP_MB:-1024}" \
      org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir "$conf"
    ;;
  cli) flink 256 org.apache.flink.client.cli.CliFrontend "$@" ;;
  start)
    make_configuration
    background jobmanager jobmanager
    i=1
    while [ "$i" -le "${1:-2}" ]; do
      background "taskmanager-$i" taskmanager
      i=$((i + 1))
    done
    port=$(sed -n 's/^rest.port: *//p' "$conf/flink-conf.yaml")
    echo "Starting; logs are in $directory/log. Submit with:"
    echo "  flink/run.sh --flinkMaster=127.0.0.1:$port --sendLibraries=false --parallelism=${1:-2} ..."
    ;;
  stop)
    for file in "$directory"/*.pid; do
      [ -f "$file" ] || continue
      kill "$(cat "$file")" 2>/dev/null
      rm -f "$file"
    done
    ;;
esac
