package io.promptbeam.store;

import com.google.cloud.bigtable.admin.v2.BigtableTableAdminClient;
import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.cloud.bigtable.data.v2.models.TableId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All that the tables of an emulator hold. */
public final class AllRows {
  private AllRows() {}

  /** Keys, columns and values of every cell, with the table's name. */
  public static List<String> of(BigtableTarget.Emulator target) throws IOException {
    List<String> all = new ArrayList<>();
    try (BigtableTableAdminClient admin = BigtableClients.admin(target);
        BigtableDataClient client =
            BigtableClients.data(target, BigtableJobStore.Options.DEFAULT)) {
      for (String table : admin.listTables()) {
        for (Row row : client.readRows(Query.create(TableId.of(table)))) {
          String where = table + " " + row.getKey().toStringUtf8();
          all.add(where);
          for (RowCell cell : row.getCells()) {
            String column = cell.getQualifier().toStringUtf8();
            all.add(where + " " + column + " " + cell.getValue().toStringUtf8());
          }
        }
      }
    }
    return all;
  }
}
