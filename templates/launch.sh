#!/usr/bin/env bash
# Starts, updates and drains the jobs of the templates.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

usage() {
  cat <<EOF
usage: launch.sh run TEMPLATE --project PROJECT --region REGION --spec gs://... --temp gs://... [options] NAME=VALUE...
       launch.sh drain JOB_ID --project PROJECT --region REGION [--dry-run]
       launch.sh parameters TEMPLATE

templates:
$(awk -F '\t' '{ printf "  %-16s %s\n", $1, $4 }' "$here/metadata/templates.tsv")

NAME=VALUE are the template's parameters; 'launch.sh parameters TEMPLATE' lists them. None takes a secret.

  --project PROJECT          where the job runs and is paid
  --region REGION            for example europe-west1: where the Bigtable instance is
  --spec gs://...json        the template's file, as build.sh wrote it
  --temp gs://BUCKET/FOLDER  for files in between
  --staging gs://BUCKET/DIR  for the program; staging/ in --temp if left out. As long as a job runs, its new workers
                             fetch it from there: nothing may clean it up
  --job-name NAME            the template's name if left out; an update needs the running job's
  --service-account EMAIL    whom the workers are; give it the roles in the README, and no others
  --subnetwork SUBNETWORK    regions/REGION/subnetworks/NAME, or its whole URL
  --no-public-ips            workers have private addresses only; calls to LLMs then need Cloud NAT
  --machine-type TYPE        of the workers; n2-standard-2 if left out
  --num-workers N            to begin with; 1 if left out. --experiment min_num_workers=N keeps as many
  --max-workers N            autoscaling goes no further; 5 if left out
  --experiment NAME[=VALUE]  more experiments; may be repeated
  --dry-run                  show the command, and run nothing
  --help                     this text

streaming templates only:
  --mode MODE                at-least-once (the default) or exactly-once: see the README
  --worker-threads N         threads per worker; 16 if left out. Calls do not hold one while they wait
  --update                   replace the running job of that name, which keeps its state
  --map OLD=NEW              a step that is called otherwise now; with --update, may be repeated
EOF
}

# Joins the arguments after the name by a mark that is in none of them, as gcloud reads lists.
list() {
  local name=$1 mark=, joined
  shift
  if [[ "$*" == *,* ]]; then
    # Its end is never its beginning, so that a value cannot make one together with a real one.
    mark='@~'
    while [[ "$*" == *"$mark"* ]]; do mark+='~'; done
  fi
  joined=$(printf "%s$mark" "$@" && echo .)
  joined=${joined%"$mark."}
  if [ "$mark" = , ]; then printf '%s=%s' "$name" "$joined"; else printf '%s=^%s^%s' "$name" "$mark" "$joined"; fi
}

check_parameters() {
  local name must regex help pair
  for pair in "${parameters[@]}"; do
    name=${pair%%=*}
    [[ "$pair" == *=* ]] || die "'$pair' is not NAME=VALUE"
    cut -f 1 "$file" | grep -qxF -- "$name" ||
      die "$template has no parameter '$name'. It has: $(cut -f 1 "$file" | paste -sd ' ' -)"
    [ "$(printf '%s\n' "${parameters[@]%%=*}" | grep -cxF -- "$name")" = 1 ] || die "$name is given twice"
  done
  while IFS=$'\t' read -r name must regex help; do
    local given="" value=""
    for pair in "${parameters[@]}"; do
      if [ "${pair%%=*}" = "$name" ]; then
        given=yes
        value=${pair#*=}
      fi
    done
    if [ -z "$value" ]; then
      [ "$must" = optional ] || die "$name is missing. Give $name=VALUE: $help"
      [ -z "$given" ] || die "$name has no value. Leave it out, or give one: $help"
    elif ! [[ $value =~ $regex ]]; then
      die "$name is '$value', which is not right. $help"
    fi
  done <"$file"
}

start() {
  need_template "$template"
  file=$here/metadata/$template.parameters.tsv
  streaming=""
  [ "$(field "$template" 3)" != streaming ] || streaming=yes
  job_name=${job_name:-$template}
  need --project "$project" "$PROJECT" "a project's id, such as acme-llm"
  need --region "$region" "$REGION" "a region, such as europe-west1"
  need --spec "$spec" "$OBJECT" "the file that build.sh wrote, such as gs://BUCKET/templates/$template.json"
  need --temp "$temp" "$FOLDER" "a folder for files in between, such as gs://BUCKET/temp"
  may --staging "$staging" "$FOLDER" "a folder for the program, such as gs://BUCKET/launch"
  need --job-name "$job_name" '^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$' "small letters, digits and -, a letter first"
  may --service-account "$service_account" '^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$' "an account's address, NAME@PROJECT.iam.gserviceaccount.com"
  may --subnetwork "$subnetwork" '^(https://www\.googleapis\.com/compute/v1/projects/[^/]+/)?regions/[a-z0-9-]+/subnetworks/[a-z0-9-]+$' "regions/REGION/subnetworks/NAME"
  need --machine-type "$machine_type" '^[a-z][a-z0-9]*-[a-z0-9-]+$' "a machine type, such as n2-standard-2"
  need --num-workers "$num_workers" "$COUNT" "a number of workers, such as 1"
  need --max-workers "$max_workers" "$COUNT" "a number of workers, such as 5"
  [ "$num_workers" -le "$max_workers" ] || die "--num-workers is $num_workers, more than --max-workers, $max_workers. Give less, or raise the other"
  for pair in "${experiments[@]}"; do
    need --experiment "$pair" '^[a-z][a-z0-9_]*(=[^,]+)?$' "NAME or NAME=VALUE"
  done
  if [ -z "$streaming" ]; then
    [ -z "$mode$worker_threads$update${mappings[*]}" ] ||
      die "$template ends by itself: --mode, --worker-threads, --update and --map are for streaming templates. Leave them out"
  else
    mode=${mode:-at-least-once} worker_threads=${worker_threads:-16}
    need --mode "$mode" '^(at-least-once|exactly-once)$' "at-least-once or exactly-once"
    need --worker-threads "$worker_threads" "$COUNT" "a number of threads, such as 16"
    [ ${#mappings[@]} = 0 ] || [ -n "$update" ] || die "--map says how an update finds its steps. Give --update too"
    for pair in "${mappings[@]}"; do
      need --map "$pair" '^[^=]+=[^=]+$' "OLD=NEW, two names of steps"
    done
  fi
  check_parameters

  command=(gcloud dataflow flex-template run "$job_name" "--project=$project" "--region=$region"
    "--template-file-gcs-location=$spec" "--temp-location=$temp" "--staging-location=${staging:-${temp%/}/staging}"
    "--worker-machine-type=$machine_type" "--num-workers=$num_workers" "--max-workers=$max_workers")
  [ -z "$service_account" ] || command+=("--service-account-email=$service_account")
  [ -z "$subnetwork" ] || command+=("--subnetwork=$subnetwork")
  [ -z "$no_public_ips" ] || command+=(--disable-public-ips)
  if [ -n "$streaming" ]; then
    command+=(--enable-streaming-engine "--additional-pipeline-options=numberOfWorkerHarnessThreads=$worker_threads")
    [ "$mode" = exactly-once ] || experiments+=(streaming_mode_at_least_once)
    [ -z "$update" ] || command+=(--update)
    [ ${#mappings[@]} = 0 ] || command+=("$(list --transform-name-mappings "${mappings[@]}")")
  fi
  [ ${#experiments[@]} = 0 ] || command+=("$(list --additional-experiments "${experiments[@]}")")
  [ ${#parameters[@]} = 0 ] || command+=("$(list --parameters "${parameters[@]}")")
  need_command gcloud "Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"
  run "${command[@]}"
}

drain() {
  need JOB_ID "$template" '^[A-Za-z0-9_-]+$' "the job's id, as 'gcloud dataflow jobs list --status=active' shows it"
  need --project "$project" "$PROJECT" "a project's id, such as acme-llm"
  need --region "$region" "$REGION" "the job's region, such as europe-west1"
  need_command gcloud "Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"
  run gcloud dataflow jobs drain "$template" "--project=$project" "--region=$region"
}

verb=${1:-}
[ $# = 0 ] || shift
template="" project="" region="" spec="" temp="" staging="" job_name="" service_account="" subnetwork="" no_public_ips=""
machine_type=n2-standard-2 num_workers=1 max_workers=5 mode="" worker_threads="" update="" dry_run=""
parameters=() experiments=() mappings=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --update) update=yes; shift ;;
    --no-public-ips) no_public_ips=yes; shift ;;
    --dry-run) dry_run=yes; shift ;;
    --experiment) need_value "$1" $#; experiments+=("$2"); shift 2 ;;
    --map) need_value "$1" $#; mappings+=("$2"); shift 2 ;;
    --project | --region | --spec | --temp | --staging | --job-name | --service-account | --subnetwork | --machine-type | \
      --num-workers | --max-workers | --mode | --worker-threads)
      need_value "$1" $#
      option=${1#--}
      declare "${option//-/_}=$2"
      shift 2
      ;;
    -*) die "there is no option $1. See launch.sh --help" ;;
    *=*) parameters+=("$1"); shift ;;
    *) [ -z "$template" ] || die "'$1' is one word too many: parameters are NAME=VALUE"; template=$1; shift ;;
  esac
done
case $verb in
  run) start ;;
  drain) drain ;;
  parameters)
    need_template "$template"
    awk -F '\t' '{ printf "%s (%s)\n    %s\n", $1, $2, $4 }' "$here/metadata/$template.parameters.tsv"
    ;;
  --help | -h) usage ;;
  "") usage >&2; exit 2 ;;
  *) die "there is nothing called '$verb' to do. Give run, drain or parameters" ;;
esac
