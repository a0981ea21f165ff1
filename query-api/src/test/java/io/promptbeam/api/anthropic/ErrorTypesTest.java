package io.promptbeam.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobError;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorTypesTest {
  @ParameterizedTest
  @CsvSource({
    "invalid_request,400,invalid_request_error",
    "invalid_request,404,not_found_error",
    "invalid_request,413,invalid_request_error",
    "content_refused,400,invalid_request_error",
    "context_length_exceeded,400,invalid_request_error",
    "unknown_model,0,not_found_error",
    "provider_auth,401,api_error",
    "rate_limited,429,rate_limit_error",
    "provider_quota_exhausted,429,billing_error",
    "budget_exceeded,0,billing_error",
    "timeout,0,timeout_error",
    "provider_error,529,overloaded_error",
    "provider_error,500,api_error",
    "connection_error,0,api_error",
    "poison,0,api_error",
    "internal_error,0,api_error",
    "a code of tomorrow,0,api_error"
  })
  void code_hasItsType(String code, int status, String type) {
    Optional<Integer> provider = status == 0 ? Optional.empty() : Optional.of(status);
    assertThat(ErrorTypes.of(new JobError(code, "x", provider))).isEqualTo(type);
  }
}
