package io.cairn.jepsen.check;

import io.cairn.jepsen.check.append.StrictSerializability;
import io.cairn.jepsen.history.History;

/**
 * Whether list-append transactions are strictly serializable, as Elle decides it (Kingsbury and Alvaro, VLDB 2020). Every element is
 * appended to a key at most once, and lists begin empty. Found are:
 *
 * <ul>
 *   <li>by itself: {@code internal}, {@code incompatible-order}, {@code duplicate}, {@code garbage}, {@code G1a} (aborted read),
 *       {@code G1b} (intermediate read), {@code dirty-update}, {@code lost}, {@code stale-read}, {@code appended-twice} (an error of the
 *       workload);
 *   <li>by cycles: {@code G0}, {@code G1c}, {@code G-single}, {@code G2-item}, and each with {@code -realtime}.
 * </ul>
 */
public final class ListAppend implements Checker {
    @Override
    public Finding check(History history) {
        StrictSerializability judged = new StrictSerializability(history);
        return Finding.of("list-append", judged.figures(), judged.problems());
    }
}
