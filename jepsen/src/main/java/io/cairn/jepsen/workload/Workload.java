package io.cairn.jepsen.workload;

import io.cairn.jepsen.check.Answers;
import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.Vacuity;
import java.util.List;

/**
 * Operations that clients repeat while faults strike, and what must be true of what they were told. One instance serves all
 * clients of a run; a {@link Session} is one client.
 */
public interface Workload {
    /** The name by which it is chosen. */
    String name();

    /** Before the clients start; throws when the cluster does not take it. */
    default void setUp(Session session) throws Exception {}

    /** One operation, which the session records with whatever became of it. Never retries one whose outcome is unknown. */
    void step(Session session);

    /** The last reads of everything, after all faults were healed; part of the history like any other operation. */
    void finalReads(Session session);

    /** What must be true of its history. */
    List<Checker> checkers();

    /**
     * A workload's own checker, and what is asked of every workload.
     *
     * @param reasons its own reasons to go no further with an operation
     */
    static List<Checker> checkers(Checker own, String workload, String... reasons) {
        return List.of(own, new Answers(workload, reasons), Vacuity.ofOneWorkload());
    }
}
