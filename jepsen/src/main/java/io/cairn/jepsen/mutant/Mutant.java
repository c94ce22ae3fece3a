package io.cairn.jepsen.mutant;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A bug as data: how it is planted and how it shows.
 *
 * @param name by which it is chosen
 * @param what the bug, for people
 * @param rule what it breaks, as SAFETY.md numbers it
 * @param edits what makes the bug out of the present sources
 * @param schedule the workload and the faults that bring it out
 * @param seenBy the checks of which at least one must see it
 * @param sign what such a check says of the bug; what else it says, like that the run was too short for it, is no catch
 */
public record Mutant(
        String name,
        String what,
        String rule,
        List<Edit> edits,
        MutantSchedule schedule,
        List<String> seenBy,
        Pattern sign) {
    public Mutant {
        edits = List.copyOf(edits);
        seenBy = List.copyOf(seenBy);
    }
}
