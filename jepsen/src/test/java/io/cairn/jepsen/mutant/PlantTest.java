package io.cairn.jepsen.mutant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.jepsen.process.Distribution;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlantTest {
    static List<Mutant> mutants() {
        return Mutants.all();
    }

    @Test
    void namesDiffer() {
        Set<String> names = new HashSet<>();
        assertThat(mutants()).allMatch(mutant -> names.add(mutant.name()));
    }

    /** Fails when a source was rewritten: then the bug has to be planted anew in what it has become. */
    @ParameterizedTest
    @MethodSource("mutants")
    void everyTextIsFoundOnceInThePresentSources(Mutant mutant) throws Exception {
        Path root = Distribution.find().root();
        for (Edit edit : mutant.edits()) {
            assertThat(edit.occurrences(Files.readString(root.resolve(edit.file()))))
                    .as("%s in %s", edit.find(), edit.file())
                    .isEqualTo(1);
        }
    }

    @Test
    void aTextThatMovedOnIsNoticed() {
        Edit edit = new Edit("A.java", "a();\n  b();", "c();");
        assertThat(edit.applied("x {\n    a();\n    b();\n}")).isEqualTo("x {\n    c();\n}");
        assertThatThrownBy(() -> edit.applied("a(); b();")).hasMessageContaining("found 0 times");
        assertThatThrownBy(() -> edit.applied("a();\nb();\na();\nb();")).hasMessageContaining("found 2 times");
    }
}
