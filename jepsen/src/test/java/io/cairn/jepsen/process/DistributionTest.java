package io.cairn.jepsen.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class DistributionTest {
    @Test
    void jvmFlagsAreThoseOfTheLauncher() throws IOException {
        String launcher = Files.readString(Distribution.find().root().resolve("cairn"));
        assertThat(launcher).contains(Distribution.JVM_FLAGS);
        assertThat(launcher).contains(Distribution.JVM_FLAGS_SINCE_24);
    }
}
