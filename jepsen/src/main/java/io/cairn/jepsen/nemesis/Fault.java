package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;
import java.util.stream.Collectors;

/** Something that happens to processes or to what lies between them, and how they come back from it. */
public interface Fault {
    /** What kind it is, as reports group them. */
    String kind();

    /** The processes it strikes. */
    List<Integer> victims();

    /** Makes it happen; when this returns, it has happened. */
    void strike(TestCluster cluster);

    /**
     * How long it lasts, in milliseconds, at least: a fault that is long enough to be served through lasts until every shard is.
     *
     * @param drawn what chance gives a fault that names no time of its own
     */
    default long holdMillis(long drawn) {
        return drawn;
    }

    /** Whether a majority of each shard is left, so that writes must go on before {@link #heal}. */
    default boolean quorumLeft() {
        return true;
    }

    /** Starts or continues what was struck; nothing else is done by hand. */
    void heal(TestCluster cluster);

    /**
     * Looks, from outside and between {@link #strike} and {@link #heal}, whether it is in force; takes a few seconds at most.
     *
     * @return what was seen that proves it
     * @throws UnconfirmedException when it is not: a run in which that happens has shown nothing
     */
    String confirm(TestCluster cluster);

    default String describe() {
        return kind() + " of process " + victims().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
