package io.cairn.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigReferenceTest {
    /** Run with {@code -Dcairn.rewrite=true} to write the page anew. */
    @Test
    void theCommittedPageIsTheGeneratedOne() throws Exception {
        Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.exists(root.resolve("mvnw"))) {
            root = root.getParent();
        }
        assertThat(root).isNotNull();
        Path page = root.resolve("docs/config-reference.md");
        if (Boolean.getBoolean("cairn.rewrite")) {
            Files.createDirectories(page.getParent());
            Files.writeString(page, ConfigReference.markdown());
        }
        assertThat(Files.readString(page)).isEqualTo(ConfigReference.markdown());
    }
}
