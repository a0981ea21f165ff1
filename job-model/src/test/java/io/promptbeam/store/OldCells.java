package io.promptbeam.store;

import com.google.bigtable.v2.CheckAndMutateRowRequest;
import com.google.bigtable.v2.Mutation;
import com.google.bigtable.v2.RowFilter;
import java.util.List;

/** Turns a conditional write into the one somebody unaware of old cells would send. */
final class OldCells {
  private OldCells() {}

  static CheckAndMutateRowRequest count(CheckAndMutateRowRequest request) {
    CheckAndMutateRowRequest.Builder careless =
        request.toBuilder()
            .setPredicateFilter(withoutLimit(request.getPredicateFilter()))
            .clearTrueMutations();
    return careless.addAllTrueMutations(onlySetting(request.getTrueMutationsList())).build();
  }

  private static RowFilter withoutLimit(RowFilter filter) {
    if (filter.hasChain()) {
      RowFilter.Chain.Builder chain = RowFilter.Chain.newBuilder();
      filter.getChain().getFiltersList().forEach(f -> chain.addFilters(withoutLimit(f)));
      return RowFilter.newBuilder().setChain(chain).build();
    }
    return filter.getFilterCase() == RowFilter.FilterCase.CELLS_PER_COLUMN_LIMIT_FILTER
        ? RowFilter.newBuilder().setPassAllFilter(true).build()
        : filter;
  }

  private static List<Mutation> onlySetting(List<Mutation> mutations) {
    return mutations.stream().filter(mutation -> !mutation.hasDeleteFromColumn()).toList();
  }
}
