package io.cairn.rdb;

import java.io.IOException;

/** What an RDB file may hold and Cairn does not have: what modules wrote. It is named and refused, or named to nobody and passed over. */
final class RdbForeign {
    private static final String NAME_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static final int NAME_LENGTH = 9;
    private static final int DIGIT_BITS = 6;
    private static final int VERSION_BITS = 10;

    // What a module's data consists of. Redis: RDB_MODULE_OPCODE_*.
    private static final int EOF = 0;
    private static final int SIGNED = 1;
    private static final int UNSIGNED = 2;
    private static final int FLOAT = 3;
    private static final int DOUBLE = 4;
    private static final int STRING = 5;

    private final RdbInput in;
    private final boolean skipModules;
    private long skipped;

    RdbForeign(RdbInput in, boolean skipModules) {
        this.in = in;
        this.skipModules = skipModules;
    }

    long skipped() {
        return skipped;
    }

    /** Something else that is not wanted was passed over. */
    void passedOver() {
        skipped++;
    }

    /** What a module wrote beside the keys. */
    void moduleField() throws IOException {
        String name = name(in.readLength());
        if (!skipModules) {
            throw in.bad("it holds data of the module '" + name + "', and modules are not supported: load the rest by"
                    + " 'cairn import --skip-modules'");
        }
        in.readLength();
        in.readLength();
        skipData();
    }

    /** The value of a key of a module's type. */
    void moduleValue(int type, RdbString key) throws IOException {
        String name = name(in.readLength());
        if (!skipModules || type == RdbFormat.TYPE_MODULE) {
            throw in.bad("key '" + key.shown() + "' is of the module type '" + name + "', and modules are not supported"
                    + (type == RdbFormat.TYPE_MODULE ? "" : ": load the rest by 'cairn import --skip-modules'"));
        }
        skipData();
    }

    /** Redis: rdbLoadCheckModuleValue. */
    private void skipData() throws IOException {
        skipped++;
        try (RdbString scratch = new RdbString()) {
            for (long kind = in.readLength(); kind != EOF; kind = in.readLength()) {
                switch ((int) kind) {
                    case SIGNED, UNSIGNED -> in.readLength();
                    case FLOAT -> in.readLittleEndian(Float.BYTES);
                    case DOUBLE -> in.readLittleEndian(Double.BYTES);
                    case STRING -> scratch.read(in);
                    default -> throw in.bad("data of a module of unknown kind " + kind);
                }
            }
        }
    }

    /** Redis: moduleTypeNameByID. */
    private static String name(long id) {
        char[] name = new char[NAME_LENGTH];
        long left = id >>> VERSION_BITS;
        for (int i = NAME_LENGTH - 1; i >= 0; i--) {
            name[i] = NAME_DIGITS.charAt((int) (left & ((1 << DIGIT_BITS) - 1)));
            left >>>= DIGIT_BITS;
        }
        return new String(name);
    }
}
