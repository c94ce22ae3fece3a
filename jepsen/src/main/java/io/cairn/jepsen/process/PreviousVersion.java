package io.cairn.jepsen.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The distribution of the version that was landed before the cluster's formats changed last, built from this repository's
 * history into {@code target/previous-<commit>} and kept there.
 */
public final class PreviousVersion {
    /** Its cluster version is 1; raised together with {@code ClusterFormat.SUPPORTED}. */
    public static final String COMMIT = "4225cdf";

    private static final int BUILD_MINUTES = 10;

    private PreviousVersion() {}

    /** Why it cannot be had: no git, or a clone without the history. Empty when it can. */
    public static String missing(Path root) {
        if (built(root)) {
            return "";
        }
        int found =
                run(root, root.resolve("target/previous.log"), List.of("git", "cat-file", "-e", COMMIT + "^{commit}"));
        return found == 0 ? "" : "commit " + COMMIT + " is not in this clone (a shallow one?), or there is no git";
    }

    /** True when it was built before. */
    public static boolean built(Path root) {
        return Files.exists(home(root).resolve(".built"));
    }

    private static Path home(Path root) {
        return root.resolve("target/previous-" + COMMIT);
    }

    /** Builds it unless it is there; takes a minute or two. */
    public static Distribution find(Path root) {
        Path home = home(root);
        if (!built(root)) {
            Disk.delete(home);
            Path log = root.resolve("target/previous.log");
            Disk.makeDirectory(home);
            build(root, log, List.of("sh", "-c", "git archive " + COMMIT + " | tar -x -C " + home));
            build(
                    home,
                    log,
                    List.of(
                            "./mvnw",
                            "-B",
                            "-ntp",
                            "-q",
                            "-Pfast",
                            "-Dmaven.test.skip=true",
                            "-pl",
                            "resp-server",
                            "-am",
                            "package"));
            try {
                Files.createFile(home.resolve(".built"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return Distribution.at(home);
    }

    private static void build(Path directory, Path log, List<String> command) {
        if (run(directory, log, command) != 0) {
            throw new IllegalStateException("the previous version cannot be built, see " + log);
        }
    }

    private static int run(Path directory, Path log, List<String> command) {
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                return -1;
            }
            return process.exitValue();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }
}
