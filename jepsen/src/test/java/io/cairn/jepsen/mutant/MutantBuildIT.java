package io.cairn.jepsen.mutant;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Distribution;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Needs the built distribution, so it runs after packaging. */
class MutantBuildIT {
    @TempDir
    Path directory;

    static List<Mutant> mutants() {
        return Mutants.all();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void everyMutantCompilesAgainstTheDistribution(Mutant mutant) {
        Path classes = new Plant(Distribution.find().root()).build(mutant, directory);
        for (Edit edit : mutant.edits()) {
            String inPackage = edit.file().substring(edit.file().indexOf("java/") + "java/".length());
            assertThat(classes.resolve(inPackage.replace(".java", ".class"))).exists();
        }
    }
}
