import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import javax.lang.model.element.*;
import javax.lang.model.type.TypeKind;
import javax.lang.model.util.ElementFilter;
import javax.tools.*;

/**
 * java Oracle ROOT PATHS ANSWER JARS: resolve each name in the Java files that PATHS lists with javac.
 *
 * <p>See oracle.py for the answer.
 */
public class Oracle {
  private final Path root;
  private final PrintWriter out;
  private final Trees trees;
  private final SourcePositions positions;
  private final Map<JavaFileObject, String> texts = new HashMap<>();

  private Oracle(Path root, PrintWriter out, JavacTask task) {
    this.root = root;
    this.out = out;
    this.trees = Trees.instance(task);
    this.positions = trees.getSourcePositions();
  }

  public static void main(String[] arguments) throws Exception {
    Path root = Paths.get(arguments[0]).toRealPath();
    List<File> files = new ArrayList<>();
    for (String path : Files.readAllLines(Paths.get(arguments[1]))) {
      if (!path.endsWith("module-info.java") && !path.endsWith("package-info.java")) {
        files.add(root.resolve(path).toFile());
      }
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
    List<String> options =
        List.of(
            "-cp", arguments[3], "-proc:none", "-encoding", "UTF-8",
            "-XDshould-stop.at=FLOW", "-XDshould-stop.ifError=FLOW", "-Xmaxerrs", "100000");
    JavacTask task =
        (JavacTask)
            compiler.getTask(
                null, manager, new DiagnosticCollector<>(), options, null,
                manager.getJavaFileObjectsFromFiles(files));
    List<CompilationUnitTree> units = new ArrayList<>();
    task.parse().forEach(units::add);
    task.analyze();
    try (PrintWriter out =
        new PrintWriter(Files.newBufferedWriter(Paths.get(arguments[2]), StandardCharsets.UTF_8))) {
      Oracle oracle = new Oracle(root, out, task);
      for (CompilationUnitTree unit : units) {
        oracle.scan(unit);
      }
    }
  }

  private void scan(CompilationUnitTree unit) {
    new TreePathScanner<Void, Void>() {
      @Override
      public Void visitIdentifier(IdentifierTree node, Void none) {
        write(unit, getCurrentPath(), node.getName().toString(), positions.getStartPosition(unit, node));
        return super.visitIdentifier(node, none);
      }

      @Override
      public Void visitMemberSelect(MemberSelectTree node, Void none) {
        String name = node.getIdentifier().toString();
        write(unit, getCurrentPath(), name, positions.getEndPosition(unit, node) - name.length());
        return super.visitMemberSelect(node, none);
      }

      @Override
      public Void visitMemberReference(MemberReferenceTree node, Void none) {
        String name = node.getName().toString();
        write(unit, getCurrentPath(), name, positions.getEndPosition(unit, node) - name.length());
        return super.visitMemberReference(node, none);
      }

      @Override
      public Void visitNewClass(NewClassTree node, Void none) {
        Tree made = node.getIdentifier();
        String name = made.toString().replaceAll("<.*", "").replaceAll(".*\\.", "");
        write(unit, getCurrentPath(), name, positions.getStartPosition(unit, made));
        return super.visitNewClass(node, none);
      }
    }.scan(unit, null);
  }

  /** What a name means; where an unnamed class is made, the constructor of its base that runs. */
  private Element meaning(TreePath path) {
    Element meant = trees.getElement(path);
    if (!(path.getLeaf() instanceof NewClassTree) || ((NewClassTree) path.getLeaf()).getClassBody() == null) {
      return meant;
    }
    Element base = trees.getElement(new TreePath(path, ((NewClassTree) path.getLeaf()).getIdentifier()));
    if (base == null || !(meant instanceof ExecutableElement)) {
      return meant;
    }
    int given = ((ExecutableElement) meant).getParameters().size();
    for (ExecutableElement one : ElementFilter.constructorsIn(base.getEnclosedElements())) {
      if (one.getParameters().size() == given) {
        return one;
      }
    }
    return meant;
  }

  private void write(CompilationUnitTree unit, TreePath path, String name, long position) {
    if (position < 0) {
      return;
    }
    String place = "";
    Element meant = meaning(path);
    if (meant != null && (meant.asType() == null || meant.asType().getKind() != TypeKind.ERROR)) {
      TreePath declared = trees.getPath(meant);
      place = declared == null ? "[\"\",0]" : place(meant, declared);
    }
    long line = unit.getLineMap().getLineNumber(position) - 1;
    out.printf("[\"use\",%s,%d,%s,[%s]]%n", quote(relative(unit)), line, quote(name), place);
  }

  /** Where the name of a declaration stands. */
  private String place(Element meant, TreePath declared) {
    CompilationUnitTree unit = declared.getCompilationUnit();
    Tree leaf = declared.getLeaf();
    long from = positions.getStartPosition(unit, leaf);
    List<Tree> before = new ArrayList<>();
    if (leaf instanceof MethodTree) {
      before.add(((MethodTree) leaf).getModifiers());
      before.add(((MethodTree) leaf).getReturnType());
    } else if (leaf instanceof ClassTree) {
      before.add(((ClassTree) leaf).getModifiers());
    } else if (leaf instanceof VariableTree) {
      before.add(((VariableTree) leaf).getType());
    }
    for (Tree part : before) {
      long end = part == null ? -1 : positions.getEndPosition(unit, part);
      from = Math.max(from, end);
    }
    boolean makes = meant.getKind() == ElementKind.CONSTRUCTOR;
    String name = (makes ? meant.getEnclosingElement() : meant).getSimpleName().toString();
    int at = text(unit).indexOf(name, (int) Math.max(from, 0));
    long line = unit.getLineMap().getLineNumber(at < 0 ? from : at) - 1;
    return "[" + quote(relative(unit)) + "," + line + "]";
  }

  private String text(CompilationUnitTree unit) {
    return texts.computeIfAbsent(
        unit.getSourceFile(),
        file -> {
          try {
            return file.getCharContent(true).toString();
          } catch (IOException error) {
            return "";
          }
        });
  }

  private String relative(CompilationUnitTree unit) {
    return root.relativize(Paths.get(unit.getSourceFile().toUri())).toString();
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
