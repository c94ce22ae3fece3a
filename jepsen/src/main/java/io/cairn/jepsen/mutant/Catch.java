package io.cairn.jepsen.mutant;

/**
 * What became of one build.
 *
 * @param name the mutant's
 * @param what its bug
 * @param caught whether an expected check saw it in time
 * @param seconds from the start of its build until then, or until it was given up
 * @param rounds rounds until then
 * @param by the check that saw it; empty when none did
 * @param problem the first problem that the check named, or what went wrong instead
 */
public record Catch(String name, String what, boolean caught, long seconds, int rounds, String by, String problem) {
    /** One line for people. */
    public String line() {
        return caught
                ? "caught %s after %d s by %s: %s".formatted(name, seconds, by, problem)
                : "NOT CAUGHT %s after %d s and %d rounds: %s".formatted(name, seconds, rounds, problem);
    }
}
