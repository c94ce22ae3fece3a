package io.cairn.jepsen.history;

import org.jspecify.annotations.Nullable;

/**
 * One operation of one client, from its call to the moment when its client knew what became of it.
 *
 * <p>{@code in} and {@code out} are values as JSON has them: {@link Long}, {@link String}, {@link java.util.List}, {@link
 * java.util.Map} with string keys, or null. What they mean is the workload's:
 *
 * <table>
 * <caption>by workload</caption>
 * <tr><td>register</td><td>{@code read}: out is the value or null; {@code write}: in is the value; {@code cas}: in is [old, new]</td></tr>
 * <tr><td>append</td><td>{@code txn}: in and out are lists of {@code ["append", key, element]} and {@code ["r", key, null or
 * [elements]]}; {@code key} is the hash tag that all keys of the transaction share</td></tr>
 * <tr><td>counter</td><td>{@code incr}: in is the step, out the new value; {@code read}: out is the value</td></tr>
 * <tr><td>set</td><td>{@code add}: in is the element (a long, unique in the run); {@code read}: in is the list of elements asked
 * for, out the list of those that are there; {@code key} is the hash tag that they share</td></tr>
 * <tr><td>bank</td><td>{@code open}: in maps account to first balance, before all others; {@code transfer}: in is {"from", "to",
 * "amount"}; {@code read}: out maps account to balance; {@code key} is the hash tag of the bank</td></tr>
 * <tr><td>ttl</td><td>{@code set}: in is [value, milliseconds], once per key, the value a multiple of 1,000,000 and unique in the
 * run; {@code read}: out is a long or null; {@code incr}: out is the new number. An {@code incr} that finds the key gone makes it
 * anew, as 1 and without an end, so numbers below 1,000,000 belong to the life after the end, the others to the one before</td></tr>
 * </table>
 *
 * @param client the client's number; a client whose operation ended as INFO goes on under a new number
 * @param f what was asked for
 * @param key the key, or what groups keys that are touched together
 * @param call nanoseconds since the run began, before the first byte was sent
 * @param ret nanoseconds since the run began, after the last byte of the answer was read, or when the client gave up
 * @param node the node that was asked last, as host:port, with {@link #AT_REPLICA} behind it when it was asked as a replica
 * @param error why it is not OK
 */
public record Operation(
        int client,
        String f,
        String key,
        @Nullable Object in,
        @Nullable Object out,
        long call,
        long ret,
        Outcome outcome,
        @Nullable String node,
        @Nullable String error) {
    /** What stands behind the node's address when the read went to it over a READONLY connection. */
    public static final String AT_REPLICA = "/replica";
}
