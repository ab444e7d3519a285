package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.BoolT;
import org.projectnessie.cel.common.types.IntT;
import org.projectnessie.cel.common.types.ListT;
import org.projectnessie.cel.common.types.ref.TypeAdapter;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.common.types.traits.Adder;
import org.projectnessie.cel.common.types.traits.Comparer;
import org.projectnessie.cel.common.types.traits.Lister;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** Functions of lists, and of lists as sets. */
final class CelLists {

  private static final List<String> PARAMETERS = List.of("A");
  private static final Type ANY = Decls.newTypeParamType("A");
  private static final Type LIST = Decls.newListType(ANY);

  private CelLists() {}

  static void declare(CelFunctions functions, TypeAdapter adapter) {
    Map<String, Type> comparable = new LinkedHashMap<>();
    comparable.put("int", Decls.Int);
    comparable.put("uint", Decls.Uint);
    comparable.put("double", Decls.Double);
    comparable.put("bool", Decls.Bool);
    comparable.put("duration", Decls.Duration);
    comparable.put("timestamp", Decls.Timestamp);
    comparable.put("string", Decls.String);
    comparable.put("bytes", Decls.Bytes);
    comparable.forEach((name, type) -> ordered(functions, name, type, adapter));
    method(functions, "indexOf", "list_a_index_of_int", Decls.Int, List.of(LIST, ANY),
        a -> IntT.intOf(index(items(a[0]), a[1])));
    method(functions, "lastIndexOf", "list_a_last_index_of_int", Decls.Int, List.of(LIST, ANY), a -> {
      List<Val> items = items(a[0]);
      Collections.reverse(items);
      int index = index(items, a[1]);
      return IntT.intOf(index < 0 ? -1 : items.size() - 1 - index);
    });
    method(functions, "reverse", "list_reverse", LIST, List.of(LIST), a -> {
      List<Val> items = items(a[0]);
      Collections.reverse(items);
      return list(adapter, items);
    });
    method(functions, "distinct", "list_distinct", LIST, List.of(LIST), a -> {
      List<Val> distinct = new ArrayList<>();
      items(a[0]).stream().filter(item -> index(distinct, item) < 0).forEach(distinct::add);
      return list(adapter, distinct);
    });
    method(functions, "slice", "list_slice", LIST, List.of(LIST, Decls.Int, Decls.Int), a -> {
      List<Val> items = items(a[0]);
      long from = a[1].intValue();
      long to = a[2].intValue();
      if (from < 0 || to < from || to > items.size()) {
        throw new IllegalArgumentException("cannot slice(%d, %d), list is length %d".formatted(from, to, items.size()));
      }
      return list(adapter, items.subList((int) from, (int) to));
    });
    method(functions, "flatten", "list_flatten", LIST, List.of(Decls.newListType(LIST)), a -> {
      List<Val> flat = new ArrayList<>();
      items(a[0]).forEach(item -> flat.addAll(items(item)));
      return list(adapter, flat);
    });
    functions.global("lists.range", "lists_range", Decls.newListType(Decls.Int), List.of(Decls.Int), a ->
        list(adapter, java.util.stream.LongStream.range(0, a[0].intValue()).mapToObj(i -> (Val) IntT.intOf(i)).toList()));
    sets(functions);
  }

  private static void ordered(CelFunctions functions, String name, Type type, TypeAdapter adapter) {
    List<Type> list = List.of(Decls.newListType(type));
    functions.method("isSorted", "list_" + name + "_is_sorted_bool", Decls.Bool, list, a -> {
      List<Val> items = items(a[0]);
      for (int i = 1; i < items.size(); i++) {
        if (compare(items.get(i - 1), items.get(i)) > 0) {
          return BoolT.False;
        }
      }
      return BoolT.True;
    });
    functions.method("sort", "list_" + name + "_sort", Decls.newListType(type), list, a -> {
      List<Val> items = items(a[0]);
      items.sort(CelLists::compare);
      return list(adapter, items);
    });
    functions.method("min", "list_" + name + "_min_" + name, type, list, a -> extreme(items(a[0]), "min", -1));
    functions.method("max", "list_" + name + "_max_" + name, type, list, a -> extreme(items(a[0]), "max", 1));
    if (List.of("int", "uint", "double", "duration").contains(name)) {
      functions.method("sum", "list_" + name + "_sum_" + name, type, list, a -> {
        Val sum = null;
        for (Val item : items(a[0])) {
          sum = sum == null ? item : ((Adder) sum).add(item);
        }
        return sum == null ? IntT.IntZero : sum;
      });
    }
  }

  private static void sets(CelFunctions functions) {
    List<Type> two = List.of(LIST, LIST);
    functions.generic("sets.contains", "list_sets_contains_list", Decls.Bool, PARAMETERS, two,
        a -> CelLibrary.bool(containsAll(items(a[0]), items(a[1]))));
    functions.generic("sets.equivalent", "list_sets_equivalent_list", Decls.Bool, PARAMETERS, two,
        a -> CelLibrary.bool(containsAll(items(a[0]), items(a[1])) && containsAll(items(a[1]), items(a[0]))));
    functions.generic("sets.intersects", "list_sets_intersects_list", Decls.Bool, PARAMETERS, two, a -> {
      List<Val> others = items(a[1]);
      return CelLibrary.bool(items(a[0]).stream().anyMatch(item -> index(others, item) >= 0));
    });
  }

  private static void method(
      CelFunctions functions, String name, String id, Type result, List<Type> arguments, CelFunctions.Body body) {
    functions.genericMethod(name, id, result, PARAMETERS, arguments, body);
  }

  private static List<Val> items(Val list) {
    Lister lister = (Lister) list;
    List<Val> items = new ArrayList<>();
    for (long i = 0; i < lister.size().intValue(); i++) {
      items.add(lister.get(IntT.intOf(i)));
    }
    return items;
  }

  private static Val list(TypeAdapter adapter, List<Val> items) {
    return ListT.newValArrayList(adapter, items.toArray(Val[]::new));
  }

  private static int index(List<Val> items, Val wanted) {
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i).equal(wanted) == BoolT.True) {
        return i;
      }
    }
    return -1;
  }

  private static boolean containsAll(List<Val> items, List<Val> wanted) {
    return wanted.stream().allMatch(item -> index(items, item) >= 0);
  }

  private static Val extreme(List<Val> items, String name, int sign) {
    Val extreme = null;
    for (Val item : items) {
      extreme = extreme == null || compare(item, extreme) * sign > 0 ? item : extreme;
    }
    if (extreme == null) {
      throw new IllegalArgumentException(name + " called on empty list");
    }
    return extreme;
  }

  private static int compare(Val one, Val other) {
    return (int) ((Comparer) one).compare(other).intValue();
  }
}
