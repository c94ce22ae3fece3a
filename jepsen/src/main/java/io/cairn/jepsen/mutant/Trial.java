package io.cairn.jepsen.mutant;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.process.Distribution;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One round: a new cluster of some build, clients, faults, checks. */
@FunctionalInterface
public interface Trial {
    /**
     * @param build what the servers run
     * @param mutant name of the planted bug; null for the real build
     * @param folder where the round leaves what it has; it does not exist yet
     * @return what every check found
     * @throws Exception when the round itself breaks, which says nothing of the build
     */
    List<Finding> round(Distribution build, @Nullable String mutant, MutantSchedule schedule, long seed, Path folder)
            throws Exception;
}
