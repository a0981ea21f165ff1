package io.promptbeam.local.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.contract.Contract;
import io.promptbeam.api.contract.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApiDocumentTest {
  private final Contract contract = Contract.read();

  @Test
  void document_hasEveryOperationOfTheContract_inEveryLanguage() throws Exception {
    ApiDocument document = ApiDocument.read();
    List<String> operations = contract.operations().stream().map(Operation::id).toList();
    for (String language : ApiDocument.LANGUAGES) {
      assertThat(document.setUp(language)).isNotBlank();
      assertThat(document.in(language).stream().map(ApiDocument.Snippet::operation))
          .as(language)
          .containsExactlyInAnyOrderElementsOf(operations);
    }
    assertThat(document.setUps()).hasSize(ApiDocument.LANGUAGES.size());
    assertThat(document.snippets())
        .allSatisfy(snippet -> assertThat(snippet.prints()).as(snippet.toString()).hasSize(1));
  }

  @Test
  void document_namesEachOperation_withItsMethodAndPath() throws Exception {
    String text = Files.readString(Path.of("..", "docs", "api.md"));
    for (Operation operation : contract.operations()) {
      assertThat(text)
          .contains(
              "### "
                  + operation.id()
                  + "\n\n`"
                  + operation.method()
                  + " "
                  + operation.path()
                  + "`");
    }
  }
}
