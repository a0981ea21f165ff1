package io.promptbeam.api.contract;

import io.promptbeam.api.http.Route;
import io.promptbeam.api.pages.StaticFiles;
import java.util.List;
import java.util.Map;

/**
 * The OpenAPI document, as it was written, and Swagger UI showing it. Open: both tell what anybody
 * may read in the sources, and the page sends a key only to the server that it came from.
 */
public final class ContractRoutes {
  private static final String OURS = "io/promptbeam/api/contract/";

  /** The version of the dependency; another one is not found, and no server starts. */
  private static final String SWAGGER_UI = "META-INF/resources/webjars/swagger-ui/5.34.1/";

  private static final StaticFiles CONTRACT =
      StaticFiles.in("io/promptbeam/api/contract", List.of("openapi.yaml"));

  private static final StaticFiles PAGE =
      StaticFiles.of(
          Map.of(
              "index.html", OURS + "index.html",
              "docs.js", OURS + "docs.js",
              "docs.css", OURS + "docs.css",
              "swagger-ui-bundle.js", SWAGGER_UI + "swagger-ui-bundle.js",
              "swagger-ui.css", SWAGGER_UI + "swagger-ui.css"));

  private ContractRoutes() {}

  /** All of them. */
  public static List<Route> routes() {
    return List.of(
        Route.open("GET", "/openapi.yaml", CONTRACT.file("openapi.yaml")),
        Route.open("GET", "/docs", PAGE.file("index.html")),
        Route.open("GET", "/docs/:file", PAGE.named(request -> request.pathValue("file"))));
  }
}
