package io.promptbeam.templates.submit;

import io.promptbeam.templates.Accepts;
import io.promptbeam.templates.ValueForm;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Hidden;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/**
 * Options of {@link SubmitFileTemplate}. Launchers embed them verbatim: none may be a secret.
 * Getters are in the order in which a form shows them.
 */
public interface SubmitFileOptions extends PipelineOptions {
  @Description(
      "The files with the rows, a path that may have wildcards: gs://BUCKET/reviews/*.csv. Files"
          + " ending in .gz, .bz2 or .zst are unpacked. Give this, inputTable or inputQuery.")
  @Accepts(ValueForm.GCS_READ_FILE)
  @Nullable String getInput();

  void setInput(@Nullable String pattern);

  @Description(
      "What the files are: jsonl (one JSON object a line), csv (with a header row), avro, or auto"
          + " to go by each file's suffix")
  @Default.String("auto")
  String getInputFormat();

  void setInputFormat(String format);

  @Description("What is between the columns of a CSV file: one character, or the word tab")
  @Default.String(",")
  String getCsvDelimiter();

  void setCsvDelimiter(String delimiter);

  @Description("A BigQuery table with the rows: PROJECT:DATASET.TABLE")
  @Accepts(ValueForm.BIGQUERY_TABLE)
  @Nullable String getInputTable();

  void setInputTable(@Nullable String table);

  @Description(
      "A BigQuery query (GoogleSQL) for the rows: SELECT id, text FROM `project.dataset.reviews`"
          + " WHERE day = '2026-11-01'")
  @Nullable String getInputQuery();

  void setInputQuery(@Nullable String query);

  @Description("The model that answers, by its id in models.yaml. Needed unless rows name one.")
  @Nullable String getModel();

  void setModel(@Nullable String model);

  @Description(
      "What to ask about each row, with columns in braces: Classify this review: {text}. {{ and }}"
          + " stand for a brace. A column's value goes in as it is, whatever it holds. Give this,"
          + " promptTemplateFile, promptColumn or bodyColumn.")
  @Nullable String getPromptTemplate();

  void setPromptTemplate(@Nullable String template);

  @Description(
      "A file with the prompt template, for one that is long: gs://BUCKET/PATH, in UTF-8. Read at"
          + " the launch.")
  @Accepts(ValueForm.GCS_READ_FILE)
  @Nullable String getPromptTemplateFile();

  void setPromptTemplateFile(@Nullable String location);

  @Description("The column that holds the whole prompt")
  @Nullable String getPromptColumn();

  void setPromptColumn(@Nullable String column);

  @Description("The system message, a template as promptTemplate is one")
  @Nullable String getSystemTemplate();

  void setSystemTemplate(@Nullable String template);

  @Description(
      "The column that holds a whole request body, as JSON or as its text, where rows already are"
          + " requests. For files in OpenAI's batch form: bodyColumn=body, idColumn=custom_id.")
  @Nullable String getBodyColumn();

  void setBodyColumn(@Nullable String column);

  @Description(
      "What goes into a request's body beside the prompt, the same for every row, as a JSON object:"
          + " {\"temperature\": 0, \"max_completion_tokens\": 200}. null removes a field of a row's"
          + " own body.")
  @Nullable String getParameters();

  void setParameters(@Nullable String json);

  @Description("How many tokens an answer may have")
  @Nullable Integer getMaxOutputTokens();

  void setMaxOutputTokens(@Nullable Integer tokens);

  @Description(
      "Fields of a request's body that come from columns, as a JSON object of field and column:"
          + " {\"model\": \"model_id\", \"user\": \"customer\"}")
  @Nullable String getColumnMapping();

  void setColumnMapping(@Nullable String json);

  @Description(
      "What stands in a prompt for a column without a value (null). Absent: such rows are rejected.")
  @Nullable String getNullText();

  void setNullText(@Nullable String text);

  @Description(
      "The column by which results are told apart, as their custom_id; its values must differ."
          + " Absent: file and row, as in reviews.csv:17. Required for BigQuery, whose rows have no"
          + " number.")
  @Nullable String getIdColumn();

  void setIdColumn(@Nullable String column);

  @Description(
      "The path of the provider's API that requests are for: /v1/chat/completions, /v1/responses,"
          + " /v1/embeddings or /v1/completions")
  @Default.String("/v1/chat/completions")
  String getEndpoint();

  void setEndpoint(String path);

  @Description("Who the jobs belong to, and who can read them: the owner of an API key")
  @Validation.Required
  String getOwner();

  void setOwner(String owner);

  @Description(
      "How long the batch may take, a number of minutes, hours or days such as 90m, 24h or 7d, from"
          + " 1m to 30d. What has not ended by then expires.")
  @Default.String("24h")
  String getCompletionWindow();

  void setCompletionWindow(String window);

  @Description(
      "What is noted with the batch, as a JSON object of at most 16 texts: {\"team\": \"support\"}")
  @Nullable String getMetadata();

  void setMetadata(@Nullable String json);

  @Description(
      "Where jobs are kept: bigtable://PROJECT/INSTANCE[?app_profile=ID], whose profile routes to"
          + " one cluster. Needed unless dryRun.")
  @Accepts(ValueForm.BIGTABLE_INSTANCE)
  @Nullable String getBigtable();

  void setBigtable(@Nullable String target);

  @Description("Where models.yaml is: gs://BUCKET/PATH or a local path")
  @Validation.Required
  @Accepts(ValueForm.GCS_READ_FILE)
  String getModels();

  void setModels(String location);

  @Description(
      "The topic that wakes the job pipeline: projects/PROJECT/topics/NAME. Absent: the pipeline"
          + " finds the batch by itself, a minute or two later.")
  @Accepts(ValueForm.PUBSUB_TOPIC)
  @Nullable String getJobsTopic();

  void setJobsTopic(@Nullable String path);

  @Description(
      "host:port of a Pub/Sub emulator, spoken to in plain text. Absent: Google's service.")
  @Hidden
  @Nullable String getPubsubEmulator();

  void setPubsubEmulator(@Nullable String hostPort);

  @Description(
      "Whether to make no batch, and only to tell rows, tokens, cost and how long it would take")
  @Default.Boolean(false)
  boolean getDryRun();

  void setDryRun(boolean dryRun);

  @Description(
      "The file for rows that cannot be used, each as a JSON line with its row, the reason and its"
          + " data: gs://BUCKET/rejects.jsonl. The batch is made of the other rows. Absent: no batch"
          + " is made if there is such a row.")
  @Accepts(ValueForm.GCS_WRITE_FILE)
  @Nullable String getRejectsOutput();

  void setRejectsOutput(@Nullable String location);

  @Description(
      "A name for this submission: launched again with the same rows it makes no second batch, and"
          + " with other rows it fails. Absent: a new one, which the launch prints.")
  @Nullable String getSubmissionId();

  void setSubmissionId(@Nullable String id);

  @Description(
      "The file for a summary, one JSON object with the batch's id, counts, tokens, cost and the"
          + " estimated end: gs://BUCKET/summary.json")
  @Accepts(ValueForm.GCS_WRITE_FILE)
  @Nullable String getSummaryOutput();

  void setSummaryOutput(@Nullable String location);
}
