package io.promptbeam.templates;

import com.google.dataflow.v1beta3.ParameterMetadata;
import com.google.dataflow.v1beta3.ParameterMetadataEnumOption;
import com.google.dataflow.v1beta3.ParameterType;
import java.beans.Introspector;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Hidden;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.Validation;

/** Reads a template's parameters from its options: the getters that our own interfaces declare. */
final class Parameters {
  private static final String OURS = "io.promptbeam.";

  private Parameters() {}

  /** Those that must be given first, each group in the order of the alphabet. */
  static List<ParameterMetadata> of(Class<? extends PipelineOptions> options) {
    return Arrays.stream(options.getMethods())
        .filter(Parameters::isGetter)
        .filter(method -> method.getDeclaringClass().getName().startsWith(OURS))
        .map(Parameters::property)
        .distinct()
        .map(property -> new Option(property, declarations(options, property)))
        .filter(option -> option.find(Hidden.class).isEmpty())
        .map(Option::metadata)
        .sorted(
            Comparator.comparing(ParameterMetadata::getIsOptional)
                .thenComparing(ParameterMetadata::getName))
        .toList();
  }

  private static boolean isGetter(Method method) {
    return method.getParameterCount() == 0 && method.getName().matches("(get|is)[A-Z].*");
  }

  private static String property(Method getter) {
    return Introspector.decapitalize(getter.getName().replaceFirst("get|is", ""));
  }

  /** The getters of a property in an interface and those it extends, the nearest first. */
  private static List<Method> declarations(Class<?> type, String property) {
    return Stream.concat(
            Arrays.stream(type.getDeclaredMethods())
                .filter(method -> isGetter(method) && property(method).equals(property)),
            Arrays.stream(type.getInterfaces())
                .flatMap(parent -> declarations(parent, property).stream()))
        .toList();
  }

  private record Option(String name, List<Method> declarations) {
    ParameterMetadata metadata() {
      Class<?> type = declarations.get(0).getReturnType();
      ValueForm form = find(Accepts.class).map(Accepts::value).orElseGet(() -> byType(type));
      Optional<String> defaultValue = defaultValue();
      ParameterMetadata.Builder made =
          ParameterMetadata.newBuilder()
              .setName(name)
              .setLabel(label())
              .setHelpText(
                  find(Description.class)
                      .map(Description::value)
                      .orElseThrow(() -> new AssertionError("describe the option " + name)))
              .setIsOptional(find(Validation.Required.class).isEmpty())
              .setParamType(ParameterType.valueOf(form.type()))
              .setDefaultValue(defaultValue.orElse(""));
      if (!form.regex().isEmpty()) {
        made.addRegexes(form.regex());
      }
      if (form == ValueForm.ENUM) {
        for (Object value : type.getEnumConstants()) {
          made.addEnumOptions(
              ParameterMetadataEnumOption.newBuilder().setValue(((Enum<?>) value).name()));
        }
      }
      return made.build();
    }

    private static ValueForm byType(Class<?> type) {
      if (type == boolean.class || type == Boolean.class) {
        return ValueForm.BOOLEAN;
      }
      if (type.isEnum()) {
        return ValueForm.ENUM;
      }
      if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
        return ValueForm.COUNT;
      }
      boolean number = type.isPrimitive() || Number.class.isAssignableFrom(type);
      return number ? ValueForm.NUMBER : ValueForm.TEXT;
    }

    /** {@code deadLetterTopic} is shown as "Dead letter topic". */
    private String label() {
      String words = name.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
      return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    private <A extends Annotation> Optional<A> find(Class<A> type) {
      return declarations.stream()
          .flatMap(method -> Arrays.stream(method.getAnnotationsByType(type)))
          .findFirst();
    }

    private Optional<String> defaultValue() {
      return declarations.stream()
          .flatMap(method -> Arrays.stream(method.getAnnotations()))
          .filter(found -> found.annotationType().getEnclosingClass() == Default.class)
          .filter(found -> !(found instanceof Default.InstanceFactory))
          .findFirst()
          .map(Option::value);
    }

    private static String value(Annotation found) {
      try {
        return String.valueOf(found.annotationType().getMethod("value").invoke(found));
      } catch (ReflectiveOperationException e) {
        throw new LinkageError(e.getMessage(), e);
      }
    }
  }
}
