locals {
  template_folder  = "gs://${google_storage_bucket.staging.name}/templates"
  image_repository = "${google_artifact_registry_repository.images.location}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "build_command" {
  description = "Builds the pipeline's template; the tag is yours to choose."
  value       = <<-EOT
    templates/build.sh llm-jobs \
      --project ${var.project_id} \
      --image ${local.image_repository}/llm-jobs:TAG \
      --spec ${local.template_folder}/llm-jobs-TAG.json
  EOT
}

output "launch_command" {
  description = "Starts the pipeline, once its template is built and models.yaml is in its bucket."
  value       = <<-EOT
    templates/launch.sh run llm-jobs \
      --project ${var.project_id} \
      --region ${var.region} \
      --spec ${local.template_folder}/llm-jobs-TAG.json \
      --temp gs://${google_storage_bucket.staging.name}/scratch \
      --staging gs://${google_storage_bucket.staging.name}/launch \
      --service-account ${google_service_account.worker.email} \
      jobsSubscription=${google_pubsub_subscription.jobs.id} \
      deadLetterTopic=${google_pubsub_topic.all["dead_letters"].id} \
      'bigtable=bigtable://${var.project_id}/${google_bigtable_instance.jobs.name}?app_profile=${google_bigtable_app_profile.one_cluster["promptbeam-pipeline"].app_profile_id}' \
      models=gs://${google_storage_bucket.config.name}/models.yaml
  EOT
}

output "models_location" {
  description = "Where models.yaml belongs."
  value       = "gs://${google_storage_bucket.config.name}/models.yaml"
}

output "job_events_topic" {
  description = "Topic of what has ended, for launches with jobEventsTopic."
  value       = google_pubsub_topic.all["job_events"].id
}

output "bigtable" {
  description = "What options named bigtable take, for templates that only read."
  value       = "bigtable://${var.project_id}/${google_bigtable_instance.jobs.name}?app_profile=${google_bigtable_app_profile.one_cluster["promptbeam-export"].app_profile_id}"
}

output "image_repository" {
  description = "Where images are pushed."
  value       = local.image_repository
}

output "buckets" {
  description = "Buckets by what they are for."
  value = {
    staging = google_storage_bucket.staging.url
    config  = google_storage_bucket.config.url
    results = google_storage_bucket.results.url
  }
}

output "service_accounts" {
  description = "Service accounts by who runs as them."
  value = {
    worker   = google_service_account.worker.email
    api      = google_service_account.api.email
    launcher = google_service_account.launcher.email
  }
}

output "api_url" {
  description = "Address of the HTTP service; empty until api_image is set."
  value       = one(google_cloud_run_v2_service.api[*].uri)
}
