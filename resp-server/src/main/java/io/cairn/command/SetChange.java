package io.cairn.command;

import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.SetBuilder;
import io.cairn.keyspace.collection.SetObject;
import org.jspecify.annotations.Nullable;

/**
 * What one command does to the set at one argument. A compact one is changed outside of the keyspace and stored by {@link #end}; a large one is changed where it
 * is.
 */
final class SetChange implements AutoCloseable {
    private final Call call;
    private final int key;
    private final long expireAt;
    private final @Nullable SetBuilder small;
    private final @Nullable SetObject large;
    private boolean begun;
    private boolean ended;
    private boolean emptied;

    private SetChange(Call call, int key, boolean there) {
        this.call = call;
        this.key = key;
        this.expireAt = there ? call.value.expireAt : 0;
        if (there && call.value.encoding == Value.OBJECT) {
            this.small = null;
            this.large = (SetObject) call.value.object;
        } else {
            this.small = new SetBuilder(call.keyspace.dataLimits().setIntegers());
            this.large = null;
            if (there) {
                small.load(call.value);
            }
        }
    }

    /** Looks the key at an argument up, which may be absent; null, after the error was answered, if it holds no set. */
    static @Nullable SetChange of(Call call, int key) {
        boolean there = StringCommands.find(call, key);
        return there && !TypeCheck.is(call, call.value, ValueType.SET) ? null : new SetChange(call, key, there);
    }

    private SetBuilder small() {
        if (small == null) {
            throw new IllegalStateException("the set is large");
        }
        return small;
    }

    /** To be called before the first change of a large set. */
    private void begin() {
        if (!begun) {
            begun = true;
            call.database().change(call.args.address(key), call.args.length(key));
            call.changed();
        }
    }

    /** Adds the member at an argument; false if it was there. */
    boolean add(int member) {
        long at = call.args.address(member);
        int length = call.args.length(member);
        if (large == null) {
            boolean added = small().add(at, length);
            begun |= added;
            return added;
        }
        int hash = large.hash(at, length);
        if (large.contains(at, length, hash)) {
            return false;
        }
        begin();
        large.insert(at, length, hash);
        return true;
    }

    /** Removes the member at an argument; false if it was not there. */
    boolean remove(int member) {
        long at = call.args.address(member);
        int length = call.args.length(member);
        if (large == null) {
            boolean removed = small().remove(at, length);
            begun |= removed;
            return removed;
        }
        if (!large.contains(at, length)) {
            return false;
        }
        begin();
        return large.remove(at, length);
    }

    /** Shows the member at a place of the order, until the next change. */
    void memberAt(int place, ElementText out) {
        if (large != null) {
            large.memberAt(place, out);
        } else {
            small().memberAt(place, out);
        }
    }

    /** Removes the member at a place of the order. */
    void removeAt(int place) {
        if (large != null) {
            begin();
            large.removeAt(place);
        } else {
            begun = true;
            small().removeAt(place);
        }
    }

    /** Removes all members: {@link #end} removes the key. */
    void removeAll() {
        begun = true;
        emptied = true;
    }

    int size() {
        if (emptied) {
            return 0;
        }
        return large != null ? (int) large.elements() : small().size();
    }

    /** Makes the changes last, if there were any; an empty set goes. */
    void end() {
        ended = true;
        if (!begun) {
            return;
        }
        long address = call.args.address(key);
        int length = call.args.length(key);
        if (size() == 0) {
            call.database().remove(address, length, call.now());
        } else if (large != null) {
            call.database().changed(large);
        } else {
            small().store(call.database(), address, length, expireAt);
        }
        call.changed();
    }

    @Override
    public void close() {
        if (small != null) {
            small.close();
        }
        if (begun && !ended && !emptied && large != null) {
            call.database().changed(large);
        }
    }
}
