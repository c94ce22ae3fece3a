package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/** A place in an {@link IdTree}, or beyond its ends. Valid until the next change of the tree; then it must seek again. */
final class IdCursor {
    private final IdTree tree;
    private long leaf;
    private int at;

    IdCursor(IdTree tree) {
        this.tree = tree;
    }

    /** True if there is an element here. */
    boolean there() {
        return leaf != 0;
    }

    long ms() {
        return IdTree.ms(tree.element(leaf, at));
    }

    long sequence() {
        return IdTree.sequence(tree.element(leaf, at));
    }

    /** Address of the value. */
    long value() {
        return tree.element(leaf, at) + IdTree.ID_BYTES;
    }

    boolean first() {
        leaf = tree.firstLeaf();
        at = 0;
        return there();
    }

    boolean last() {
        leaf = tree.lastLeaf();
        at = leaf == 0 ? 0 : IdTree.count(leaf) - 1;
        return there();
    }

    /** Goes to the first element that is not before an id. */
    boolean seekAtLeast(long ms, long sequence) {
        if (tree.size() == 0) {
            leaf = 0;
            return false;
        }
        leaf = tree.leafOf(ms, sequence);
        at = tree.lowerBound(leaf, ms, sequence);
        if (at == IdTree.count(leaf)) {
            leaf = Memory.getLong(leaf + IdTree.NEXT_AT);
            at = 0;
        }
        return there();
    }

    /** Goes to the last element that is not behind an id. */
    boolean seekAtMost(long ms, long sequence) {
        if (!seekAtLeast(ms, sequence)) {
            return last();
        }
        return (ms() == ms && sequence() == sequence) || previous();
    }

    boolean next() {
        at++;
        if (at == IdTree.count(leaf)) {
            leaf = Memory.getLong(leaf + IdTree.NEXT_AT);
            at = 0;
        }
        return there();
    }

    boolean previous() {
        at--;
        if (at < 0) {
            leaf = Memory.getLong(leaf + IdTree.PREVIOUS_AT);
            at = leaf == 0 ? 0 : IdTree.count(leaf) - 1;
        }
        return there();
    }
}
