package io.promptbeam.templates.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PromptTemplateTest {
  private static Columns row(String json, Optional<String> nullText) throws Exception {
    return new Columns((ObjectNode) new ObjectMapper().readTree(json), nullText);
  }

  private static String fill(String template, String json) throws Exception {
    return PromptTemplate.parse(template).fill(row(json, Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{a}|{\"a\": \"x\"}|x",
        "{ a }{a}|{\"a\": \"x\"}|xx",
        "{{a}} {a}|{\"a\": \"x\"}|{a} x",
        "{{{a}}}|{\"a\": \"x\"}|{x}",
        "no column|{}|no column",
        "{a}|{\"a\": 1.50}|1.5",
        "{a}|{\"a\": true}|true",
        "{a}|{\"a\": [1, \"b\"]}|[1,\"b\"]",
        "{a.b}|{\"a\": {\"b\": \"deep\"}}|deep",
        "{a.b}|{\"a.b\": \"flat\", \"a\": {\"b\": \"deep\"}}|flat",
        "{my column}|{\"my column\": \"x\"}|x"
      })
  void template_isFilled(String template, String json, String filled) throws Exception {
    assertThat(fill(template, json)).isEqualTo(filled);
  }

  @Test
  void value_isNotReadAsTemplate_whenItHasBraces() throws Exception {
    assertThat(fill("{a}{b}", "{\"a\": \"{b} {{ }} {\", \"b\": \"{a}\"}"))
        .isEqualTo("{b} {{ }} {{a}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{a", "}", "a}", "{}", "{ }", "{a{b}", "{a}}"})
  void template_isRefused_whenBracesAreUneven(String template) {
    assertThatThrownBy(() -> PromptTemplate.parse(template))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("{{ and }}");
  }

  @Test
  void refusal_saysWhere() {
    assertThatThrownBy(() -> PromptTemplate.parse("one\ntwo {x"))
        .hasMessageContaining("line 2, character 5");
  }

  @Test
  void row_isRefused_whenAColumnIsMissingOrNull() throws Exception {
    assertThatThrownBy(() -> fill("{a}", "{\"b\": \"secret\"}"))
        .isInstanceOf(InvalidRowException.class)
        .hasMessage("It has no column a.");
    assertThatThrownBy(() -> fill("{a}", "{\"a\": null}")).hasMessage("Column a has no value.");
    assertThat(PromptTemplate.parse("<{a}>").fill(row("{\"a\": null}", Optional.of(""))))
        .isEqualTo("<>");
  }
}
