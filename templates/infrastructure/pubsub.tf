locals {
  # What the program expects; a test compares it with PubsubNames and PubsubTopology.
  pubsub = jsondecode(file("${path.module}/topology.json"))

  topics = {
    jobs         = local.pubsub.jobs_topic
    dead_letters = local.pubsub.dead_letters_topic
    job_events   = local.pubsub.job_events_topic
  }
}

resource "google_pubsub_topic" "all" {
  for_each = local.topics

  name = each.value

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.used]
}

# Without a dead-letter policy: Pub/Sub counts deliveries, and in an outage of Bigtable every message
# is delivered again and again through no fault of its own. What cannot be decoded the pipeline
# publishes to the dead letters itself, with the reason.
resource "google_pubsub_subscription" "jobs" {
  name  = local.pubsub.jobs_subscription
  topic = google_pubsub_topic.all["jobs"].id

  ack_deadline_seconds       = local.pubsub.ack_deadline_seconds
  message_retention_duration = "${7 * 24 * 3600}s"
  # After a restore, a seek wakes the pipeline for every job of the week (docs/operations.md).
  retain_acked_messages = true
  # Claims make a second delivery harmless, and the order of jobs is the lanes' business.
  enable_exactly_once_delivery = false
  enable_message_ordering      = false

  # A pipeline may be down for a month without its subscription being deleted.
  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "60s"
  }
}

resource "google_pubsub_subscription" "dead_letters" {
  name  = local.pubsub.dead_letters_subscription
  topic = google_pubsub_topic.all["dead_letters"].id

  ack_deadline_seconds       = local.pubsub.ack_deadline_seconds
  message_retention_duration = "${31 * 24 * 3600}s"

  expiration_policy {
    ttl = ""
  }
}
