package io.cairn.jepsen.net;

/**
 * What a link has done so far.
 *
 * @param received bytes taken from the sender
 * @param forwarded bytes handed to the receiver
 * @param held bytes that wait now
 * @param resets connections that were reset on purpose
 * @param connections that are open now and were dialled in this direction
 */
public record Counters(long received, long forwarded, long held, long resets, int connections) {}
