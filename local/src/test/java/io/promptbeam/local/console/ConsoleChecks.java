package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.local.browser.Browser;
import io.promptbeam.local.browser.Browser.Screen;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;

/**
 * What the checks of all pages share: they begin signed in as an admin on a desktop screen, and end
 * with a browser that has nothing to complain about. {@link ConsoleIT} runs them.
 */
abstract class ConsoleChecks {
  private static final String KEY = "promptbeam-key";
  private static @Nullable ConsoleStage stage;
  private static int loads;

  static void setStage(@Nullable ConsoleStage next) {
    stage = next;
  }

  static boolean isOpen() {
    return stage != null;
  }

  static ConsoleStage stage() {
    return Objects.requireNonNull(stage, "ConsoleIT opens the stage");
  }

  static Browser browser() {
    return stage().browser();
  }

  @BeforeEach
  void beginAsAdmin() {
    browser().show(Screen.DESKTOP, false);
    signedInWith(stage().adminKey());
    browser().complaints();
  }

  @AfterEach
  void browserComplainsOfNothing() {
    assertThat(browser().complaints())
        .as("errors of scripts, and what the Content-Security-Policy refused")
        // Requests may be refused here, and axe-core reads colours by a canvas.
        .allMatch(text -> text.contains("Failed to load resource") || text.contains("Canvas2D"));
  }

  /** As if {@code key} had been given; the next page opened is shown to its owner. */
  static void signedInWith(String key) {
    browser().open(stage().uri().resolve("/docs/"));
    script("sessionStorage.setItem(arguments[0], arguments[1])", KEY, key);
  }

  static void signedOut() {
    browser().open(stage().uri().resolve("/docs/"));
    script("sessionStorage.clear()");
  }

  /** Loads the console anew at a page such as {@code #/jobs}, and waits for its heading. */
  static WebElement open(String hash) {
    // A different query each time: with the hash alone changed, nothing would be loaded.
    browser().open(stage().uri().resolve("/console/?load=" + ++loads + hash));
    return see("main h1");
  }

  /** The first element that matches, once it is seen. */
  static WebElement see(String css) {
    return browser().await(By.cssSelector(css));
  }

  /** Waits until an element that matches has this in its text. */
  static void see(String css, String text) {
    waitUntil(css + " has the text: " + text, () -> text(css).contains(text));
  }

  static void seeNot(String css) {
    waitUntil("no " + css, () -> all(css).stream().noneMatch(WebElement::isDisplayed));
  }

  /** The text of all elements that match, a line each. */
  static String text(String css) {
    return String.valueOf(
        script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('\\n')",
            css));
  }

  static List<WebElement> all(String css) {
    return browser().all(By.cssSelector(css));
  }

  static void click(String css) {
    waitUntil(
        "click " + css,
        () -> {
          see(css).click();
          return true;
        });
  }

  /** Clicks the button or link with this text. */
  static void clickText(String text) {
    WebElement found =
        browser()
            .await(
                By.xpath(
                    "//*[(self::button or self::a or self::summary) and normalize-space(.)='"
                        + text
                        + "']"));
    found.click();
  }

  /** Types into a control in place of what it holds. */
  static void type(String css, String text) {
    WebElement control = see(css);
    control.clear();
    control.sendKeys(text);
  }

  static void choose(String css, String value) {
    waitUntil(
        css + " has the choice " + value,
        () -> !all(css + " option[value='" + value + "']").isEmpty());
    script(
        "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            + "e.dispatchEvent(new Event('change', {bubbles: true}))",
        css,
        value);
  }

  static void press(CharSequence... keys) {
    browser().driver().switchTo().activeElement().sendKeys(keys);
  }

  /** Tab, as often as it takes to come to an element that matches. */
  static WebElement tabTo(String css) {
    for (int i = 0; i < 80; i++) {
      press(Keys.TAB);
      WebElement active = browser().driver().switchTo().activeElement();
      if (Boolean.TRUE.equals(script("return arguments[0].matches(arguments[1])", active, css))) {
        return active;
      }
    }
    throw new AssertionError("by Tab nothing like " + css + " is reached");
  }

  static @Nullable Object script(String script, Object... arguments) {
    return ((JavascriptExecutor) browser().driver()).executeScript(script, arguments);
  }

  static void waitUntil(String what, Supplier<Boolean> done) {
    try {
      browser()
          .await(
              driver -> {
                try {
                  return done.get();
                } catch (StaleElementReferenceException e) {
                  return false;
                }
              });
    } catch (org.openqa.selenium.TimeoutException e) {
      throw new AssertionError(
          "waited in vain until " + what + "; the page says: " + text("body"), e);
    }
  }

  /** No violation of WCAG 2.2 A and AA that axe-core knows of, on what is shown now. */
  static void assertAccessible(String what) {
    script(Axe.SOURCE);
    Object violations =
        browser()
            .driver()
            .executeAsyncScript(
                "const done = arguments[arguments.length - 1];"
                    + "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',"
                    + " 'wcag22aa']}).then(r => done(r.violations.map(v => v.id + ': ' + v.help +"
                    + " ' at ' + v.nodes.map(n => n.target.join(' ') + ' ' +"
                    + " (n.any[0]?.message ?? '')).join(' | '))), e => done([String(e)]))");
    assertThat((List<?>) violations).as("accessibility of " + what).isEmpty();
  }

  /** Read once. */
  private static final class Axe {
    static final String SOURCE = read();

    private static String read() {
      ClassLoader loader = ConsoleChecks.class.getClassLoader();
      try (InputStream about =
          loader.getResourceAsStream("META-INF/maven/org.webjars.npm/axe-core/pom.properties")) {
        Properties properties = new Properties();
        properties.load(Objects.requireNonNull(about));
        String path =
            "META-INF/resources/webjars/axe-core/%s/axe.min.js"
                .formatted(properties.getProperty("version"));
        try (InputStream in = loader.getResourceAsStream(path)) {
          return new String(
              Objects.requireNonNull(in, path).readAllBytes(), StandardCharsets.UTF_8);
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** All that the page keeps, by where it does. */
  static Map<?, ?> storage() {
    return (Map<?, ?>)
        Objects.requireNonNull(
            script(
                "return {session: JSON.stringify(sessionStorage), local:"
                    + " JSON.stringify(localStorage), cookie: document.cookie, html:"
                    + " document.documentElement.outerHTML}"));
  }
}
