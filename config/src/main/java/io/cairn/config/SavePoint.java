package io.cairn.config;

/** Save a snapshot if there were at least {@code changes} changes in {@code seconds} seconds. */
public record SavePoint(long seconds, int changes) {}
