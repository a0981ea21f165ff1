mock_provider "google" {}

variables {
  project_id = "demo-project"
}

run "project_number_is_refused" {
  command = plan
  variables {
    project_id = "123456789012"
  }
  expect_failures = [var.project_id]
}

run "zone_elsewhere_is_refused" {
  command = plan
  variables {
    bigtable_zone = "europe-west1-b"
  }
  expect_failures = [var.bigtable_zone]
}

run "nodes_out_of_bounds_are_refused" {
  command = plan
  variables {
    bigtable_nodes = { min = 1, max = 30 }
  }
  expect_failures = [var.bigtable_nodes]
}

run "retention_below_a_jobs_life_is_refused" {
  command = plan
  variables {
    retention_days = 37
  }
  expect_failures = [var.retention_days]
}

run "tokens_behind_another_gate_are_refused" {
  command = plan
  variables {
    api_id_token_audience = "https://jobs.example.com"
    api_invokers          = ["group:data@example.com"]
  }
  expect_failures = [var.api_id_token_audience]
}

run "many_processors_with_little_memory_are_refused" {
  command = plan
  variables {
    api_resources = { cpu = "8" }
  }
  expect_failures = [var.api_resources]
}

run "secret_value_is_refused" {
  command = plan
  variables {
    secret_ids = ["sk-not-an-id"]
  }
  expect_failures = [var.secret_ids]
}

run "image_that_moves_is_refused" {
  command = plan
  variables {
    api_image = "us-central1-docker.pkg.dev/demo-project/promptbeam/query-api:latest"
  }
  expect_failures = [var.api_image]
}

run "more_callers_than_threads_are_refused" {
  command = plan
  variables {
    api_resources = { concurrency = 300 }
  }
  expect_failures = [var.api_resources]
}

run "everybody_as_launcher_is_refused" {
  command = plan
  variables {
    launchers = ["allUsers"]
  }
  expect_failures = [var.launchers]
}

run "way_round_the_proxy_is_refused" {
  command = plan
  variables {
    api_iap_audience = "/projects/123/global/backendServices/456"
    api_ingress      = "INGRESS_TRAFFIC_ALL"
  }
  expect_failures = [var.api_iap_audience]
}
