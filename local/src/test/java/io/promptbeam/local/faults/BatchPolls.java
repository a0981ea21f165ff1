package io.promptbeam.local.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Polls a batch all the time, as a client does that knows nothing of the service's state, and notes
 * what its counts should never say.
 */
final class BatchPolls implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long BETWEEN_NANOS = 50_000_000;

  private final Service service;
  private final String id;
  private final int lines;
  private final List<String> wrong = new ArrayList<>();
  private final Thread thread = new Thread(this::poll, "batch-polls");
  private long completed;
  private long failed;
  private long total;
  private int answered;
  private int unanswered;
  private volatile boolean closed;

  BatchPolls(Service service, String id, int lines) {
    this.service = service;
    this.id = id;
    this.lines = lines;
    thread.setDaemon(true);
    thread.start();
  }

  private void poll() {
    while (!closed) {
      try {
        HttpResponse<String> answer = service.get("/v1/batches/" + id);
        if (answer.statusCode() == 200) {
          note(JSON.readTree(answer.body()));
        } else if (answer.statusCode() < 500) {
          noteWrong(answer.statusCode() + " " + answer.body());
        }
      } catch (IOException e) {
        noteUnanswered();
      } catch (InterruptedException e) {
        return;
      }
      LockSupport.parkNanos(BETWEEN_NANOS);
    }
  }

  private synchronized void note(JsonNode batch) {
    answered++;
    JsonNode counts = batch.path("request_counts");
    long nowTotal = counts.path("total").asLong();
    long nowCompleted = counts.path("completed").asLong();
    long nowFailed = counts.path("failed").asLong();
    boolean good =
        nowTotal >= total
            && (nowTotal == 0 || nowTotal == lines)
            && nowCompleted >= completed
            && nowFailed >= failed
            && nowCompleted + nowFailed <= nowTotal;
    if (!good) {
      wrong.add("after " + completed + " + " + failed + " of " + total + ": " + counts);
    }
    total = nowTotal;
    completed = nowCompleted;
    failed = nowFailed;
  }

  private synchronized void noteWrong(String what) {
    wrong.add(what);
  }

  private synchronized void noteUnanswered() {
    unanswered++;
  }

  synchronized List<String> wrong() {
    return List.copyOf(wrong);
  }

  synchronized long ended() {
    return completed + failed;
  }

  synchronized String describe() {
    return answered + " polls answered, " + unanswered + " not, " + wrong.size() + " wrong";
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
