package io.cairn.command;

/**
 * What a data command does: a pure function of the keyspace, the arguments, the call's time and its seed. It reads no
 * clock, no chance, no network, no disk (an ArchUnit test holds this), because replicas run it again from the log.
 */
@FunctionalInterface
public interface Handler {
    void run(Call call);
}
