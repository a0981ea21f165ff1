package io.promptbeam.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.core.JsonValue;
import com.anthropic.core.ObjectMappers;
import com.anthropic.models.messages.ToolUseBlock;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Read as the official client reads it. */
class ToolUsesTest {
  private static List<ToolUseBlock> blocks(String answer) throws JsonProcessingException {
    ArrayNode content = JsonNodeFactory.instance.arrayNode();
    boolean any = ToolUses.addTo(content, new ObjectMapper().readTree(answer));
    assertThat(any).isEqualTo(!content.isEmpty());
    List<ToolUseBlock> blocks = new ArrayList<>();
    for (var block : content) {
      blocks.add(
          ObjectMappers.jsonMapper().readValue(block.toString(), ToolUseBlock.class).validate());
    }
    return blocks;
  }

  @Test
  void blocks_areTheCalls_ofAChatCompletion() throws Exception {
    List<ToolUseBlock> blocks =
        blocks(
            """
            {"choices":[{"message":{"content":null,"tool_calls":[
              {"id":"call_1","type":"function",
               "function":{"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"}},
              {"id":"call_2","type":"function","function":{"name":"time","arguments":""}}]}}]}
            """);
    assertThat(blocks).extracting(ToolUseBlock::id).containsExactly("call_1", "call_2");
    assertThat(blocks).extracting(ToolUseBlock::name).containsExactly("weather", "time");
    assertThat(blocks.get(0)._input()).isEqualTo(JsonValue.from(Map.of("city", "Oslo")));
  }

  @Test
  void input_holdsTheTextAsItCame_whenItIsNoObject() throws Exception {
    List<ToolUseBlock> blocks =
        blocks(
            """
            {"output":[{"type":"reasoning"},
              {"type":"function_call","call_id":"c","name":"weather","arguments":"{not json"}]}
            """);
    assertThat(blocks).hasSize(1);
    assertThat(blocks.get(0)._input()).isEqualTo(JsonValue.from(Map.of("arguments", "{not json")));
  }

  @Test
  void blocks_haveIdsOfTheirOwn_whenTheProviderGivesNone() throws Exception {
    List<ToolUseBlock> blocks =
        blocks(
            """
            {"candidates":[{"content":{"parts":[{"text":"Let me see."},
              {"functionCall":{"name":"weather","args":{"city":"Oslo"}}},
              {"functionCall":{"name":"weather","args":{"city":"Bergen"}}}]}}]}
            """);
    assertThat(blocks).extracting(ToolUseBlock::id).doesNotHaveDuplicates().hasSize(2);
    assertThat(blocks.get(1)._input()).isEqualTo(JsonValue.from(Map.of("city", "Bergen")));
  }

  @Test
  void blocks_areNone_whenAnAnswerIsTextAlone() throws Exception {
    assertThat(blocks("{\"choices\":[{\"message\":{\"content\":\"Hello\"}}]}")).isEmpty();
  }
}
