package io.cairn.jepsen.history;

/** A named part of a run; times are nanoseconds since the run began. */
public record Phase(String name, long begin, long end) {}
