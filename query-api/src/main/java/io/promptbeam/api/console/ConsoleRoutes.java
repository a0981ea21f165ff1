package io.promptbeam.api.console;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Route;
import io.promptbeam.api.pages.StaticFiles;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Where the console is. Its files answer everybody: they hold nothing, and what they show they ask
 * for with the key that the reader gives. Thread-safe.
 */
public final class ConsoleRoutes {
  static final String FOLDER = "io/promptbeam/api/console";
  static final List<String> FILES =
      List.of(
          "api.js",
          "app.js",
          "batchform.js",
          "batchpage.js",
          "batchview.js",
          "chart.js",
          "connection.js",
          "console.css",
          "dom.js",
          "export.js",
          "fields.js",
          "format.js",
          "forms.js",
          "icon.svg",
          "index.html",
          "joblist.js",
          "jobrun.js",
          "jobview.js",
          "messages.js",
          "output.js",
          "pages.css",
          "poll.js",
          "tables.js",
          "reviewrun.js",
          "theme.js",
          "ui.js",
          "watch.js");
  static final List<String> PAGES =
      List.of(
          "batches.js",
          "deadletters.js",
          "job.js",
          "jobs.js",
          "keys.js",
          "models.js",
          "overview.js",
          "review.js",
          "submit.js",
          "trainer.js");

  private static final String CONSOLE = "/console";

  private final StaticFiles files = StaticFiles.in(FOLDER, FILES);

  private ConsoleRoutes() {}

  /** Reads the files now. */
  public static List<Route> of() {
    var routes = new ConsoleRoutes();
    StaticFiles pages = StaticFiles.in(FOLDER + "/pages", PAGES);
    return List.of(
        Route.open("GET", "", (request, caller) -> toConsole()),
        Route.open("GET", CONSOLE, routes::index),
        Route.open(
            "GET", CONSOLE + "/:file", routes.files.named(request -> request.pathValue("file"))),
        Route.open(
            "GET", CONSOLE + "/pages/:file", pages.named(request -> request.pathValue("file"))));
  }

  private CompletableFuture<ApiResponse> index(ApiRequest request, Caller caller) {
    return request.path().endsWith("/")
        ? files.file("index.html").handle(request, caller)
        : toConsole();
  }

  private static CompletableFuture<ApiResponse> toConsole() {
    return CompletableFuture.completedFuture(
        ApiResponse.empty(302).with("Location", CONSOLE + "/"));
  }
}
