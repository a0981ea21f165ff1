package io.promptbeam.templates;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On the getter of an option: the form its value has at a launch. Without it, the Java type says
 * so: true or false, a number, one of an enum's names, any text.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Accepts {
  ValueForm value();
}
