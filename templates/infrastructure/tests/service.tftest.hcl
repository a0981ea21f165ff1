mock_provider "google" {}

variables {
  project_id   = "demo-project"
  api_image    = "us-central1-docker.pkg.dev/demo-project/promptbeam/query-api:0.1.0"
  api_args     = ["--example=1"]
  api_invokers = ["allUsers"]
  secret_ids   = ["openai-api-key", "webhook-key"]
  launchers    = ["group:platform@example.com"]
  operators    = ["group:oncall@example.com"]
  use_bigquery = true

  api_id_token_audience = "https://jobs.example.com"
}

run "service_starts_with_what_was_made" {
  command = plan

  assert {
    condition = google_cloud_run_v2_service.api[0].template[0].containers[0].args == tolist([
      "--host=0.0.0.0", "--project=demo-project", "--instance=promptbeam", "--app-profile=promptbeam-api",
      "--models=/etc/promptbeam/models.yaml", "--require-keys", "--id-token-audience=https://jobs.example.com",
      "--principals=/etc/promptbeam/principals.txt",
      "--example=1",
    ])
    error_message = "The service is told its project, tables and models."
  }
  assert {
    condition     = google_cloud_run_v2_service.api[0].template[0].containers[0].startup_probe[0].http_get[0].path == "/readyz"
    error_message = "A revision without its tables gets no traffic."
  }
  assert {
    condition     = google_cloud_run_v2_service.api[0].template[0].containers[0].liveness_probe[0].http_get[0].path == "/livez"
    error_message = "An outage of Bigtable restarts nothing."
  }
  assert {
    condition     = google_cloud_run_v2_service.api[0].deletion_protection && google_cloud_run_v2_service.api[0].ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    error_message = "The service is protected, and inside until said otherwise."
  }
  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.invokers) == ["allUsers"]
    error_message = "Only who is named passes Cloud Run's gate."
  }
}

run "secrets_are_read_by_workers_only" {
  command = plan

  assert {
    condition     = toset(keys(google_secret_manager_secret_iam_member.worker)) == var.secret_ids
    error_message = "Workers may read each secret."
  }
}

run "operators_get_the_dead_letters" {
  command = plan

  assert {
    condition     = google_pubsub_subscription_iam_member.all["api/dead_letters/subscriber"].role == "roles/pubsub.subscriber"
    error_message = "Admins read dead letters through the service."
  }
  assert {
    condition     = !contains(keys(google_pubsub_subscription_iam_member.all), "api/jobs/subscriber")
    error_message = "The service takes no jobs from the pipeline."
  }
  assert {
    condition     = contains(keys(google_pubsub_subscription_iam_member.all), "group:oncall@example.com/dead_letters/subscriber")
    error_message = "Operators read dead letters."
  }
  assert {
    condition     = !contains(keys(google_pubsub_topic_iam_member.viewer), "group:oncall@example.com/jobs")
    error_message = "Operators publish, and no more."
  }
}

# Every address and grant can be worked out: nothing depends on what only an apply knows.
run "everything_can_be_applied" {
  command = apply

  assert {
    condition     = strcontains(output.launch_command, "bigtable=bigtable://demo-project/promptbeam?app_profile=promptbeam-pipeline")
    error_message = "The pipeline uses its own profile."
  }
  assert {
    condition     = strcontains(output.launch_command, "models=gs://demo-project-promptbeam-config/models.yaml")
    error_message = "The pipeline reads the same models as the service."
  }
  assert {
    condition     = strcontains(output.launch_command, "--temp gs://${google_storage_bucket.staging.name}/scratch ") && strcontains(output.launch_command, "--staging gs://${google_storage_bucket.staging.name}/launch ")
    error_message = "Launches stage beside what is cleaned."
  }
}
