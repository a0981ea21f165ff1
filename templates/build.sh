#!/usr/bin/env bash
# Builds a template: jar, image, and the file on Cloud Storage that launches name.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

usage() {
  cat <<EOF
usage: build.sh TEMPLATE --image IMAGE --spec gs://BUCKET/NAME.json [options]

templates:
$(awk -F '\t' '{ printf "  %-16s %s\n", $1, $4 }' "$here/metadata/templates.tsv")

  --image IMAGE        where the image goes, for example
                       europe-west1-docker.pkg.dev/acme-llm/promptbeam/llm-jobs:0.1.0
  --spec gs://...json  where the template's file goes; a launch names it
  --project PROJECT    whose quota pays for the calls; gcloud's current project if left out
  --builder BUILDER    who builds the image: docker (this machine, the default), cloud-build (gcloud sends
                       the jar to Cloud Build, which puts it on Google's prebuilt launcher; no Docker here),
                       none (IMAGE is there already)
  --launcher LAUNCHER  Google's launcher to build on: base (the default), distroless, or an image under
                       gcr.io/, to pin a version
  --skip-package       use the jar that is in target/ instead of building it
  --dry-run            show the commands, and run none
  --help               this text
EOF
}

template="" image="" spec="" project="" builder=docker launcher=base package=yes dry_run=""
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --skip-package) package=""; shift ;;
    --dry-run) dry_run=yes; shift ;;
    --image | --spec | --project | --builder | --launcher)
      need_value "$1" $#
      declare "${1#--}=$2"
      shift 2
      ;;
    -*) die "there is no option $1. See build.sh --help" ;;
    *) [ -z "$template" ] || die "'$1' is one word too many: the template is $template already"; template=$1; shift ;;
  esac
done

need_template "$template"
need --image "$image" '^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_.-]+|@sha256:[0-9a-f]{64})?$' \
  "an image's place, such as REGION-docker.pkg.dev/PROJECT/REPOSITORY/$template:VERSION"
need --spec "$spec" '^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/.+\.json$' "a file's place, such as gs://BUCKET/templates/$template.json"
may --project "$project" "$PROJECT" "a project's id, such as acme-llm"
need --builder "$builder" '^(docker|cloud-build|none)$' "docker, cloud-build or none"
need --launcher "$launcher" '^(base|distroless|gcr\.io/[a-z0-9./_-]+(:[A-Za-z0-9_.-]+|@sha256:[0-9a-f]{64})?)$' \
  "base, distroless, or an image under gcr.io/"

google=gcr.io/dataflow-templates-base/java17-template-launcher-base
case $launcher in
  base) launcher=$google:latest ;;
  distroless) launcher=$google-distroless:latest ;;
esac
main=$(field "$template" 2)
jar=$here/target/promptbeam-templates.jar

need_command gcloud "Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"
[ "$builder" != docker ] || need_command docker "Install it, or let Google build: --builder cloud-build"
if [ "$builder" != none ]; then
  if [ -n "$package" ]; then
    need_command mvn "Install Maven 3.8.6 or newer, or bring the jar to $jar and give --skip-package"
    run mvn -q -B package -DskipTests -f "$here/../pom.xml" -pl templates -am
  elif [ -z "$dry_run" ] && [ ! -f "$jar" ]; then
    die "there is no $jar. Leave out --skip-package"
  fi
fi

if [ "$builder" = docker ]; then
  run docker build --build-arg "LAUNCHER=$launcher" --build-arg "MAIN_CLASS=$main" -t "$image" "$here"
  run docker push "$image"
fi

spec_command=(gcloud dataflow flex-template build "$spec" --sdk-language=JAVA "--metadata-file=$here/metadata/$template.json")
[ -z "$project" ] || spec_command+=("--project=$project")
if [ "$builder" = cloud-build ]; then
  spec_command+=("--image-gcr-path=$image" "--flex-template-base-image=$launcher" "--jar=$jar"
    "--env=FLEX_TEMPLATE_JAVA_MAIN_CLASS=$main,LANG=C.UTF-8,LC_ALL=C.UTF-8")
else
  spec_command+=("--image=$image")
fi
# What a launch from the console starts from; launch.sh says it all by itself.
if [ "$(field "$template" 3)" = streaming ]; then
  spec_command+=(--enable-streaming-engine --num-workers=1 --max-workers=5 --worker-machine-type=n2-standard-2)
fi
run "${spec_command[@]}"
