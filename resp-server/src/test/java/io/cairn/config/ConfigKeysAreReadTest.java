package io.cairn.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A key that no code reads would be a promise nobody keeps. */
class ConfigKeysAreReadTest {
    private static final Pattern USE = Pattern.compile("\\bKeys\\.([A-Z][A-Z_]*)\\b");

    private static Path root() {
        Path root = Path.of(System.getProperty("cairn.root", "")).toAbsolutePath();
        while (!Files.exists(root.resolve("mvnw"))) {
            Path parent = root.getParent();
            if (parent == null) {
                throw new IllegalStateException("no mvnw above " + Path.of("").toAbsolutePath());
            }
            root = parent;
        }
        return root;
    }

    private static List<Path> sources(Path root) throws IOException {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path module : modules.map(path -> path.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(module)) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                }
            }
        }
        return sources;
    }

    @Test
    void productCodeReadsEveryKey() throws Exception {
        TreeSet<String> unread = new TreeSet<>();
        for (Field field : Keys.class.getFields()) {
            unread.add(field.getName());
        }
        assertThat(unread).hasSizeGreaterThan(40);
        for (Path source : sources(root())) {
            Matcher use = USE.matcher(Files.readString(source));
            while (use.find()) {
                unread.remove(use.group(1));
            }
        }
        assertThat(unread)
                .as("keys in io.cairn.config.Keys that no product code reads: wire them, or move them to ListedKeys")
                .isEmpty();
    }
}
