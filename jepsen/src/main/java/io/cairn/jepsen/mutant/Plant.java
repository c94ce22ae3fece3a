package io.cairn.jepsen.mutant;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Plants bugs: changed copies of single source files are compiled against the built distribution into a directory of
 * their own, which a server then finds on its class path before the jars. So no jar ever holds a planted bug.
 */
public final class Plant {
    private static final String RELEASE = "17";
    private static final String SOURCE_FOLDER = "src/main/java/";

    private final Path root;

    /** @param root of the source tree, whose distribution is built */
    public Plant(Path root) {
        this.root = root;
    }

    /** The changed sources by their paths below the root. */
    public Map<String, String> sources(Mutant mutant) {
        Map<String, String> changed = new LinkedHashMap<>();
        for (Edit edit : mutant.edits()) {
            changed.put(edit.file(), edit.applied(changed.computeIfAbsent(edit.file(), this::original)));
        }
        return changed;
    }

    private String original(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Builds a mutant in {@code directory}: its sources in {@code src}, its classes in {@code classes}.
     *
     * @return the directory of the classes
     * @throws IllegalStateException when it does not compile; the message says why
     */
    public Path build(Mutant mutant, Path directory) {
        Path classes = directory.resolve("classes");
        List<Path> files = new ArrayList<>();
        try {
            Files.createDirectories(classes);
            for (Map.Entry<String, String> source : sources(mutant).entrySet()) {
                String name = source.getKey();
                String inPackage = name.substring(name.indexOf(SOURCE_FOLDER) + SOURCE_FOLDER.length());
                Path file = directory.resolve("src").resolve(inPackage);
                Files.createDirectories(file.getParent());
                files.add(Files.writeString(file, source.getValue()));
            }
            compile(mutant, files, classes);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot build " + mutant.name(), e);
        }
        return classes;
    }

    private void compile(Mutant mutant, List<Path> files, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException("mutants are compiled, which takes a JDK: this is a JRE");
        }
        StringWriter said = new StringWriter();
        List<String> options =
                List.of("--release", RELEASE, "-proc:none", "-nowarn", "-cp", classPath(), "-d", classes.toString());
        boolean compiled;
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            compiled = compiler.getTask(said, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
        }
        if (!compiled) {
            throw new IllegalStateException(mutant.name() + " does not compile: " + said);
        }
    }

    private String classPath() throws IOException {
        try (Stream<Path> jars = Files.list(root.resolve("resp-server/target/dist/lib"))) {
            return jars.map(Path::toString).sorted().collect(Collectors.joining(System.getProperty("path.separator")));
        }
    }
}
