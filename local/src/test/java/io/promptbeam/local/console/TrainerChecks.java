package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Analyses a trainer's question, and finds earlier analyses of it. */
abstract class TrainerChecks extends ConsoleChecks {
  private static final String SUBMIT = "form button[type=submit]";

  @Test
  void analysis_isFollowedToItsEnd_andListedWithItsQuestion() {
    open("#/trainer");
    click(SUBMIT);
    see("[data-field=question_id] .field-error", "required");
    type("[name=question_id]", "q-of-console");
    choose("[name=model_id]", "tells");
    type("[name=system_message]", "You are a trainer.");
    type("[name=full_input]", "Well asked <b>indeed</b>.");

    click(SUBMIT);

    see(".run-state .badge-completed");
    see(".result .prose", "Well asked <b>indeed</b>.");
    see("h2 ~ div tbody", "q-of-console");
    assertThat(text("h2")).contains("Recent analyses of q-of-console");
    assertAccessible("an analysis");
    browser().screenshot("trainer");

    type("[name=question_id]", "another question");
    see(".empty", "None yet");
    assertThat(String.valueOf(script("return location.hash"))).contains("another+question");
  }

  @Test
  void states_areShownAsTheyCome_withTheTimeElapsed() {
    open("#/trainer");
    type("[name=question_id]", "q-slow");
    choose("[name=model_id]", "slow");
    type("[name=full_input]", "x");

    click(SUBMIT);

    waitUntil(
        "it waits or is worked on",
        () -> !all(".run-state .badge-pending, .run-state .badge-processing").isEmpty());
    String before = text(".run-elapsed");
    waitUntil("time goes on", () -> !text(".run-elapsed").equals(before));
    see("h2 ~ div tbody", "q-slow");
    clickText("Cancel");
  }
}
