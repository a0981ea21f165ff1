package io.promptbeam.store;

import static io.promptbeam.store.TestJobs.T0;
import static io.promptbeam.store.TestJobs.prompt;
import static io.promptbeam.store.TestJobs.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every store lists; with {@link JobStoreContract} the whole of a store's duties. */
abstract class JobListContract extends JobStoreContract {
  private static final Comparator<JobSpec> NEWEST_FIRST =
      Comparator.comparing(JobSpec::createdAt)
          .reversed()
          .thenComparing(spec -> spec.id().toString());

  private List<JobSpec> createAll(List<JobSpec> specs) {
    Map<JobSpec, LlmRequest> jobs = new LinkedHashMap<>();
    specs.forEach(spec -> jobs.put(spec, prompt("Why?")));
    store.createAll(jobs).join();
    return specs;
  }

  private JobSpec labelled(String modelId, String jobType, String question, String batch, int i) {
    JobLabels labels =
        new JobLabels(
            jobType, Optional.of(question), Optional.of(batch), Optional.empty(), Map.of());
    return spec(JobId.random(), owner, T0.plusMillis(i), modelId, labels);
  }

  private static List<JobSpec> specs(JobPage page) {
    return page.jobs().stream().map(Job::spec).toList();
  }

  private List<JobSpec> pages(JobStore from, Owner of, JobFilter filter, int pageSize) {
    List<JobSpec> all = new ArrayList<>();
    Optional<String> next = Optional.empty();
    int pages = 0;
    do {
      JobPage page = from.list(of, filter, pageSize, next).join();
      assertThat(page.jobs().size()).isLessThanOrEqualTo(pageSize);
      all.addAll(specs(page));
      next = page.next();
      assertThat(++pages).isLessThan(1_000);
    } while (next.isPresent());
    return all;
  }

  private List<JobSpec> listed(JobFilter filter) {
    return pages(store, owner, filter, 7);
  }

  @Test
  void list_isNewestFirst_andEmptyForWhoHasNone() {
    JobSpec old = spec(owner, T0);
    JobSpec middle = spec(owner, T0.plusMillis(1));
    JobSpec young = spec(owner, T0.plusSeconds(100_000));
    createAll(List.of(middle, young, old));
    JobPage page = store.list(owner, JobFilter.ALL, 100, Optional.empty()).join();
    assertThat(specs(page)).containsExactly(young, middle, old);
    assertThat(page.next()).isEmpty();
    assertThat(page.jobs()).allMatch(j -> j.request().isEmpty() && j.result().isEmpty());
    JobPage none = store.list(new Owner("nobody"), JobFilter.ALL, 100, Optional.empty()).join();
    assertThat(none).isEqualTo(new JobPage(List.of(), Optional.empty()));
  }

  @Test
  void list_showsOwnJobsOnly_whenOwnersNamesBeginAlike() {
    String name = owner.name();
    List<Owner> owners = new ArrayList<>();
    for (String suffix : List.of("", ".", ".b", "-b", "0", "@", "A", "_")) {
      owners.add(new Owner(name + suffix));
    }
    Map<Owner, List<JobSpec>> jobs = new LinkedHashMap<>();
    for (Owner one : owners) {
      List<JobSpec> own = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        own.add(spec(one, T0.plusMillis(i)));
      }
      jobs.put(one, createAll(own));
    }
    jobs.forEach(
        (one, own) ->
            assertThat(pages(store, one, JobFilter.ALL, 5))
                .containsExactlyInAnyOrderElementsOf(own));
  }

  @Test
  void list_appliesEveryFilter() {
    JobSpec a = labelled("m1", "t1", "q1", "b1", 0);
    JobSpec b = labelled("m1", "t1", "q2", "b2", 1);
    JobSpec c = labelled("m2", "t2", "q1", "b2", 2);
    JobSpec d = spec(owner, T0.plusMillis(3));
    createAll(List.of(a, b, c, d));
    Job claimed = store.read(b.id(), ALL_PARTS).join().orElseThrow();
    completed(claimed, "{}");
    Optional<String> any = Optional.empty();
    Optional<Instant> ever = Optional.empty();

    assertThat(listed(state(JobState.COMPLETED))).containsExactly(b);
    assertThat(listed(state(JobState.PENDING))).containsExactly(d, c, a);
    assertThat(listed(state(JobState.FAILED))).isEmpty();
    assertThat(listed(filter(Optional.of("t1"), any, any, any, ever, ever))).containsExactly(b, a);
    assertThat(listed(filter(any, Optional.of("m2"), any, any, ever, ever))).containsExactly(c);
    assertThat(listed(filter(any, any, Optional.of("q1"), any, ever, ever))).containsExactly(c, a);
    assertThat(listed(filter(any, any, any, Optional.of("b2"), ever, ever))).containsExactly(c, b);
    assertThat(listed(filter(Optional.of("t1"), any, any, Optional.of("b2"), ever, ever)))
        .containsExactly(b);
    assertThat(listed(between(Optional.of(T0.plusMillis(1)), ever))).containsExactly(d, c);
    assertThat(listed(between(ever, Optional.of(T0.plusMillis(1))))).containsExactly(a);
    assertThat(listed(between(Optional.of(T0), Optional.of(T0.plusMillis(3)))))
        .containsExactly(c, b);
    assertThat(listed(between(Optional.of(T0.plusMillis(3)), Optional.of(T0)))).isEmpty();
    assertThat(listed(between(Optional.of(Instant.MIN), Optional.of(Instant.MAX)))).hasSize(4);
    assertThat(listed(between(Optional.of(Instant.MAX), ever))).isEmpty();
    assertThat(listed(between(ever, Optional.of(Instant.MIN)))).isEmpty();
  }

  private static JobFilter text(Optional<JobState> state, String text) {
    Optional<String> any = Optional.empty();
    Optional<Instant> ever = Optional.empty();
    return new JobFilter(state, any, any, any, any, ever, ever, Optional.of(text));
  }

  @Test
  void list_findsText_inValuesThatCallersGave_whateverItsCase() {
    Optional<String> none = Optional.empty();
    JobSpec a = searchable(Optional.of("Question-Äpfel"), none, Map.of(), 0);
    JobSpec b = searchable(none, Optional.of("line 100% a_b"), Map.of("apfel", "x"), 1);
    JobSpec c = searchable(none, none, Map.of("zone", "EU-West", "team", "Blue (a_b)"), 2);
    createAll(List.of(a, b, c, labelled("apfel", "eu-west", "q", "question", 3)));
    Optional<JobState> any = Optional.empty();

    assertThat(listed(text(any, "äPFEL"))).containsExactly(a);
    assertThat(listed(text(any, "eu-west"))).as("neither model nor type").containsExactly(c);
    assertThat(listed(text(any, "apfel"))).as("no key of the metadata").isEmpty();
    assertThat(listed(text(any, "A_B"))).containsExactly(c, b);
    assertThat(listed(text(any, "100%"))).containsExactly(b);
    assertThat(listed(text(any, ".*"))).isEmpty();
    assertThat(listed(text(Optional.of(JobState.PENDING), "blue"))).containsExactly(c);
    assertThat(listed(text(Optional.of(JobState.FAILED), "blue"))).isEmpty();
    assertThat(specs(store.list(owner, text(any, "a_b"), 1, Optional.empty()).join()))
        .containsExactly(c);
  }

  private JobSpec searchable(
      Optional<String> question, Optional<String> customId, Map<String, String> metadata, int i) {
    JobLabels labels =
        new JobLabels(JobLabels.GENERIC, question, Optional.empty(), customId, metadata);
    return spec(JobId.random(), owner, T0.plusMillis(i), "m", labels);
  }

  @Test
  void list_refusesATokenOfAnotherText() {
    createAll(
        List.of(
            searchable(Optional.of("ab"), Optional.empty(), Map.of(), 0),
            searchable(Optional.of("abc"), Optional.empty(), Map.of(), 1)));
    JobFilter filter = text(Optional.empty(), "AB");
    Optional<String> next = store.list(owner, filter, 1, Optional.empty()).join().next();
    assertThat(next).isPresent();
    assertThat(store.list(owner, text(Optional.empty(), "ab"), 1, next).join().jobs()).hasSize(1);
    for (JobFilter other : List.of(text(Optional.empty(), "b"), JobFilter.ALL)) {
      assertThatThrownBy(() -> store.list(owner, other, 1, next))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void list_boundsInTime_areExactToTheNanosecond() {
    JobSpec early = spec(owner, T0.plusNanos(100));
    JobSpec late = spec(owner, T0.plusNanos(900));
    createAll(List.of(early, late));
    Optional<Instant> between = Optional.of(T0.plusNanos(500));
    assertThat(listed(between(between, Optional.empty()))).containsExactly(late);
    assertThat(listed(between(Optional.empty(), between))).containsExactly(early);
  }

  static JobFilter state(JobState state) {
    return new JobFilter(
        Optional.of(state),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  static JobFilter between(Optional<Instant> after, Optional<Instant> before) {
    return filter(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), after, before);
  }

  static JobFilter filter(
      Optional<String> jobType,
      Optional<String> modelId,
      Optional<String> questionId,
      Optional<String> batchId,
      Optional<Instant> after,
      Optional<Instant> before) {
    return new JobFilter(Optional.empty(), jobType, modelId, questionId, batchId, after, before);
  }

  @Test
  void pages_giveEveryJobOnce_alsoThoseOfOneMillisecond() {
    List<JobSpec> specs = new ArrayList<>();
    for (int i = 0; i < 350; i++) {
      specs.add(spec(owner, T0.plusMillis(i < 100 ? 0 : i / 3)));
    }
    createAll(specs);
    List<JobSpec> sorted = specs.stream().sorted(NEWEST_FIRST).toList();
    for (int pageSize : new int[] {3, 50, 100}) {
      assertThat(pages(store, owner, JobFilter.ALL, pageSize)).isEqualTo(sorted);
    }
  }

  @Test
  void lastPage_hasNoNext_whenItIsFull() {
    List<JobSpec> specs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      specs.add(spec(owner, T0.plusMillis(i)));
    }
    createAll(specs);
    JobPage first = store.list(owner, JobFilter.ALL, 10, Optional.empty()).join();
    JobPage second = store.list(owner, JobFilter.ALL, 10, first.next()).join();
    assertThat(first.next()).isPresent();
    assertThat(second.jobs()).hasSize(10);
    assertThat(second.next()).isEmpty();
  }

  @Test
  void pages_stayInPlace_whenYoungerJobsArrive() {
    List<JobSpec> specs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      specs.add(spec(owner, T0.plusMillis(i)));
    }
    createAll(specs);
    JobPage first = store.list(owner, JobFilter.ALL, 12, Optional.empty()).join();
    createAll(List.of(spec(owner, T0.plusSeconds(1))));
    JobPage second = store.list(owner, JobFilter.ALL, 12, first.next()).join();
    List<JobSpec> both = new ArrayList<>(specs(first));
    both.addAll(specs(second));
    assertThat(both).isEqualTo(specs.stream().sorted(NEWEST_FIRST).toList());
  }

  @Test
  void list_goesOn_whenTheScanBudgetIsUsedUp() {
    store.close();
    try (JobStore stingy = open(Clock.systemUTC(), 40)) {
      store = stingy;
      List<JobSpec> specs = new ArrayList<>();
      List<JobSpec> matching = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        JobSpec spec = labelled(i % 100 == 0 ? "rare" : "common", "t", "q", "b", i);
        specs.add(spec);
        if (i % 100 == 0) {
          matching.add(0, spec);
        }
      }
      createAll(specs);
      Optional<String> any = Optional.empty();
      JobFilter rare =
          filter(any, Optional.of("rare"), any, any, Optional.empty(), Optional.empty());

      JobPage first = store.list(owner, rare, 10, Optional.empty()).join();
      assertThat(first.jobs()).isEmpty();
      assertThat(first.next()).isPresent();
      assertThat(pages(store, owner, rare, 10)).isEqualTo(matching);

      completed(store.read(specs.get(2).id(), ALL_PARTS).join().orElseThrow(), "{}");
      JobFilter ended = state(JobState.COMPLETED);
      assertThat(store.list(owner, ended, 10, Optional.empty()).join().jobs()).isEmpty();
      assertThat(pages(store, owner, ended, 10)).containsExactly(specs.get(2));
    } finally {
      openStore();
    }
  }

  @Test
  void list_refusesTokensThatAreNotItsOwn() {
    List<JobSpec> specs = List.of(spec(owner, T0), spec(owner, T0.plusMillis(1)));
    createAll(specs);
    String token =
        store.list(owner, JobFilter.ALL, 1, Optional.empty()).join().next().orElseThrow();
    List<String> malformed =
        List.of(
            "",
            "?",
            "abc",
            token + "A",
            token.substring(1),
            Base64.getUrlEncoder()
                .encodeToString("1:12:not-a-uuid".getBytes(StandardCharsets.UTF_8)));
    for (String text : malformed) {
      assertThatThrownBy(() -> store.list(owner, JobFilter.ALL, 1, Optional.of(text)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    Optional<String> next = Optional.of(token);
    assertThatThrownBy(() -> store.list(Owner.LOCAL, JobFilter.ALL, 1, next))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.list(owner, state(JobState.PENDING), 1, next))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.list(owner, JobFilter.ALL, 0, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.list(owner, JobFilter.ALL, 101, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
