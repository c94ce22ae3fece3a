package io.cairn.keyspace.collection;

import io.cairn.keyspace.Value;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the fields of a hash in their order, which is the same in both of its forms. Valid until the next change of the database. With a time it passes
 * by fields that are expired at it, and remembers that it did ({@link #hidden}).
 */
public final class HashReader implements AutoCloseable {
    private final ElementText field = new ElementText();
    private final ElementText value = new ElementText();
    private final @Nullable Dict dict;
    private final @Nullable HashObject expiring;
    private final long lp;
    private final int size;
    private final long now;
    private long hidden;
    private int index = -1;
    private int at = Listpack.NONE;

    /** Stands before the first field of a hash; it will see all, expired or not. */
    public HashReader(Value hash) {
        this(hash, 0);
    }

    /** Stands before the first field of a hash; {@link #next} passes by what is expired at {@code now}. */
    public HashReader(Value hash, long now) {
        this.now = now;
        if (hash.encoding == Value.OBJECT) {
            HashObject object = (HashObject) Objects.requireNonNull(hash.object);
            this.dict = object.fields();
            this.expiring = object.earliestExpiry() <= now ? object : null;
            this.lp = 0;
            this.size = dict.size();
        } else {
            this.dict = null;
            this.expiring = null;
            this.lp = hash.address;
            this.size = Listpack.count(lp) / 2;
        }
    }

    /** Number of fields of a hash, expired ones included. */
    public static int size(Value hash) {
        return hash.object != null ? (int) hash.object.elements() : Listpack.count(hash.address) / 2;
    }

    /** When a field of a hash expires, 0 if it does not, or is not there. */
    public static long expiry(Value hash, long field, int length) {
        return hash.object instanceof HashObject object ? object.expiry(field, length) : 0;
    }

    /** Whether a hash has a field, expired or not. */
    public static boolean contains(Value hash, long field, int length) {
        return hash.object instanceof HashObject object
                ? object.contains(field, length)
                : Listpack.find(hash.address, Listpack.first(hash.address), field, length, 1) != Listpack.NONE;
    }

    /** Looks up a field, expired or not: true, and its value is shown by {@code out}, if it is there. Redis: hashTypeGetValue. */
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

    /** Number of fields, expired ones included. */
    public int size() {
        return size;
    }

    /** Number of fields that {@link #next} goes to; takes as many steps as fields are expired. */
    public int live() {
        return expiring == null ? size : size - expiring.expired(now);
    }

    /** The latest expiry for which a field was passed by so far, 0 when none was. */
    public long hidden() {
        return hidden;
    }

    /** Goes to the next field; false at the end. */
    public boolean next() {
        while (index + 1 < size) {
            index++;
            if (dict == null) {
                at = index == 0 ? Listpack.first(lp) : Listpack.next(lp, Listpack.next(lp, at));
            }
            show();
            if (!isExpired()) {
                return true;
            }
        }
        return false;
    }

    /** Whether the field at which it stands is expired. */
    public boolean isExpired() {
        if (expiring == null || !expiring.isExpired(field.address(), field.length(), now)) {
            return false;
        }
        hidden = Math.max(hidden, expiring.expiry(field.address(), field.length()));
        return true;
    }

    /** Goes to the field at a place of the order, expired or not: O(1) in a large hash. */
    public void seek(int place) {
        index = place;
        if (dict == null) {
            at = Listpack.seek(lp, 2 * place);
        }
        show();
    }

    /** The place at which it stands. */
    public int place() {
        return index;
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
