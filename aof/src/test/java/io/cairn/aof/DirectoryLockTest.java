package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryLockTest {
    @TempDir
    Path directory;

    /** What the other process runs: takes the lock or says why not. */
    public static void main(String[] args) {
        try (DirectoryLock lock = DirectoryLock.acquire(Path.of(args[0]))) {
            System.out.println("acquired " + (lock != null));
        } catch (LogException e) {
            System.out.println(e.getMessage());
        }
    }

    private String otherProcess() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path")
                                + File.pathSeparator
                                + System.getProperty("surefire.test.class.path", ""),
                        DirectoryLockTest.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return out;
    }

    @Test
    void secondHolderInTheSameProcessIsRefused() throws LogException {
        try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> DirectoryLock.acquire(directory))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("in use");
        }
        DirectoryLock.acquire(directory).close();
    }

    @Test
    void anotherProcessIsRefusedAndToldWhoHoldsIt() throws Exception {
        try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> DirectoryLock.acquire(directory)).isInstanceOf(LogException.class);
            assertThat(otherProcess())
                    .contains("in use by process " + ProcessHandle.current().pid());
        }
        assertThat(otherProcess()).contains("acquired true");
    }
}
