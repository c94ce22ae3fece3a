package io.cairn.keyspace.collection;

import io.cairn.keyspace.Value;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Goes through the fields of a hash in their order, which is the same in both of its forms. Valid until the next change of the database. */
public final class HashReader implements AutoCloseable {
    private final ElementText field = new ElementText();
    private final ElementText value = new ElementText();
    private final @Nullable Dict dict;
    private final long lp;
    private final int size;
    private int index = -1;
    private int at = Listpack.NONE;

    /** Stands before the first field of a hash. */
    public HashReader(Value hash) {
        if (hash.encoding == Value.OBJECT) {
            this.dict = ((HashObject) Objects.requireNonNull(hash.object)).fields();
            this.lp = 0;
            this.size = dict.size();
        } else {
            this.dict = null;
            this.lp = hash.address;
            this.size = Listpack.count(lp) / 2;
        }
    }

    /** Number of fields of a hash. */
    public static int size(Value hash) {
        return hash.object != null ? (int) hash.object.elements() : Listpack.count(hash.address) / 2;
    }

    /** Looks up a field: true, and its value is shown by {@code out}, if it is there. Redis: hashTypeGetValue. */
    public static boolean get(Value hash, long field, int length, ElementText out) {
        if (hash.encoding == Value.OBJECT) {
            Dict dict = ((HashObject) Objects.requireNonNull(hash.object)).fields();
            long node = dict.find(field, length);
            if (node != 0) {
                out.set(dict.tail(node), dict.tailLength(node));
            }
            return node != 0;
        }
        int at = Listpack.find(hash.address, Listpack.first(hash.address), field, length, 1);
        if (at != Listpack.NONE) {
            out.setElement(hash.address, Listpack.next(hash.address, at));
        }
        return at != Listpack.NONE;
    }

    public int size() {
        return size;
    }

    /** Goes to the next field; false at the end. */
    public boolean next() {
        if (index + 1 >= size) {
            return false;
        }
        index++;
        if (dict == null) {
            at = index == 0 ? Listpack.first(lp) : Listpack.next(lp, Listpack.next(lp, at));
        }
        show();
        return true;
    }

    /** Goes to the field at a place of the order: O(1) in a large hash. */
    public void seek(int place) {
        index = place;
        if (dict == null) {
            at = Listpack.seek(lp, 2 * place);
        }
        show();
    }

    private void show() {
        if (dict == null) {
            field.setElement(lp, at);
            value.setElement(lp, Listpack.next(lp, at));
        } else {
            long node = dict.at(index);
            field.set(dict.key(node), dict.keyLength(node));
            value.set(dict.tail(node), dict.tailLength(node));
        }
    }

    /** The field at which it stands. */
    public ElementText field() {
        return field;
    }

    /** The value of that field. */
    public ElementText value() {
        return value;
    }

    @Override
    public void close() {
        field.close();
        value.close();
    }
}
