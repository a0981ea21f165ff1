locals {
  models_mount = "/etc/promptbeam"
  api_port     = 8080
}

resource "google_cloud_run_v2_service" "api" {
  count = var.api_image == "" ? 0 : 1

  name                = "promptbeam-api"
  location            = var.region
  ingress             = var.api_ingress
  deletion_protection = var.deletion_protection

  template {
    service_account                  = google_service_account.api.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.api_resources.concurrency
    # Longer than a long poll, and than the streaming of a large output file takes.
    timeout = "900s"

    scaling {
      min_instance_count = var.api_instances.min
      max_instance_count = var.api_instances.max
    }

    dynamic "vpc_access" {
      for_each = var.api_vpc == null ? [] : [var.api_vpc]
      content {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
        }
      }
    }

    containers {
      image = var.api_image
      args = concat(
        [
          "--host=0.0.0.0",
          "--project=${var.project_id}",
          "--instance=${google_bigtable_instance.jobs.name}",
          "--app-profile=${google_bigtable_app_profile.one_cluster["promptbeam-api"].app_profile_id}",
          "--models=${local.models_mount}/models.yaml",
          "--require-keys",
        ],
        var.api_id_token_audience == "" ? [] : ["--id-token-audience=${var.api_id_token_audience}"],
        var.api_iap_audience == "" ? [] : ["--iap-audience=${var.api_iap_audience}"],
        # Tokens let in only whom this file names.
        var.api_id_token_audience == "" && var.api_iap_audience == "" ? [] : ["--principals=${local.models_mount}/principals.txt"],
        var.api_args,
      )

      ports {
        container_port = local.api_port
      }

      dynamic "env" {
        for_each = var.api_environment
        content {
          name  = env.key
          value = env.value
        }
      }

      resources {
        limits = {
          cpu    = var.api_resources.cpu
          memory = var.api_resources.memory
        }
        # Between requests too: a message that Pub/Sub did not take at once is still being sent.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      volume_mounts {
        name       = "models"
        mount_path = local.models_mount
      }

      # A revision that cannot reach its tables gets no traffic.
      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 4
        failure_threshold = 24
        http_get {
          path = "/readyz"
          port = local.api_port
        }
      }

      # Whether the process answers at all: an outage of Bigtable is no reason to restart it.
      liveness_probe {
        period_seconds    = 15
        timeout_seconds   = 5
        failure_threshold = 4
        http_get {
          path = "/livez"
          port = local.api_port
        }
      }
    }

    volumes {
      name = "models"
      gcs {
        bucket    = google_storage_bucket.config.name
        read_only = true
      }
    }
  }

  depends_on = [
    google_bigtable_instance_iam_member.data,
    google_bigtable_table.all,
    google_pubsub_topic_iam_member.publisher,
    google_storage_bucket_iam_member.all,
  ]
}

resource "google_cloud_run_v2_service_iam_member" "invokers" {
  for_each = var.api_image == "" ? toset([]) : var.api_invokers

  name     = google_cloud_run_v2_service.api[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}
