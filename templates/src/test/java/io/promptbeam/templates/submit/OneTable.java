package io.promptbeam.templates.submit;

import com.google.api.services.bigquery.model.Table;
import com.google.api.services.bigquery.model.TableFieldSchema;
import com.google.api.services.bigquery.model.TableReference;
import com.google.api.services.bigquery.model.TableSchema;
import com.google.cloud.bigquery.storage.v1.AvroRows;
import com.google.cloud.bigquery.storage.v1.AvroSchema;
import com.google.cloud.bigquery.storage.v1.CreateReadSessionRequest;
import com.google.cloud.bigquery.storage.v1.ReadRowsRequest;
import com.google.cloud.bigquery.storage.v1.ReadRowsResponse;
import com.google.cloud.bigquery.storage.v1.ReadSession;
import com.google.cloud.bigquery.storage.v1.ReadStream;
import com.google.cloud.bigquery.storage.v1.SplitReadStreamRequest;
import com.google.cloud.bigquery.storage.v1.SplitReadStreamResponse;
import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryServices;
import org.apache.beam.sdk.io.gcp.testing.FakeBigQueryServices;
import org.apache.beam.sdk.io.gcp.testing.FakeDatasetService;

/** BigQuery with a table {@code demo-project:data.reviews} that is read in one stream. */
final class OneTable implements BigQueryServices.StorageClient, Serializable {
  private static final long serialVersionUID = 1L;

  /** What sessions were asked for: static, since Beam copies the client. */
  static final List<List<String>> SELECTED = new CopyOnWriteArrayList<>();

  private final String schema;
  private final byte[] rows;
  private final int count;

  private OneTable(Schema schema, List<Map<String, Object>> rows) throws Exception {
    this.schema = schema.toString();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().binaryEncoder(out, null);
    var writer = new GenericDatumWriter<GenericRecord>(schema);
    for (Map<String, Object> row : rows) {
      GenericRecord record = new GenericData.Record(schema);
      row.forEach(record::put);
      writer.write(record, encoder);
    }
    encoder.flush();
    this.rows = out.toByteArray();
    this.count = rows.size();
  }

  static BigQueryServices of(Schema schema, List<Map<String, Object>> rows) throws Exception {
    FakeDatasetService.setUp();
    FakeDatasetService datasets = new FakeDatasetService();
    datasets.createDataset("demo-project", "data", "", "", null);
    datasets.createTable(
        new Table()
            .setTableReference(
                new TableReference()
                    .setProjectId("demo-project")
                    .setDatasetId("data")
                    .setTableId("reviews"))
            .setNumBytes(1_000L)
            .setSchema(
                new TableSchema()
                    .setFields(
                        schema.getFields().stream()
                            .map(f -> new TableFieldSchema().setName(f.name()).setType("STRING"))
                            .toList())));
    return new FakeBigQueryServices()
        .withDatasetService(datasets)
        .withStorageClient(new OneTable(schema, rows));
  }

  @Override
  public ReadSession createReadSession(CreateReadSessionRequest request) {
    SELECTED.add(List.copyOf(request.getReadSession().getReadOptions().getSelectedFieldsList()));
    return ReadSession.newBuilder()
        .setName("session")
        .setAvroSchema(AvroSchema.newBuilder().setSchema(schema))
        .addStreams(ReadStream.newBuilder().setName("stream"))
        .build();
  }

  @Override
  public BigQueryServices.BigQueryServerStream<ReadRowsResponse> readRows(ReadRowsRequest request) {
    return new FakeBigQueryServices.FakeBigQueryServerStream<>(
        List.of(
            ReadRowsResponse.newBuilder()
                .setAvroRows(
                    AvroRows.newBuilder().setSerializedBinaryRows(ByteString.copyFrom(rows)))
                .setRowCount(count)
                .build()));
  }

  @Override
  public BigQueryServices.BigQueryServerStream<ReadRowsResponse> readRows(
      ReadRowsRequest request, String fullTableId) {
    return readRows(request);
  }

  @Override
  public SplitReadStreamResponse splitReadStream(SplitReadStreamRequest request) {
    return SplitReadStreamResponse.getDefaultInstance();
  }

  @Override
  public SplitReadStreamResponse splitReadStream(
      SplitReadStreamRequest request, String fullTableId) {
    return splitReadStream(request);
  }

  @Override
  public void close() {}
}
