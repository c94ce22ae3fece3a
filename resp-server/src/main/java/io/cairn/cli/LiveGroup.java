package io.cairn.cli;

import java.util.ArrayList;
import java.util.List;

/** Commands of a source that go to a target as one transaction: those of one slot, or all when the target has no slots. */
final class LiveGroup {
    /** One command and the database it runs in. */
    record Command(int database, List<byte[]> words) {}

    final int slot;
    final List<Command> commands = new ArrayList<>();
    /** Position of the source behind the last of them. */
    long position;

    LiveGroup(int slot) {
        this.slot = slot;
    }
}
