package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.ApiServer;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** Who may look, and where the key is kept. */
abstract class SignInChecks extends ConsoleChecks {
  @Test
  void key_isAskedFor_heldForTheSession_andForgotten() {
    signedOut();
    open("#/jobs");
    see("main h1", "Sign in");
    type("input[name=key]", "pb_wrong" + Keys.ENTER);
    see(".field-error", "not known to this server");
    assertThat(storage().get("session")).asString().isEqualTo("{}");

    type("input[name=key]", stage().ownerKey() + Keys.ENTER);
    see("main h1", "Jobs");
    see("#who", ConsoleStage.OWNER);
    assertThat(storage().get("session")).asString().contains(stage().ownerKey());
    assertThat(storage().get("local")).asString().doesNotContain(stage().ownerKey());
    assertThat(storage().get("cookie")).asString().isEmpty();
    assertThat(storage().get("html")).asString().doesNotContain(stage().ownerKey());
    assertThat(text("#nav")).contains("Submit").doesNotContain("Dead letters");

    click("#sign-out");
    see("main h1", "Sign in");
    assertThat(storage().get("session")).asString().doesNotContain(stage().ownerKey());
  }

  @Test
  void key_isAskedForAgain_whenItIsNotTakenAnyMore() {
    signedInWith("pb_gone");
    open("#/models");
    see("main h1", "Sign in");
    see(".field-error", "not known any more");
    assertThat(storage().get("session")).asString().isEqualTo("{}");
  }

  @Test
  void admin_findsWhatIsForAdmins() {
    open("#/overview");
    see("#who", "ops · admin");
    see("#nav", "Dead letters");
    see("#nav", "API keys");
  }

  @Test
  void nobodySignsIn_whereNoKeysAreWanted() throws Exception {
    try (ApiServer open = stage().serveOpenly()) {
      browser().open(open.uri().resolve("/console/"));
      see("main h1", "Overview");
      see("#who", "local · admin");
      see("#freshness", "Live");
      seeNot("#sign-out");
      assertThat(text("#nav")).contains("Dead letters").doesNotContain("API keys");
    }
  }

  @Test
  void root_leadsToTheConsole() {
    browser().open(stage().uri().resolve("/"));
    see("main h1", "Overview");
    assertThat(browser().driver().getCurrentUrl()).contains("/console/#/overview");
  }

  @Test
  void unknownPage_saysSo_andNoneIsTheOverview() {
    open("#/nowhere/at/all");
    see("main", "There is no such page");
    open("#/");
    see("main h1", "Overview");
  }
}
