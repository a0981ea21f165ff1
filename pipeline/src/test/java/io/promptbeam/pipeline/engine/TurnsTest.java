package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TurnsTest {
  private static final int SEEDS = 200;
  private static final double ROUNDING = 1e-6;

  private final Map<String, Integer> weights = new HashMap<>();
  private final Turns<String> turns = new Turns<>(owner -> weights.getOrDefault(owner.name(), 1));

  private void add(String owner, Priority priority, long tokens, int count) {
    for (int i = 0; i < count; i++) {
      turns.add(item(owner, priority, tokens), owner, 0);
    }
  }

  private void add(String owner, long tokens, int count) {
    add(owner, Priority.INTERACTIVE, tokens, count);
  }

  private static SingleJob item(String owner, Priority priority, long tokens) {
    return new SingleJob(
        new JobReference(
            JobId.random(), new Owner(owner), "m", priority, tokens, 0, Optional.empty()));
  }

  private String draw(int count) {
    StringBuilder drawn = new StringBuilder();
    for (int i = 0; i < count; i++) {
      drawn.append(turns.peek());
      var unused = turns.turnTaken(true);
    }
    return drawn.toString();
  }

  @Test
  void owners_alternate_whenTheirRequestsAreAlike() {
    add("a", 10, 100);
    add("b", 10, 3);
    assertThat(draw(8)).isEqualTo("abababaa");
  }

  @Test
  void owners_haveTheSameTokens_whenTheirRequestsDiffer() {
    add("a", 300, 10);
    add("b", 100, 30);
    assertThat(draw(12)).isEqualTo("abbbabbbabbb");
  }

  @Test
  void owners_haveTokensByWeight() {
    weights.put("a", 3);
    add("a", 12, 100);
    add("b", 12, 100);
    assertThat(draw(12)).isEqualTo("abaabaaabaaa");
  }

  @Test
  void weight_countsAtOnce_whenItChanges() {
    add("a", 12, 100);
    add("b", 12, 100);
    assertThat(draw(4)).isEqualTo("abab");
    weights.put("a", 4);
    String drawn = draw(50);
    assertThat(drawn.chars().filter(c -> c == 'a').count()).isBetween(39L, 41L);
  }

  @Test
  void newcomer_isNext_andHasSavedNothing() {
    add("a", 10, 100);
    assertThat(draw(50)).isEqualTo("a".repeat(50));
    add("b", 10, 50);
    assertThat(draw(6)).isEqualTo("bababa");
  }

  @Test
  void owner_hasSavedNothing_whenItWasAwayForAWhile() {
    add("a", 10, 1_000);
    add("b", 10, 2);
    assertThat(draw(100)).startsWith("abab").endsWith("aaaa");
    add("b", 10, 100);
    assertThat(draw(10).chars().filter(c -> c == 'b').count()).isEqualTo(5);
  }

  @Test
  void largeRequest_isPaidFor_evenIfItsOwnerPauses() {
    add("a", 10, 100);
    add("b", 1_000, 1);
    assertThat(draw(2)).isEqualTo("ab");
    assertThat(draw(10)).isEqualTo("a".repeat(10));
    add("b", 10, 10);
    // 1000 tokens of b, and 110 of a so far.
    assertThat(draw(89)).isEqualTo("a".repeat(89));
    assertThat(draw(1)).isEqualTo("b");
  }

  @Test
  void interactive_goesFirst_andBatchHasATenth() {
    add("b", Priority.BATCH, 10, 100);
    add("a", 10, 100);
    assertThat(draw(40)).isEqualTo("aaaaaaaaab".repeat(4));
  }

  @Test
  void batch_hasAllThatInteractiveLeaves() {
    add("a", 10, 2);
    add("b", Priority.BATCH, 10, 5);
    assertThat(draw(7)).isEqualTo("aabbbbb");
    assertThat(turns.isEmpty()).isTrue();
    assertThat(turns.peek()).isNull();
  }

  @Test
  void batch_savesNothing_whileNoneOfItWaits() {
    add("a", 10, 200);
    add("b", Priority.BATCH, 10, 1);
    assertThat(draw(10)).isEqualTo("aaaaaaaaab");
    assertThat(draw(50)).isEqualTo("a".repeat(50));
    add("b", Priority.BATCH, 10, 5);
    assertThat(draw(20)).isEqualTo("aaaaaaaaab".repeat(2));
  }

  @Test
  void heldOwner_isPassedOver_andSavesNothing() {
    add("a", 10, 100);
    add("b", 10, 100);
    turns.hold(new Owner("a"), "why");
    assertThat(draw(5)).isEqualTo("bbbbb");
    turns.free(new Owner("a"));
    assertThat(draw(6)).isEqualTo("ababab");
    turns.hold(new Owner("a"), "why");
    turns.hold(new Owner("b"), "why");
    assertThat(turns.peek()).isNull();
    assertThat(turns.isEmpty()).isFalse();
  }

  @Test
  void owner_gainsNothing_whenItsEstimatesAreTooLow() {
    add("a", 1, 1_000);
    add("b", 100, 1_000);
    assertThat(tokensUsed(400, 100, 8))
        .satisfies(used -> assertThat(used.get("a")).isBetween(19_000L, 21_000L));
  }

  @Test
  void owner_losesNothing_whenItsEstimatesAreTooHigh() {
    add("a", 1_000, 1_000);
    add("b", 100, 1_000);
    assertThat(tokensUsed(400, 100, 8))
        .satisfies(used -> assertThat(used.get("a")).isBetween(18_000L, 21_000L));
  }

  @Test
  void turn_costsNothing_whenThereWasNoCall() {
    add("a", 10, 100);
    add("b", 10, 100);
    assertThat(turns.peek()).isEqualTo("a");
    turns.settle(turns.turnTaken(true), 0);
    assertThat(draw(5)).isEqualTo("babab");
  }

  /** Draws with so many calls in flight; answers what each owner really used. */
  private Map<String, Long> tokensUsed(int calls, long perCall, int inFlight) {
    Map<String, Long> used = new HashMap<>();
    Deque<Turns.Turn> flying = new ArrayDeque<>();
    for (int i = 0; i < calls; i++) {
      Turns.Turn turn = turns.turnTaken(true);
      flying.add(turn);
      if (flying.size() == inFlight) {
        Turns.Turn ended = flying.remove();
        String owner = ended.charge().owner().name();
        turns.settle(ended, perCall);
        used.merge(owner, perCall, Long::sum);
      }
    }
    return used;
  }

  private record Drawn(String owner, Priority priority, long tokens) {}

  /** Random owners, weights, sizes and arrivals; every window of turns is looked at. */
  @Test
  void everyWindow_isFair_whateverComesAndGoes() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      Turns<Drawn> queue = new Turns<>(owner -> 1 + Math.floorMod(owner.name().hashCode(), 5));
      int owners = 2 + random.nextInt(5);
      long largest = 1 + random.nextLong(2_000);
      Map<Drawn, Integer> counts = new HashMap<>();
      Map<String, Integer> left = new HashMap<>();
      List<Drawn> drawn = new ArrayList<>();
      // Who waited, at each turn, before it was taken.
      List<Map<String, Integer>> waited = new ArrayList<>();
      for (int step = 0; step < 400; step++) {
        int arrivals = random.nextInt(4) == 0 ? random.nextInt(12) : 0;
        for (int i = 0; i < arrivals; i++) {
          String owner = "o" + random.nextInt(owners);
          Priority priority = random.nextInt(3) == 0 ? Priority.BATCH : Priority.INTERACTIVE;
          Drawn job = new Drawn(owner, priority, 1 + random.nextLong(largest));
          queue.add(item(owner, priority, job.tokens()), job, 0);
          left.merge(owner + priority, 1, Integer::sum);
          counts.merge(job, 1, Integer::sum);
        }
        Drawn next = queue.peek();
        if (next == null) {
          assertThat(counts).isEmpty();
          continue;
        }
        waited.add(new HashMap<>(left));
        drawn.add(next);
        var unused = queue.turnTaken(true);
        counts.computeIfPresent(next, (job, count) -> count > 1 ? count - 1 : null);
        left.computeIfPresent(
            next.owner() + next.priority(), (key, count) -> count > 1 ? count - 1 : null);
      }
      for (int i = 0; i < owners; i++) {
        for (int j = i + 1; j < owners; j++) {
          for (Priority priority : Priority.values()) {
            checkPair(seed, "o" + i, "o" + j, priority, drawn, waited);
          }
        }
      }
      checkFloor(seed, drawn, waited);
    }
  }

  /** While two owners wait, tokens / weight differ by a largest request / weight of each. */
  private static void checkPair(
      int seed,
      String one,
      String other,
      Priority priority,
      List<Drawn> drawn,
      List<Map<String, Integer>> waited) {
    double difference = 0;
    double least = 0;
    double most = 0;
    double largest = largestShare(one, priority, drawn) + largestShare(other, priority, drawn);
    for (int turn = 0; turn < drawn.size(); turn++) {
      boolean both =
          waited.get(turn).containsKey(one + priority)
              && waited.get(turn).containsKey(other + priority);
      if (!both) {
        difference = 0;
        least = 0;
        most = 0;
        continue;
      }
      Drawn job = drawn.get(turn);
      double share = share(job);
      if (job.priority() == priority && job.owner().equals(one)) {
        difference += share;
      } else if (job.priority() == priority && job.owner().equals(other)) {
        difference -= share;
      }
      least = Math.min(least, difference);
      most = Math.max(most, difference);
      assertThat(Math.max(difference - least, most - difference))
          .as("seed %d, turn %d: %s and %s, %s", seed, turn, one, other, priority)
          .isLessThanOrEqualTo(largest + ROUNDING);
    }
  }

  private static double share(Drawn job) {
    return (double) job.tokens() / (1 + Math.floorMod(job.owner().hashCode(), 5));
  }

  private static double largestShare(String owner, Priority priority, List<Drawn> drawn) {
    return drawn.stream()
        .filter(job -> job.owner().equals(owner) && job.priority() == priority)
        .mapToDouble(TurnsTest::share)
        .max()
        .orElse(0);
  }

  /** While both priorities wait, batch has a tenth, give or take one largest request of each. */
  private static void checkFloor(int seed, List<Drawn> drawn, List<Map<String, Integer>> waited) {
    double credit = 0;
    double least = 0;
    double most = 0;
    double largest = 0;
    for (int turn = 0; turn < drawn.size(); turn++) {
      boolean both =
          waited.get(turn).keySet().stream().anyMatch(key -> key.endsWith("BATCH"))
              && waited.get(turn).keySet().stream().anyMatch(key -> key.endsWith("INTERACTIVE"));
      if (!both) {
        credit = 0;
        least = 0;
        most = 0;
        largest = 0;
        continue;
      }
      Drawn job = drawn.get(turn);
      credit += job.priority() == Priority.BATCH ? -job.tokens() * 0.9 : job.tokens() * 0.1;
      largest = Math.max(largest, (double) job.tokens());
      least = Math.min(least, credit);
      most = Math.max(most, credit);
      // What waits at the head may be larger than all that was drawn so far.
      assertThat(Math.max(credit - least, most - credit))
          .as("seed %d, turn %d", seed, turn)
          .isLessThanOrEqualTo(2_000 * 0.9 + largest * 0.1 + ROUNDING);
    }
  }

  /** A newcomer waits for one request of each other owner at most, whatever their backlogs. */
  @ParameterizedTest
  @ValueSource(ints = {2, 10, 200})
  void newcomer_waitsForOneRequestOfEachOther(int others) {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      Turns<String> queue = new Turns<>(owner -> 1);
      for (int owner = 0; owner < others; owner++) {
        for (int job = 0; job < 20; job++) {
          queue.add(
              item("o" + owner, Priority.INTERACTIVE, 1 + random.nextLong(1_000)), "other", 0);
        }
      }
      for (int turn = random.nextInt(others * 10); turn > 0; turn--) {
        var unused = queue.turnTaken(true);
      }
      queue.add(item("new", Priority.INTERACTIVE, 1_000), "new", 0);
      int before = 0;
      while (!"new".equals(queue.peek())) {
        var unused = queue.turnTaken(true);
        before++;
      }
      assertThat(before).as("seed %d", seed).isLessThanOrEqualTo(others);
    }
  }
}
