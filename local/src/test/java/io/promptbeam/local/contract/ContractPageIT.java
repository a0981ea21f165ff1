package io.promptbeam.local.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.api.contract.Contract;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.local.browser.Browser;
import io.promptbeam.local.browser.Browser.Screen;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.InMemoryJobStore;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.ExpectedConditions;

/** The page of the contract, in a browser. */
@Timeout(180)
class ContractPageIT {
  private static final By OPERATION = By.cssSelector(".opblock");
  private static final By TRY_IT_OUT =
      By.cssSelector(".opblock.is-open .try-out__btn:not(.cancel)");
  private static final By EXECUTE = By.cssSelector(".opblock.is-open .execute");

  private Browser browser;
  private ApiServer server;

  @BeforeEach
  void start() throws Exception {
    browser = Browser.start();
    ModelCatalog models =
        ModelCatalogLoader.parse("models", "models: [{id: demo, provider: simulated}]");
    server =
        new ApiServer(
            ApiConfig.loopback(0),
            new InMemoryJobStore(),
            JobPublisher.NONE,
            models,
            Clock.systemUTC());
    server.start();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
    if (browser != null) {
      browser.close();
    }
  }

  private URI page(String fragment) {
    return server.uri().resolve("/docs/" + fragment);
  }

  @Test
  void page_showsEveryOperation_andNothingIsRefusedByItsPolicy() {
    browser.show(Screen.DESKTOP, false).open(page(""));
    browser.await(OPERATION);
    assertThat(browser.all(OPERATION)).hasSize(Contract.read().operations().size());
    assertThat(browser.driver().findElement(By.tagName("main")).getText())
        .contains("Promptbeam API", "/api/llm/jobs/submit/", "Submit a job", "Message batches");
    assertThat(browser.complaints()).isEmpty();
    // The browser asks for what it has kept, and gives it the headers of the 304.
    browser.driver().navigate().refresh();
    browser.await(OPERATION);
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void page_sendsARequest_whenItIsTriedOut() {
    browser.show(Screen.DESKTOP, false).open(page("#/Service/listModels"));
    // The page scrolls to the operation once it has opened it, so a click may miss the button.
    browser
        .await(
            driver -> {
              driver.findElements(TRY_IT_OUT).forEach(WebElement::click);
              return ExpectedConditions.elementToBeClickable(EXECUTE).apply(driver);
            })
        .click();
    assertThat(browser.await(By.cssSelector(".live-responses-table .response")).getText())
        .contains("200", "\"demo\"");
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void page_fitsEveryScreen_lightAndDark() {
    for (Screen screen : List.of(Screen.DESKTOP, Screen.PHONE)) {
      for (boolean dark : List.of(false, true)) {
        browser.show(screen, dark).open(page("?" + screen.width() + dark + "#/Jobs/submitJob"));
        browser.await(By.cssSelector(".opblock.is-open .responses-table"));
        browser.screenshot(
            "docs-" + (screen.isPhone() ? "phone" : "desktop") + (dark ? "-dark" : "-light"));
        assertThat(browser.overflow()).as("%s %s", screen, dark).isZero();
        assertThat(background()).as("%s %s", screen, dark).isEqualTo(dark);
        assertThat(browser.complaints()).isEmpty();
      }
    }
  }

  /** Whether the page is dark. */
  private boolean background() {
    String rgb = browser.driver().findElement(By.tagName("body")).getCssValue("background-color");
    String[] parts = rgb.replaceAll("[^0-9,]", "").split(",", -1);
    return Integer.parseInt(parts[0]) < 128;
  }
}
