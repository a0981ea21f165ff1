/** An OpenAI-compatible provider in this process, for demos, tests and benchmarks. */
@NullMarked
package io.promptbeam.pipeline.llm.simulated;

import org.jspecify.annotations.NullMarked;
