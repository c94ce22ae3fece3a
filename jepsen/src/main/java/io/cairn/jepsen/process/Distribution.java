package io.cairn.jepsen.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The built distribution and how to run it. The launcher at the root would first look whether the build is stale,
 * which inside a build it always is, so the JVM is started here with the launcher's flags.
 */
public final class Distribution {
    /** As in the launcher script; a test compares them. */
    static final List<String> JVM_FLAGS = List.of(
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-Dchronicle.analytics.disable=true",
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dfile.encoding=UTF-8");

    static final List<String> JVM_FLAGS_SINCE_24 =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    private static final int REHEARSAL_SECONDS = 60;
    private static boolean triedToRehearse;

    private final Path root;
    private final Path javaHome;

    private final String prefix;

    private Distribution(Path root, Path javaHome, String prefix) {
        this.root = root;
        this.javaHome = javaHome;
        this.prefix = prefix;
    }

    /**
     * The distribution of this source tree, run by the JDK that runs the caller; the system properties {@code
     * cairn.root} and {@code cairn.java.home} choose others.
     */
    public static Distribution find() {
        String root = System.getProperty("cairn.root");
        String javaHome = System.getProperty("cairn.java.home", System.getProperty("java.home"));
        return new Distribution(root == null ? searchUpwards() : Path.of(root), Path.of(javaHome), "");
    }

    /** The distribution built in another source tree, run by the same JDK. */
    public static Distribution at(Path root) {
        String javaHome = System.getProperty("cairn.java.home", System.getProperty("java.home"));
        return new Distribution(root, Path.of(javaHome), "");
    }

    /** The same with classes that come before its own: a directory or jar with planted bugs. */
    public Distribution withPrefix(Path classes) {
        return new Distribution(root, javaHome, classes + ":" + prefix);
    }

    /**
     * The JVM's archive of the classes that a server loads, made by a rehearsal when it is missing or older than the
     * distribution: a process starts in two thirds of the time. Null where there is none.
     */
    private @Nullable Path classArchive() {
        if (!prefix.isEmpty() || !present()) {
            return null;
        }
        Path archive = root.resolve("resp-server/target/dist")
                .resolve("classes-" + Runtime.version().feature() + ".jsa");
        synchronized (Distribution.class) {
            try {
                if (!rehearsed(archive) && !triedToRehearse) {
                    triedToRehearse = true;
                    rehearse(archive);
                }
                return rehearsed(archive) && Files.size(archive) > 0 ? archive : null;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private boolean rehearsed(Path archive) throws IOException {
        if (!Files.exists(archive)) {
            return false;
        }
        FileTime made = Files.getLastModifiedTime(archive);
        try (Stream<Path> jars = Files.list(lib())) {
            for (Path jar : jars.toList()) {
                if (jar.toString().endsWith(".jar")
                        && Files.getLastModifiedTime(jar).compareTo(made) > 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private void rehearse(Path archive) throws IOException {
        Path part = archive.resolveSibling(
                archive.getFileName() + "." + ProcessHandle.current().pid());
        List<String> command = plain(List.of("-Xmx256m", "-XX:ArchiveClassesAtExit=" + part), List.of("rehearse"));
        Path log = Files.createTempFile("rehearse", ".log");
        try (ServerProcess rehearsal = ServerProcess.start(command, root, log)) {
            if (rehearsal.awaitExit(REHEARSAL_SECONDS) && rehearsal.exitCode() == 0) {
                Files.move(part, archive, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(part);
            Files.delete(log);
        }
    }

    /** The root of the source tree. */
    public Path root() {
        return root;
    }

    /** Whether it has been built. */
    public boolean present() {
        try (Stream<Path> jars = Files.list(lib())) {
            return jars.anyMatch(jar -> jar.getFileName().toString().startsWith("resp-server"));
        } catch (IOException e) {
            return false;
        }
    }

    /** The command that runs {@code cairn} with these arguments and heap limits like {@code -Xmx256m}. */
    public List<String> command(List<String> heap, List<String> arguments) {
        Path archive = classArchive();
        List<String> options = new ArrayList<>(heap);
        if (archive != null) {
            options.addAll(List.of("-XX:SharedArchiveFile=" + archive, "-Xshare:auto", "-Xlog:cds*=off"));
        }
        return plain(options, arguments);
    }

    private List<String> plain(List<String> options, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(javaHome.resolve("bin/java").toString());
        command.addAll(options);
        command.addAll(JVM_FLAGS);
        String more = System.getProperty("cairn.server.flags", "");
        if (!more.isEmpty()) {
            command.addAll(List.of(more.split(" ", -1)));
        }
        if (Runtime.version().feature() >= 24) {
            command.addAll(JVM_FLAGS_SINCE_24);
        }
        command.add("-cp");
        command.add(prefix + lib() + "/*");
        command.add("io.cairn.cli.Main");
        command.addAll(arguments);
        return command;
    }

    private Path lib() {
        return root.resolve("resp-server/target/dist/lib");
    }

    private static Path searchUpwards() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("cairn")) && Files.exists(folder.resolve("jepsen/pom.xml"))) {
                return folder;
            }
        }
        throw new UncheckedIOException(new IOException("no Cairn source tree above the working directory"));
    }
}
