package io.cairn.config;

/**
 * Output buffer limit of one class of clients; 0 means no limit.
 *
 * @param hardBytes the client is closed at once above this
 * @param softBytes the client is closed after {@code softSeconds} above this
 */
public record OutputLimit(long hardBytes, long softBytes, long softSeconds) {}
