package io.cairn.jepsen.mutant;

import java.util.ArrayList;
import java.util.List;

/** All bugs that are planted. */
public final class Mutants {
    private Mutants() {}

    /** In the order in which they are hunted. */
    public static List<Mutant> all() {
        List<Mutant> all = new ArrayList<>(FirstMutants.all());
        all.addAll(ClusterMutants.all());
        return List.copyOf(all);
    }
}
