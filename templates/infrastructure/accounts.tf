# Who may do what. Roles are given on the single resource wherever Google Cloud has such a grant; those
# of Dataflow exist on the project only. README.md lists them all with the reason for each.

resource "google_service_account" "worker" {
  account_id   = "promptbeam-worker"
  display_name = "Promptbeam: Dataflow workers"
  depends_on   = [google_project_service.used]
}

resource "google_service_account" "api" {
  account_id   = "promptbeam-api"
  display_name = "Promptbeam: HTTP service"
  depends_on   = [google_project_service.used]
}

resource "google_service_account" "launcher" {
  account_id   = "promptbeam-launcher"
  display_name = "Promptbeam: builds, launches, updates and drains pipelines"
  depends_on   = [google_project_service.used]
}

locals {
  worker   = google_service_account.worker.member
  api      = google_service_account.api.member
  launcher = google_service_account.launcher.member

  # Developer beside Worker: a Flex Template's launcher VM runs as the worker and creates the job.
  project_roles = merge(
    {
      "worker/roles/dataflow.worker"      = local.worker
      "worker/roles/dataflow.developer"   = local.worker
      "launcher/roles/dataflow.developer" = local.launcher
    },
    var.use_bigquery ? {
      # Not jobUser: for a query, Beam makes a dataset that holds its result for the time of the read.
      "worker/roles/bigquery.user"            = local.worker
      "worker/roles/bigquery.readSessionUser" = local.worker
    } : {},
  )

  bigtable_roles = merge(
    { worker = local.worker, api = local.api },
    { for member in var.operators : member => member },
  )

  topic_publishers = merge(
    {
      "api/jobs"            = { topic = "jobs", member = local.api }
      "worker/jobs"         = { topic = "jobs", member = local.worker }
      "worker/dead_letters" = { topic = "dead_letters", member = local.worker }
      "worker/job_events"   = { topic = "job_events", member = local.worker }
    },
    { for member in var.operators : "${member}/jobs" => { topic = "jobs", member = member } },
  )

  # Beam looks a topic up before it publishes, which publishing alone does not allow.
  topic_viewers = {
    for key, grant in local.topic_publishers : key => grant if startswith(key, "worker/")
  }

  subscription_roles = merge(
    {
      "worker/jobs/subscriber" = { subscription = google_pubsub_subscription.jobs.name, role = "roles/pubsub.subscriber", member = local.worker }
      "worker/jobs/viewer"     = { subscription = google_pubsub_subscription.jobs.name, role = "roles/pubsub.viewer", member = local.worker }
      # For admins, who look at dead letters and replay them over HTTP.
      "api/dead_letters/subscriber" = { subscription = google_pubsub_subscription.dead_letters.name, role = "roles/pubsub.subscriber", member = local.api }
    },
    {
      for member in var.operators : "${member}/dead_letters/subscriber" => {
        subscription = google_pubsub_subscription.dead_letters.name
        role         = "roles/pubsub.subscriber"
        member       = member
      }
    },
  )

  bucket_roles = merge(
    {
      "worker/staging"   = { bucket = google_storage_bucket.staging.name, role = "roles/storage.objectUser", member = local.worker }
      "worker/config"    = { bucket = google_storage_bucket.config.name, role = "roles/storage.objectViewer", member = local.worker }
      "worker/results"   = { bucket = google_storage_bucket.results.name, role = "roles/storage.objectUser", member = local.worker }
      "api/config"       = { bucket = google_storage_bucket.config.name, role = "roles/storage.objectViewer", member = local.api }
      "launcher/staging" = { bucket = google_storage_bucket.staging.name, role = "roles/storage.objectUser", member = local.launcher }
    },
    {
      for member in var.operators : "${member}/config" => {
        bucket = google_storage_bucket.config.name
        role   = "roles/storage.objectUser"
        member = member
      }
    },
  )

  image_roles = {
    worker   = { role = "roles/artifactregistry.reader", member = local.worker }
    launcher = { role = "roles/artifactregistry.writer", member = local.launcher }
  }

  # Who may start machines that run as the worker: the launcher, and its launcher VM as itself.
  worker_users = { launcher = local.launcher, worker = local.worker }
}

resource "google_project_iam_member" "all" {
  for_each = local.project_roles

  project = var.project_id
  role    = trimprefix(trimprefix(each.key, "worker/"), "launcher/")
  member  = each.value
}

resource "google_bigtable_instance_iam_member" "data" {
  for_each = local.bigtable_roles

  instance = google_bigtable_instance.jobs.name
  role     = "roles/bigtable.user"
  member   = each.value
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.topic_publishers

  topic  = google_pubsub_topic.all[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = each.value.member
}

resource "google_pubsub_topic_iam_member" "viewer" {
  for_each = local.topic_viewers

  topic  = google_pubsub_topic.all[each.value.topic].name
  role   = "roles/pubsub.viewer"
  member = each.value.member
}

resource "google_pubsub_subscription_iam_member" "all" {
  for_each = local.subscription_roles

  subscription = each.value.subscription
  role         = each.value.role
  member       = each.value.member
}

resource "google_storage_bucket_iam_member" "all" {
  for_each = local.bucket_roles

  bucket = each.value.bucket
  role   = each.value.role
  member = each.value.member
}

# The HTTP service calls no provider and signs no webhook: it reads no secret.
resource "google_secret_manager_secret_iam_member" "worker" {
  for_each = google_secret_manager_secret.all

  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.worker
}

resource "google_artifact_registry_repository_iam_member" "all" {
  for_each = local.image_roles

  repository = google_artifact_registry_repository.images.name
  location   = google_artifact_registry_repository.images.location
  role       = each.value.role
  member     = each.value.member
}

resource "google_service_account_iam_member" "worker_users" {
  for_each = local.worker_users

  service_account_id = google_service_account.worker.name
  role               = "roles/iam.serviceAccountUser"
  member             = each.value
}

resource "google_service_account_iam_member" "launchers" {
  for_each = var.launchers

  service_account_id = google_service_account.launcher.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}
