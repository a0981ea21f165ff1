package io.promptbeam.batch;

/**
 * What is wrong with a line of a batch's file.
 *
 * @param code stable; clients know these: {@code invalid_json_line}, {@code duplicate_custom_id},
 *     {@code missing_required_parameter}, {@code mismatched_model}, {@code invalid_url}, {@code
 *     empty_file}, {@code model_not_found}, {@code token_limit_exceeded}
 * @param message for a person; quotes nothing of the line but names of fields
 * @param param the field, empty for the line as a whole
 * @param line counted from 1; 0 for the file as a whole
 */
public record LineProblem(String code, String message, String param, int line) {}
