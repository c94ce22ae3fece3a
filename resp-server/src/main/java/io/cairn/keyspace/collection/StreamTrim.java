package io.cairn.keyspace.collection;

/**
 * What of a stream is to be trimmed. Redis: streamAddTrimArgs.
 *
 * @param keep entries that are to stay, the newest, or -1 to trim by {@code least}
 * @param least entries with smaller ids go
 * @param whole only whole nodes go, so that more may stay
 * @param limit so many entries may go at most, in whole nodes; 0 for no limit
 */
public record StreamTrim(long keep, StreamId least, boolean whole, long limit) {}
