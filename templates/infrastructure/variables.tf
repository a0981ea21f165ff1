variable "project_id" {
  description = "Google Cloud project that holds everything. It must exist, with billing enabled."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is 6 to 30 lower-case letters, digits and hyphens, for example my-project-123456."
  }
}

variable "region" {
  description = "Region of workers, service, buckets and images, for example us-central1."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region looks like us-central1. For the zone of Bigtable see bigtable_zone."
  }
}

variable "labels" {
  description = "Labels of all resources that can carry some, beside app=promptbeam."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete Bigtable, its tables and the service. Set it to false, apply, then destroy."
  type        = bool
  default     = true
}

# Bigtable

variable "bigtable_instance_id" {
  description = "Id of the Bigtable instance that is created."
  type        = string
  default     = "promptbeam"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,31}[a-z0-9]$", var.bigtable_instance_id))
    error_message = "bigtable_instance_id is 6 to 33 lower-case letters, digits and hyphens."
  }
}

variable "bigtable_zone" {
  description = "Zone of the one cluster, in the region, for example us-central1-b. Conditional writes need one cluster to decide."
  type        = string
  default     = "us-central1-b"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+-[a-z]$", var.bigtable_zone)) && startswith(var.bigtable_zone, "${var.region}-")
    error_message = "bigtable_zone is a zone of the region, for example us-central1-b in us-central1."
  }
}

variable "bigtable_nodes" {
  description = "Bounds of the cluster's autoscaling. docs/operations.md says how many a load needs."
  type = object({
    min        = number
    max        = number
    cpu_target = optional(number, 60)
  })
  default = { min = 1, max = 3 }

  validation {
    condition     = var.bigtable_nodes.min >= 1 && var.bigtable_nodes.max >= var.bigtable_nodes.min && var.bigtable_nodes.max <= 10 * var.bigtable_nodes.min
    error_message = "bigtable_nodes needs 1 <= min <= max, and Bigtable takes no max beyond ten times min."
  }
  validation {
    condition     = var.bigtable_nodes.cpu_target >= 10 && var.bigtable_nodes.cpu_target <= 80
    error_message = "bigtable_nodes.cpu_target is a percentage from 10 to 80."
  }
}

variable "retention_days" {
  description = "How long jobs, results, batches and files are kept after they were written. Also the longest that an idempotency key is remembered."
  type        = number
  default     = 45

  validation {
    # A batch may take 30 days, and its rows must outlive it long enough to be asked for.
    condition     = var.retention_days >= 38 && var.retention_days <= 3650 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days is a whole number from 38 to 3650."
  }
}

variable "backup_days" {
  description = "How long Bigtable's daily backup of each table is kept; 0 makes none."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days == 0 || (var.backup_days >= 3 && var.backup_days <= 90)
    error_message = "backup_days is 0, or from 3 to 90."
  }
}

# Buckets and secrets

variable "bucket_prefix" {
  description = "What the buckets' names begin with; they are unique in all of Google Cloud. Empty: the project's id."
  type        = string
  default     = ""

  validation {
    condition     = var.bucket_prefix == "" || can(regex("^[a-z0-9][a-z0-9-]{1,45}[a-z0-9]$", var.bucket_prefix))
    error_message = "bucket_prefix is 3 to 47 lower-case letters, digits and hyphens."
  }
}

variable "results_days" {
  description = "How long exported results stay in their bucket; 0: until somebody deletes them."
  type        = number
  default     = 0

  validation {
    condition     = var.results_days >= 0 && floor(var.results_days) == var.results_days
    error_message = "results_days is a whole number, 0 or more."
  }
}

variable "secret_ids" {
  description = "Secrets that models.yaml names as sm://: the providers' API keys, and the keys that sign webhooks. Created empty: their values never pass through Terraform."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.secret_ids : can(regex("^[A-Za-z0-9_-]{1,100}$", id))])
    error_message = "secret_ids are ids such as openai-api-key, not values and not paths."
  }
  validation {
    condition     = alltrue([for id in var.secret_ids : !startswith(id, "sk-") && !startswith(id, "AIza")])
    error_message = "One of secret_ids looks like a key itself. Give the id; put the value in with: gcloud secrets versions add."
  }
}

# Service

variable "api_image" {
  description = "Image of the HTTP service, from query-api/Dockerfile, by tag or better by digest. Empty: everything but the service is created, so that there is a registry to push it to."
  type        = string
  default     = ""

  validation {
    condition     = var.api_image == "" || can(regex("^[a-z0-9.-]+(:[0-9]+)?/[a-z0-9._/-]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$", var.api_image))
    error_message = "api_image is REGISTRY/PATH:TAG or REGISTRY/PATH@sha256:DIGEST."
  }
  validation {
    condition     = !endswith(var.api_image, ":latest")
    error_message = "api_image must not be :latest, or nobody can say what runs, nor go back."
  }
}

variable "api_args" {
  description = "More arguments of `promptbeam api`, as `promptbeam api --help` lists them; no secrets."
  type        = list(string)
  default     = []
}

variable "api_id_token_audience" {
  description = "Audience of the Google-signed ID tokens that the service takes beside API keys, usually its own address; empty: it takes none. Whom they let in, principals.txt beside models.yaml says."
  type        = string
  default     = ""

  validation {
    condition     = var.api_id_token_audience == "" || can(regex("^https://[^ ]+$", var.api_id_token_audience))
    error_message = "api_id_token_audience is an address such as https://jobs.example.com."
  }
  validation {
    condition     = var.api_id_token_audience == "" || contains(var.api_invokers, "allUsers")
    error_message = "api_id_token_audience needs api_invokers = [\"allUsers\"]: Cloud Run's own gate would take the signature off the tokens that the service is to check."
  }
}

variable "api_iap_audience" {
  description = "Audience of the assertions of an Identity-Aware Proxy in front of the service: /projects/NUMBER/global/backendServices/ID; empty: it takes none. Whom they let in, principals.txt beside models.yaml says."
  type        = string
  default     = ""

  validation {
    condition     = var.api_iap_audience == "" || can(regex("^/projects/[0-9]+/.+$", var.api_iap_audience))
    error_message = "api_iap_audience is /projects/NUMBER/global/backendServices/ID."
  }
  validation {
    condition     = var.api_iap_audience == "" || var.api_ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "api_iap_audience needs api_ingress = INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER, or callers go round the proxy."
  }
}

variable "api_environment" {
  description = "More environment variables of the service; no secrets."
  type        = map(string)
  default     = {}
}

variable "api_instances" {
  description = "Bounds of the service's instances. One that is always there saves the first caller a start of some seconds."
  type = object({
    min = number
    max = number
  })
  default = { min = 1, max = 10 }

  validation {
    condition     = var.api_instances.min >= 0 && var.api_instances.max >= 1 && var.api_instances.max >= var.api_instances.min
    error_message = "api_instances needs 0 <= min <= max, and max >= 1."
  }
}

variable "api_resources" {
  description = "Processors, memory and requests at once of an instance. It answers with at most 256 threads, half of which may be held by long polls."
  type = object({
    cpu         = optional(string, "2")
    memory      = optional(string, "2Gi")
    concurrency = optional(number, 200)
  })
  default = {}

  validation {
    condition     = contains(["1", "2", "4", "6", "8"], var.api_resources.cpu) && can(regex("^[0-9]+(Mi|Gi)$", var.api_resources.memory))
    error_message = "api_resources.cpu is 1, 2, 4, 6 or 8, api_resources.memory like 2Gi."
  }
  validation {
    condition     = var.api_resources.concurrency >= 1 && var.api_resources.concurrency <= 250
    error_message = "api_resources.concurrency is from 1 to 250: the service has 256 threads."
  }
  validation {
    condition     = !contains(["6", "8"], var.api_resources.cpu) || try(tonumber(trimsuffix(var.api_resources.memory, "Gi")) >= 4, tonumber(trimsuffix(var.api_resources.memory, "Mi")) >= 4096)
    error_message = "api_resources.memory is 4Gi or more with 6 or 8 processors, as Cloud Run has it."
  }
}

variable "api_ingress" {
  description = "From where the service can be reached: INGRESS_TRAFFIC_ALL, INGRESS_TRAFFIC_INTERNAL_ONLY or INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER (behind a load balancer, for instance with Identity-Aware Proxy)."
  type        = string
  default     = "INGRESS_TRAFFIC_INTERNAL_ONLY"

  validation {
    condition     = contains(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"], var.api_ingress)
    error_message = "api_ingress is INGRESS_TRAFFIC_ALL, INGRESS_TRAFFIC_INTERNAL_ONLY or INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER."
  }
}

variable "api_invokers" {
  description = "Who passes Cloud Run's own gate, for example [\"group:data@example.com\"]. [\"allUsers\"] leaves everything to the service's API keys, which OpenAI's and Anthropic's clients need, as they send their own Authorization header."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for m in var.api_invokers : m == "allUsers" || can(regex("^(user|group|serviceAccount|domain|principal|principalSet):", m))])
    error_message = "api_invokers are principals such as group:data@example.com, or allUsers."
  }
}

variable "api_vpc" {
  description = "Network and subnetwork the service sends its requests through, where Google's services are reached privately; null: none."
  type = object({
    network    = string
    subnetwork = string
  })
  default = null
}

# People and programs

variable "launchers" {
  description = "Who may launch, update and drain pipelines, by acting as the launcher's service account, for example [\"group:data-platform@example.com\"]."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for m in var.launchers : can(regex("^(user|group|serviceAccount|principal|principalSet):", m))])
    error_message = "launchers are principals such as group:data-platform@example.com."
  }
}

variable "operators" {
  description = "Who may read and replay dead letters, read and write the tables (`promptbeam keys`) and change models.yaml."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for m in var.operators : can(regex("^(user|group|serviceAccount|principal|principalSet):", m))])
    error_message = "operators are principals such as group:oncall@example.com."
  }
}

variable "use_bigquery" {
  description = "Whether workers may run BigQuery jobs, as submit-file and export-results do for tables. Access to datasets is granted on these."
  type        = bool
  default     = false
}
