locals {
  bucket_prefix = coalesce(var.bucket_prefix, var.project_id)
}

# Templates, what launches stage, and (under scratch/) what Dataflow leaves behind. Only scratch/ is cleaned:
# a running job's new workers still fetch what its launch staged under launch/, however long ago.
resource "google_storage_bucket" "staging" {
  name                        = "${local.bucket_prefix}-promptbeam-staging"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  lifecycle_rule {
    condition {
      age            = 14
      matches_prefix = ["scratch/"]
    }
    action {
      type = "Delete"
    }
  }
}

# models.yaml. Each version that was ever in force can be brought back.
resource "google_storage_bucket" "config" {
  name                        = "${local.bucket_prefix}-promptbeam-config"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      num_newer_versions = 100
      with_state         = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }
}

resource "google_storage_bucket" "results" {
  name                        = "${local.bucket_prefix}-promptbeam-results"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  dynamic "lifecycle_rule" {
    for_each = var.results_days > 0 ? [var.results_days] : []
    content {
      condition {
        age = lifecycle_rule.value
      }
      action {
        type = "Delete"
      }
    }
  }
}

# Images are not cleaned up by age: a job that runs for months starts its workers from an old one.
resource "google_artifact_registry_repository" "images" {
  repository_id = "promptbeam"
  location      = var.region
  format        = "DOCKER"
  description   = "Images of Promptbeam's templates and HTTP service"

  docker_config {
    immutable_tags = true
  }

  depends_on = [google_project_service.used]
}

# Containers only. A value would be in the state, for everybody who may read that.
resource "google_secret_manager_secret" "all" {
  for_each = var.secret_ids

  secret_id = each.value

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.used]
}
