package io.cairn.jepsen.check;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;

/**
 * Problems for a {@link Finding}: all are counted, and those kept that it keeps. After one lost write every later read may be a problem of
 * its own, and a million of them in words would not fit in memory.
 */
final class Problems extends AbstractList<String> {
    private final List<String> kept = new ArrayList<>();
    private int size;

    @Override
    public boolean add(String problem) {
        if (kept.size() < Finding.MOST_PROBLEMS) {
            kept.add(problem);
        }
        size++;
        return true;
    }

    /** One of the first {@link Finding#MOST_PROBLEMS}; the others are gone. */
    @Override
    public String get(int index) {
        return kept.get(index);
    }

    @Override
    public int size() {
        return size;
    }
}
