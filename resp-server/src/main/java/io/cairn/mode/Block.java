package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import java.util.List;

/**
 * A MULTI block to be executed at once.
 *
 * @param commands queued commands, in order; session commands are not among them
 * @param watches keys watched and the version each had
 */
public record Block(List<Queued> commands, List<Watch> watches) {
    /**
     * One queued command with arguments in memory that the connection owns until the block is done.
     *
     * @param database the one that it works on: a SELECT may have been queued before it
     */
    public record Queued(Command command, Args args, int database) {}

    /** A watched key of database {@code database} and its version at WATCH, 0 when it was absent. */
    public record Watch(int database, byte[] key, long version) {}
}
