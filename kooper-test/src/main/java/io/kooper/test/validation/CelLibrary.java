package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.projectnessie.cel.Ast;
import org.projectnessie.cel.Env;
import org.projectnessie.cel.EnvOption;
import org.projectnessie.cel.Library;
import org.projectnessie.cel.ProgramOption;
import org.projectnessie.cel.checker.Checker;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.BoolT;
import org.projectnessie.cel.common.types.ListT;
import org.projectnessie.cel.common.types.StringT;
import org.projectnessie.cel.common.types.pb.ProtoTypeRegistry;
import org.projectnessie.cel.common.types.ref.TypeAdapter;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.interpreter.functions.Overload;
import org.projectnessie.cel.parser.Macro;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** The functions that rules may call: CEL's own, those of its extensions, and those of Kubernetes. */
final class CelLibrary implements Library {

  private static final String MATCHES = "matches";
  private static final CelFunctions FUNCTIONS = functions();

  private CelLibrary() {}

  /** @throws IllegalArgumentException when a source does not compile */
  static Ast compiled(Env env, String source) {
    Env.AstIssuesTuple parsed = env.parse(source);
    Env.AstIssuesTuple checked = parsed.hasIssues() ? parsed : env.check(parsed.getAst());
    if (checked.hasIssues()) {
      throw new IllegalArgumentException("compilation failed: " + checked.getIssues());
    }
    return checked.getAst();
  }

  static EnvOption option() {
    return Library.Lib(new CelLibrary());
  }

  @Override
  public List<EnvOption> getCompileOptions() {
    return List.of(EnvOption.declarations(Checker.StandardDeclarations), EnvOption.macros(Macro.AllMacros),
        EnvOption.declarations(FUNCTIONS.declarations()), EnvOption.macros(CelOptional.macros()));
  }

  @Override
  public List<ProgramOption> getProgramOptions() {
    Overload[] standard = Stream.of(Overload.standardOverloads())
        .filter(function -> !function.operator.equals(MATCHES)).toArray(Overload[]::new);
    return List.of(ProgramOption.functions(standard), ProgramOption.functions(FUNCTIONS.overloads()));
  }

  static Val bool(boolean value) {
    return value ? BoolT.True : BoolT.False;
  }

  static Val text(String value) {
    return StringT.stringOf(value);
  }

  static String text(Val value) {
    return value.value().toString();
  }

  private static CelFunctions functions() {
    CelFunctions functions = new CelFunctions();
    TypeAdapter adapter = ProtoTypeRegistry.newRegistry();
    CelOptional.declare(functions, adapter);
    CelNetworks.declare(functions, adapter);
    CelQuantities.declare(functions);
    CelVersions.declare(functions);
    CelFormats.declare(functions, adapter);
    CelLists.declare(functions, adapter);
    CelTexts.declare(functions);
    patterns(functions);
    comparisons(functions);
    return functions;
  }

  private static void patterns(CelFunctions functions) {
    List<Type> texts = List.of(Decls.String, Decls.String);
    functions.bind(MATCHES, texts, a -> bool(GoPattern.compile(text(a[1])).matcher(text(a[0])).find()));
    functions.method("find", "string_find_string", Decls.String, texts, a -> {
      Matcher matcher = GoPattern.compile(text(a[1])).matcher(text(a[0]));
      return text(matcher.find() ? matcher.group() : "");
    });
    functions.method("findAll", "string_find_all_string", Decls.newListType(Decls.String), texts,
        a -> all(text(a[0]), text(a[1]), -1));
    functions.method("findAll", "string_find_all_string_int", Decls.newListType(Decls.String),
        List.of(Decls.String, Decls.String, Decls.Int), a -> all(text(a[0]), text(a[1]), a[2].intValue()));
  }

  private static Val all(String text, String pattern, long limit) {
    List<String> found = new ArrayList<>();
    Matcher matcher = GoPattern.compile(pattern).matcher(text);
    while ((limit < 0 || found.size() < limit) && matcher.find()) {
      found.add(matcher.group());
    }
    return ListT.newStringArrayList(found.toArray(String[]::new));
  }

  /** Numbers of different types are compared, too. */
  private static void comparisons(CelFunctions functions) {
    List<String> operators = List.of("_<_", "_<=_", "_>_", "_>=_");
    List<Type> numbers = List.of(Decls.Int, Decls.Double, Decls.Uint);
    for (String operator : operators) {
      for (int i = 0; i < numbers.size(); i++) {
        for (int j = 0; j < numbers.size(); j++) {
          if (i != j) {
            functions.signature(operator, "mixed_" + operators.indexOf(operator) + "_" + i + "_" + j, Decls.Bool,
                numbers.get(i), numbers.get(j));
          }
        }
      }
    }
  }
}
