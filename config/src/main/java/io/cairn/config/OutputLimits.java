package io.cairn.config;

/** The output buffer limits of the three classes of clients that Redis knows. */
public record OutputLimits(OutputLimit normal, OutputLimit replica, OutputLimit pubsub) {}
