locals {
  # What the program expects; a test compares it with BigtableSchema. An age of "retention" is retention_days.
  tables = jsondecode(file("${path.module}/tables.json"))

  families = merge([
    for table, families in local.tables : {
      for family, rule in families : "${table}/${family}" => {
        table    = table
        family   = family
        versions = rule.versions
        hours    = !can(rule.age_hours) ? null : rule.age_hours == "retention" ? 24 * var.retention_days : rule.age_hours
      }
    }
  ]...)
}

resource "google_bigtable_instance" "jobs" {
  name                = var.bigtable_instance_id
  display_name        = "Promptbeam"
  deletion_protection = var.deletion_protection

  cluster {
    cluster_id   = "${var.bigtable_instance_id}-c1"
    zone         = var.bigtable_zone
    storage_type = "SSD"

    autoscaling_config {
      min_nodes  = var.bigtable_nodes.min
      max_nodes  = var.bigtable_nodes.max
      cpu_target = var.bigtable_nodes.cpu_target
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_bigtable_table" "all" {
  for_each = local.tables

  name                = each.key
  instance_name       = google_bigtable_instance.jobs.name
  deletion_protection = var.deletion_protection ? "PROTECTED" : "UNPROTECTED"

  dynamic "column_family" {
    for_each = each.value
    content {
      family = column_family.key
    }
  }

  dynamic "automated_backup_policy" {
    for_each = var.backup_days > 0 ? [1] : []
    content {
      retention_period = "${24 * var.backup_days}h0m0s"
      frequency        = "24h0m0s"
    }
  }
}

resource "google_bigtable_gc_policy" "all" {
  for_each = local.families

  instance_name = google_bigtable_instance.jobs.name
  table         = google_bigtable_table.all[each.value.table].name
  column_family = each.value.family
  # Cells go when they are old or have been replaced.
  mode = each.value.hours == null ? null : "UNION"
  # A policy that is no longer wanted is replaced; removing it would need a family without any.
  deletion_policy = "ABANDON"

  max_version {
    number = each.value.versions
  }

  dynamic "max_age" {
    for_each = each.value.hours == null ? [] : [each.value.hours]
    content {
      duration = "${max_age.value}h"
    }
  }
}

resource "google_bigtable_app_profile" "one_cluster" {
  # Those who wait for an answer go before those who work through a queue.
  for_each = { "promptbeam-api" = "PRIORITY_HIGH", "promptbeam-pipeline" = "PRIORITY_MEDIUM", "promptbeam-export" = "PRIORITY_LOW" }

  instance       = google_bigtable_instance.jobs.name
  app_profile_id = each.key
  description    = "One cluster decides, as claims and quotas need"

  single_cluster_routing {
    cluster_id                 = google_bigtable_instance.jobs.cluster[0].cluster_id
    allow_transactional_writes = true
  }

  standard_isolation {
    priority = each.value
  }

  ignore_warnings = true
}
