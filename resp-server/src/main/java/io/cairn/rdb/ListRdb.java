package io.cairn.rdb;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.ListpackBuilder;
import io.cairn.keyspace.collection.QuickList;
import java.io.IOException;

/** Lists in RDB files: written as nodes (QUICKLIST_2), read in all forms that Redis ever wrote. */
final class ListRdb {
    /** Redis: QUICKLIST_NODE_CONTAINER_PLAIN, a node that is one element. */
    private static final int PLAIN = 1;
    /** Redis: QUICKLIST_NODE_CONTAINER_PACKED, a node that is a listpack. */
    private static final int PACKED = 2;

    private ListRdb() {}

    static void write(RdbOutput out, Value value) throws IOException {
        if (!(value.object instanceof QuickList list)) {
            out.putLength(1);
            out.putLength(PACKED);
            out.putString(value.address, value.length);
            return;
        }
        out.putLength(list.nodes());
        for (long node = list.firstNode(); node != 0; node = QuickList.nodeAfter(node)) {
            out.putLength(QuickList.isPlain(node) ? PLAIN : PACKED);
            out.putString(QuickList.nodeAddress(node), QuickList.nodeBytes(node));
        }
    }

    static LoadedValue read(int type, RdbInput in, EncodingLimits limits) throws IOException {
        QuickList list = new QuickList(limits);
        try (RdbString string = new RdbString();
                ListpackBuilder builder = new ListpackBuilder()) {
            switch (type) {
                case RdbFormat.TYPE_LIST -> elements(in, string, list);
                case RdbFormat.TYPE_LIST_ZIPLIST -> {
                    string.read(in);
                    ziplist(in, string, builder, list);
                }
                default -> nodes(type, in, string, builder, list);
            }
            return stored(list, limits);
        } catch (IOException | OutOfMemoryError e) {
            list.release();
            throw e;
        }
    }

    private static void elements(RdbInput in, RdbString string, QuickList list) throws IOException {
        for (long left = in.readLength(); left != 0; left--) {
            string.read(in);
            list.push(true, string.address(), string.length());
        }
    }

    private static void nodes(int type, RdbInput in, RdbString string, ListpackBuilder builder, QuickList list)
            throws IOException {
        for (long left = in.readLength(); left != 0; left--) {
            long container = type == RdbFormat.TYPE_LIST_QUICKLIST ? PACKED : in.readLength();
            if (container != PLAIN && container != PACKED) {
                throw in.bad("a list's node of kind " + container);
            }
            string.read(in);
            if (string.length() == 0) {
                throw in.bad("a list's node without bytes");
            }
            if (container == PLAIN) {
                list.appendPlain(string.address(), string.length());
            } else if (type == RdbFormat.TYPE_LIST_QUICKLIST) {
                ziplist(in, string, builder, list);
            } else {
                if (!Listpack.valid(string.address(), string.length(), true)) {
                    throw in.bad("a damaged listpack");
                }
                append(string.address(), list);
            }
        }
    }

    private static void ziplist(RdbInput in, RdbString string, ListpackBuilder builder, QuickList list)
            throws IOException {
        if (!Ziplist.valid(string.address(), string.length())) {
            throw in.bad("a damaged ziplist");
        }
        builder.begin();
        Ziplist.append(string.address(), builder);
        append(builder.address(), list);
    }

    /** Redis passes over empty nodes. */
    private static void append(long listpack, QuickList list) {
        if (Listpack.first(listpack) != Listpack.NONE) {
            list.appendListpack(listpack);
        }
    }

    /** A short list lies in the index. */
    private static LoadedValue stored(QuickList list, EncodingLimits limits) {
        if (list.elements() == 0) {
            list.release();
            return LoadedValue.empty();
        }
        long node = list.firstNode();
        if (list.nodes() > 1
                || QuickList.isPlain(node)
                || QuickList.nodeBytes(node) > QuickList.INLINE_BYTES
                || !QuickList.fitsNode(QuickList.nodeBytes(node), list.elements(), limits)) {
            return LoadedValue.object(list);
        }
        ListpackBuilder builder = new ListpackBuilder();
        builder.load(QuickList.nodeAddress(node));
        list.release();
        return LoadedValue.packed(ValueType.LIST, Value.LISTPACK, builder);
    }
}
