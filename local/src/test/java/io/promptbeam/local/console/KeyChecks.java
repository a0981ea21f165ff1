package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** Makes, shows and revokes keys. */
abstract class KeyChecks extends ConsoleChecks {
  private static final String CREATE = "form button.primary";
  private static final String SHOWN = "dialog input[name=key]";

  private static String create(String owner, String name) {
    type("[name=owner]", owner);
    type("[name=name]", name);
    click(CREATE);
    return see(SHOWN).getDomProperty("value");
  }

  @Test
  void key_isShownOnce_andWorksUntilItIsRevoked() {
    open("#/keys");
    see("tbody", "console");

    String key = create("zoe", "laptop");

    assertThat(key).startsWith("pb_");
    see("dialog", "shown this once");
    assertAccessible("a new key");
    browser().screenshot("key-shown");
    press(Keys.ESCAPE);
    see(SHOWN);
    clickText("I have stored it");
    seeNot("dialog");
    assertThat(storage().toString()).doesNotContain(key);
    see("tbody", "laptop");
    assertThat(text("tbody tr:first-child")).contains("zoe", "submit, read", "active");
    browser().screenshot("keys");

    click("[aria-label='Revoke zoe laptop']");
    clickText("Keep as is");
    seeNot("dialog");
    click("[aria-label='Revoke zoe laptop']");
    clickText("Revoke");

    seeNot("[aria-label='Revoke zoe laptop']");
    click("#keys-ended");
    see("tbody tr:first-child", "revoked");
    assertAccessible("keys");
  }

  @Test
  void refusal_isSaidAtItsField() {
    open("#/keys");
    click(CREATE);
    see("[data-field=owner] .field-error", "1 to 64");
    type("[name=owner]", "zoe");
    type("[name=name]", "a b");
    click(CREATE);
    see("[data-field=name] .field-error", "letters, digits");
    type("[name=name]", "x");
    click("#scope-read");
    click("#scope-submit");
    click(CREATE);
    see("[data-field=scopes] .field-error", "list of submit, read and admin");
    assertThat(all("dialog")).isEmpty();
  }

  @Test
  void rotation_givesANewKeyBesideTheOld() {
    open("#/keys");
    see("tbody", "console");
    String first = create("yan", "ci");
    clickText("I have stored it");

    click("[aria-label='Rotate yan ci']");
    clickText("Make a new key");

    assertThat(see(SHOWN).getDomProperty("value")).startsWith("pb_").isNotEqualTo(first);
    clickText("I have stored it");
    waitUntil("both are listed", () -> all("[aria-label='Revoke yan ci']").size() == 2);
  }

  @Test
  void otherThanAdmins_areToldThatThisIsNotForThem() {
    signedInWith(stage().ownerKey());

    open("#/keys");

    see(".empty", "For admins only");
    seeNot(CREATE);
  }
}
