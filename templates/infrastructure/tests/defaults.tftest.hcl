mock_provider "google" {}

variables {
  project_id = "demo-project"
}

run "tables_follow_their_list" {
  command = plan

  assert {
    condition     = length(google_bigtable_table.all) == length(local.tables) && length(local.tables) >= 16
    error_message = "Every table of tables.json is made."
  }
  assert {
    condition     = length(google_bigtable_gc_policy.all) == sum([for families in local.tables : length(families)])
    error_message = "Every family has a policy."
  }
  assert {
    condition     = google_bigtable_gc_policy.all["jobs/s"].mode == "UNION" && google_bigtable_gc_policy.all["jobs/s"].max_age[0].duration == "1080h"
    error_message = "Jobs are kept for 45 days."
  }
  assert {
    condition     = google_bigtable_gc_policy.all["usage/u"].max_age[0].duration == "9600h"
    error_message = "Usage is kept for 400 days, whatever the retention."
  }
  assert {
    condition     = google_bigtable_gc_policy.all["quotas/q"].mode == null && length(google_bigtable_gc_policy.all["quotas/q"].max_age) == 0
    error_message = "What is agreed about a quota never gets too old."
  }
  assert {
    condition     = alltrue([for t in google_bigtable_table.all : t.deletion_protection == "PROTECTED" && length(t.automated_backup_policy) == 1])
    error_message = "Tables are protected and backed up."
  }
  assert {
    condition     = alltrue([for p in google_bigtable_app_profile.one_cluster : p.single_cluster_routing[0].allow_transactional_writes])
    error_message = "Conditional writes need profiles that allow them."
  }
}

run "messages_are_neither_lost_nor_stolen" {
  command = plan

  assert {
    condition     = length(google_pubsub_subscription.jobs.dead_letter_policy) == 0
    error_message = "Pub/Sub must not take jobs away because Bigtable was out."
  }
  assert {
    condition     = alltrue([for s in [google_pubsub_subscription.jobs, google_pubsub_subscription.dead_letters] : s.expiration_policy[0].ttl == ""])
    error_message = "No subscription goes away because nobody read it for a month."
  }
  assert {
    condition     = google_pubsub_subscription.jobs.ack_deadline_seconds == 60 && google_pubsub_subscription.jobs.message_retention_duration == "604800s"
    error_message = "The jobs' subscription is as the pipeline expects."
  }
}

run "accounts_may_little" {
  command = plan

  assert {
    condition     = toset([for grant in google_project_iam_member.all : grant.role]) == toset(["roles/dataflow.worker", "roles/dataflow.developer"])
    error_message = "Only Dataflow's roles are granted on the project."
  }
  assert {
    condition     = length(google_secret_manager_secret_iam_member.worker) == 0
    error_message = "Without secrets nobody may read any."
  }
  assert {
    condition     = toset(keys(google_storage_bucket_iam_member.all)) == toset(["worker/staging", "worker/config", "worker/results", "api/config", "launcher/staging"])
    error_message = "The service reads models.yaml and no other bucket."
  }
  assert {
    condition     = google_storage_bucket_iam_member.all["api/config"].role == "roles/storage.objectViewer"
    error_message = "The service does not write models.yaml."
  }
  assert {
    condition     = length(google_service_account_iam_member.launchers) == 0
    error_message = "Nobody may launch who is not named."
  }
}

run "buckets_are_closed_and_keep_what_runs" {
  command = plan

  assert {
    condition     = alltrue([for b in [google_storage_bucket.staging, google_storage_bucket.config, google_storage_bucket.results] : b.uniform_bucket_level_access && b.public_access_prevention == "enforced"])
    error_message = "No bucket can be made public."
  }
  assert {
    condition     = alltrue([for rule in google_storage_bucket.staging.lifecycle_rule : alltrue([for c in rule.condition : c.matches_prefix == tolist(["scratch/"])])])
    error_message = "What launches staged is not cleaned up: new workers of a running job fetch it."
  }
  assert {
    condition     = google_storage_bucket.config.versioning[0].enabled
    error_message = "models.yaml can be rolled back."
  }
}

run "service_is_absent_without_an_image" {
  command = plan

  assert {
    condition     = length(google_cloud_run_v2_service.api) == 0 && output.api_url == null
    error_message = "The first apply makes the registry, not the service."
  }
}
