package io.cairn.jepsen.nemesis;

/**
 * How long a shard took no write after a fault.
 *
 * @param primaryStruck whether the shard's primary was in a process that was struck
 * @param millis from the moment before the fault to the end of the first write sent after it
 */
public record Gap(String kind, String shard, boolean primaryStruck, double millis) {}
