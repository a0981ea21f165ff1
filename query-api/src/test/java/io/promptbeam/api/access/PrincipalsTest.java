package io.promptbeam.api.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.access.Scope;
import io.promptbeam.api.http.Caller;
import io.promptbeam.job.Owner;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PrincipalsTest {
  @Test
  void line_givesAnAccountOwnerAndScopes() {
    Principals principals =
        Principals.parse(
            List.of(
                "# people",
                "",
                "Ann@Example.com acme read",
                "ci@p.iam.gserviceaccount.com\tacme  submit,read",
                "ops@example.com ops admin"),
            "principals");
    assertThat(principals.find("ann@example.com"))
        .contains(new Caller(new Owner("acme"), Set.of(Scope.READ)));
    assertThat(principals.find("ci@p.iam.gserviceaccount.com").orElseThrow().scopes())
        .containsExactlyInAnyOrder(Scope.READ, Scope.SUBMIT);
    assertThat(principals.find("OPS@example.com").orElseThrow().isAdmin()).isTrue();
    assertThat(principals.find("eve@example.com")).isEmpty();
  }

  @Test
  void wrongLine_isNamed() {
    for (String line :
        List.of(
            "ann@example.com acme",
            "ann@example.com acme all",
            "ann@example.com acme read,",
            "ann acme read",
            "ann@example.com ac/me read",
            "ann@example.com acme read x")) {
      assertThatThrownBy(() -> Principals.parse(List.of("", line), "p.txt"))
          .as(line)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("p.txt, line 2");
    }
    assertThatThrownBy(() -> Principals.parse(List.of("a@b o read", "A@B x read"), "p.txt"))
        .hasMessageContaining("line 2");
    assertThatThrownBy(() -> Principals.parse(List.of(), "p.txt"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
