package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.HashSlot;

/** Makes hash tags whose slots lie in equal parts of all slots in turn, so that every shard gets its share. Any thread. */
final class SpreadTags {
    private final String prefix;
    private final int parts;
    private int made;

    /** A hash tag and its slot. */
    record Tag(String name, int slot) {
        /** A key in the tag's slot. */
        String key(String rest) {
            return "{" + name + "}" + rest;
        }
    }

    /** @param parts into how many ranges the slots are cut; three suit a cluster of three equal shards */
    SpreadTags(String prefix, int parts) {
        this.prefix = prefix;
        this.parts = parts;
    }

    /** The next tag, in the next range. */
    synchronized Tag next() {
        int number = made++;
        int part = number % parts;
        int first = part * HashSlot.COUNT / parts;
        int end = (part + 1) * HashSlot.COUNT / parts;
        for (int salt = 0; ; salt++) {
            String name = prefix + "." + number + "." + salt;
            int slot = HashSlot.of(name);
            if (first <= slot && slot < end) {
                return new Tag(name, slot);
            }
        }
    }
}
