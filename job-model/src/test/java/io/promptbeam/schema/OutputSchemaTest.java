package io.promptbeam.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.schema.OutputSchema.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class OutputSchemaTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String PERSON =
      "{'type':'object','properties':{'name':{'type':'string'},'age':{'type':'integer'}},"
          + "'required':['name','age'],'additionalProperties':false}";

  @Test
  void answer_isValid_whenItMeetsTheSchema() throws Exception {
    assertThat(schema(PERSON).problems("{\"name\":\"Ada\",\"age\":36}")).isEmpty();
    assertThat(schema("{'$schema':'http://json-schema.org/draft-07/schema#','type':'array'}"))
        .satisfies(draft7 -> assertThat(draft7.problems("[1]")).isEmpty());
  }

  @Test
  void problems_nameTheKeywords_andNothingOfTheAnswer() throws Exception {
    List<Problem> problems = schema(PERSON).problems("{\"name\":\"s3cret\",\"hush\":\"x\"}");
    assertThat(problems)
        .extracting(Problem::keyword)
        .containsExactlyInAnyOrder("#/required", "#/additionalProperties");
    assertThat(problems).extracting(Problem::keyword).noneMatch(at -> at.contains("hush"));
    assertThat(schema(PERSON).problems("{\"name\":\"a\",\"age\":\"old\"}"))
        .extracting(Problem::keyword)
        .containsExactly("#/properties/age/type");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Sure! {}", "```json\n{}\n```", "{} {}", "{\"a\":1,\"a\":2}", "{"})
  void answer_isInvalid_whenItIsNotOneJsonValue(String answer) throws Exception {
    assertThat(schema("{}").problems(answer))
        .extracting(Problem::keyword)
        .containsExactly("(not JSON)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'strin'}",
        "{'required':'name'}",
        "{'properties':{'a':{'minimum':'1'}}}",
        "{'$schema':'http://json-schema.org/draft-04/schema#'}",
        "{'$ref':'http://127.0.0.1:1/x'}",
        "{'properties':{'a':{'$ref':'file:///etc/passwd'}}}",
        "{'$ref':'classpath:draft/2020-12/schema'}",
        "{'$ref':'#/$defs/none'}",
        "{'$ref':'#'}",
        "{'allOf':[{'$ref':'#'}]}",
        "{'pattern':'('}",
        "{'properties':{'a':{'$id':'http://example.com/a'}}}"
      })
  void schema_isRefused_whenItCannotBeUsed(String schema) {
    assertThatThrownBy(() -> schema(schema)).isInstanceOf(InvalidSchemaException.class);
  }

  @Test
  void schema_isRefused_whenItIsTooLargeOrNestsTooDeep() {
    assertThatThrownBy(() -> schema("{'title':'" + "x".repeat(33_000) + "'}"))
        .hasMessageContaining("32768 bytes");
    assertThatThrownBy(() -> schema("{'items':".repeat(60) + "{}" + "}".repeat(60)))
        .hasMessageContaining("40 levels");
  }

  @Test
  void schema_isRefused_whenItMultiplies() {
    StringBuilder defs = new StringBuilder("{'$ref':'#/$defs/d0','$defs':{");
    for (int i = 0; i < 40; i++) {
      String next = "{'$ref':'#/$defs/d" + (i + 1) + "'}";
      defs.append("'d").append(i).append("':{'allOf':[").append(next).append(",").append(next);
      defs.append("]},");
    }
    assertThatThrownBy(() -> schema(defs + "'d40':{}}}"))
        .isInstanceOf(InvalidSchemaException.class);
  }

  @Test
  void answer_isTooComplex_whenCheckingItWouldMultiply() throws Exception {
    OutputSchema tree =
        schema(
            "{'$defs':{'t':{'properties':{'a':{'anyOf':[{'$ref':'#/$defs/t'},"
                + "{'$ref':'#/$defs/t'}]}},'not':{'required':['z']},'required':['a']}},"
                + "'$ref':'#/$defs/t'}");
    String deep = "{\"a\":".repeat(60) + "{}" + "}".repeat(60);
    assertThat(tree.problems(deep)).extracting(Problem::keyword).containsExactly("(too complex)");
  }

  @Test
  void answer_isTooComplex_whenAPatternBacktracksForEver() throws Exception {
    OutputSchema schema = schema("{'type':'string','pattern':'^(a|aa)+\\\\1?$'}");
    assertThat(schema.problems("\"aaaa\"")).isEmpty();
    assertThat(schema.problems("\"" + "a".repeat(60) + "!\""))
        .extracting(Problem::keyword)
        .containsExactly("(too complex)");
  }

  @Test
  void recursiveSchema_isFine_whenItDescends() throws Exception {
    OutputSchema list = schema("{'properties':{'next':{'$ref':'#'}},'required':['v']}");
    assertThat(list.problems("{\"v\":1,\"next\":{\"v\":2}}")).isEmpty();
    assertThat(list.problems("{\"v\":1,\"next\":{}}")).hasSize(1);
  }

  private static OutputSchema schema(String json) throws Exception {
    return OutputSchema.of((ObjectNode) MAPPER.readTree(json.replace('\'', '"')));
  }
}
