package io.cairn.rdb;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.Intset;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.SetBuilder;
import io.cairn.keyspace.collection.SetReader;
import java.io.IOException;

/**
 * Sets in RDB files: members are written in their order, and read into the same. What was no intset is none again, even if all members are numbers
 * (Redis makes it one): the places of its members would be others than at a replica that did not load, and so would be what SPOP takes.
 */
final class SetRdb {
    private SetRdb() {}

    static int type(Value set) {
        return set.encoding == Value.INTSET ? RdbFormat.TYPE_SET_INTSET : RdbFormat.TYPE_SET;
    }

    static void write(RdbOutput out, Value set) throws IOException {
        if (set.encoding == Value.INTSET) {
            out.putString(set.address, set.length);
            return;
        }
        try (SetReader reader = new SetReader(set)) {
            out.putLength(reader.size());
            while (reader.next()) {
                out.putString(reader.member().address(), reader.member().length());
            }
        }
    }

    static LoadedValue read(int type, RdbInput in, RdbString string, long setIntegers) throws IOException {
        if (type == RdbFormat.TYPE_SET) {
            long members = in.readLength();
            return members == 0 ? LoadedValue.empty() : build(0, set -> readMembers(in, members, string, set));
        }
        string.read(in);
        return type == RdbFormat.TYPE_SET_INTSET ? intset(in, string, setIntegers) : listpack(in, string);
    }

    /** Puts the members of some form into a set. */
    private interface Filler {
        void fill(SetBuilder set) throws IOException;
    }

    private static LoadedValue build(long setIntegers, Filler filler) throws IOException {
        SetBuilder set = new SetBuilder(setIntegers);
        boolean filled = false;
        try {
            filler.fill(set);
            filled = true;
            return new Built(set);
        } finally {
            if (!filled) {
                set.close();
            }
        }
    }

    /** The number of members is believed as far as they come. */
    private static void readMembers(RdbInput in, long members, RdbString member, SetBuilder set) throws IOException {
        set.leaveIntset();
        for (long i = 0; i != members; i++) {
            member.read(in);
            add(in, set, member.address(), member.length());
        }
    }

    private static void add(RdbInput in, SetBuilder set, long member, int length) throws IOException {
        if (!set.add(member, length)) {
            throw in.bad("a set has a member twice");
        }
    }

    private static LoadedValue intset(RdbInput in, RdbString string, long setIntegers) throws IOException {
        long set = string.address();
        if (!Intset.valid(set, string.length())) {
            throw in.bad("an intset is damaged");
        }
        return Intset.count(set) <= setIntegers
                ? LoadedValue.packed(ValueType.SET, Value.INTSET, set, string.length())
                : build(setIntegers, builder -> builder.loadIntset(set));
    }

    /** The compact form of Redis 7.2. */
    private static LoadedValue listpack(RdbInput in, RdbString string) throws IOException {
        long lp = string.address();
        if (!Listpack.valid(lp, string.length(), true)) {
            throw in.bad("a set's listpack is damaged");
        }
        return build(0, set -> {
            set.leaveIntset();
            try (ElementText member = new ElementText()) {
                for (int at = Listpack.first(lp); at != Listpack.NONE; at = Listpack.next(lp, at)) {
                    member.setElement(lp, at);
                    add(in, set, member.address(), member.length());
                }
            }
        });
    }

    /** A set that was put together. */
    private static final class Built extends LoadedValue {
        private final SetBuilder set;

        Built(SetBuilder set) {
            this.set = set;
        }

        @Override
        boolean isEmpty() {
            return set.size() == 0;
        }

        @Override
        void view(Value out) {
            set.view(out);
        }

        @Override
        void store(Database target, long key, int keyLength, long expireAt) {
            set.store(target, key, keyLength, expireAt);
        }

        @Override
        public void close() {
            set.close();
        }
    }
}
