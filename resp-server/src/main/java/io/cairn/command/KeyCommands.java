package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.List;
import java.util.Objects;

/** Keys of any type, one by one. Redis: db.c. */
final class KeyCommands {
    private KeyCommands() {}

    /** {@code cluster}: there is one database only, and commands on others say so. */
    static List<Command> table(boolean cluster) {
        KeySpec one = KeySpec.range(1, 1, 1);
        KeySpec two = KeySpec.range(1, 2, 1);
        KeySpec all = KeySpec.range(1, -1, 1);
        return List.of(
                Command.data("del", -2, "write @keyspace @write @slow", all, KeyCommands::del),
                Command.data("unlink", -2, "write fast @keyspace @write @fast", all, KeyCommands::del),
                Command.data("exists", -2, "readonly fast @keyspace @read @fast", all, KeyCommands::exists),
                Command.data("touch", -2, "readonly fast @keyspace @read @fast", all, KeyCommands::touch),
                Command.data("type", 2, "readonly fast @keyspace @read @fast", one, KeyCommands::type),
                Command.data("rename", 3, "write @keyspace @write @slow", two, call -> rename(call, false)),
                Command.data("renamenx", 3, "write fast @keyspace @write @fast", two, call -> rename(call, true)),
                Command.data("copy", -3, "write denyoom @keyspace @write @slow", two, call -> copy(call, cluster)),
                Command.data("move", 3, "write fast @keyspace @write @fast", one, call -> move(call, cluster)));
    }

    private static void del(Call call) {
        Args args = call.args;
        int removed = 0;
        for (int i = 1; i < args.count(); i++) {
            if (call.database().remove(args.address(i), args.length(i), call.now())) {
                removed++;
                call.event('g', "del", i);
            }
        }
        if (removed > 0) {
            call.changed();
        }
        call.reply().number(removed);
    }

    private static void exists(Call call) {
        Args args = call.args;
        int there = 0;
        for (int i = 1; i < args.count(); i++) {
            if (call.peek(i, call.value)) {
                there++;
            }
        }
        call.reply().number(there);
    }

    private static void touch(Call call) {
        int there = 0;
        for (int i = 1; i < call.args.count(); i++) {
            if (call.find(i, call.value)) {
                there++;
            }
        }
        call.reply().number(there);
    }

    private static void type(Call call) {
        boolean there = call.peek(1, call.value);
        call.reply().simple(there ? call.value.type.redisName() : "none");
    }

    /** RENAME and RENAMENX. Redis: renameGenericCommand. */
    private static void rename(Call call, boolean nx) {
        Args args = call.args;
        if (!StringCommands.find(call, 1)) {
            call.reply().error(ErrorText.NO_SUCH_KEY);
            return;
        }
        Database database = call.database();
        boolean same = sameKey(args);
        boolean there = !same && database.find(args.address(2), args.length(2), call.now(), call.other);
        boolean refused = same || (nx && there);
        if (!refused) {
            duplicate(call.value, database, args.address(2), args.length(2), true);
            if (there) {
                // In Redis the key of that name goes, and another comes.
                call.event('n', "new", 2);
            }
            database.remove(args.address(1), args.length(1), call.now());
            call.changed();
            call.event('g', "rename_from", 1);
            call.event('g', "rename_to", 2);
        }
        if (nx) {
            call.reply().number(refused ? 0 : 1);
        } else {
            call.reply().ok();
        }
    }

    /** COPY source destination [DB n] [REPLACE]. Redis: copyCommand. */
    private static void copy(Call call, boolean cluster) {
        Args args = call.args;
        boolean replace = false;
        Database target = call.database();
        for (int i = 3; i < args.count(); i++) {
            if (args.is(i, "replace")) {
                replace = true;
            } else if (args.is(i, "db") && i + 1 < args.count()) {
                i++;
                if (cluster && Decimal.fits(args.address(i), args.length(i)) && !namesFirstDatabase(args, i)) {
                    call.reply().error("ERR Copying to another database is not allowed in cluster mode");
                    return;
                }
                int number = databaseNumber(call, i);
                if (number < 0) {
                    return;
                }
                target = call.database(number);
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        if (target.number() == call.database().number() && sameKey(args)) {
            call.reply().error(ErrorText.SAME_OBJECT);
            return;
        }
        if (!call.find(1, call.value)) {
            call.reply().number(0);
            return;
        }
        boolean there = target.find(args.address(2), args.length(2), call.now(), call.other);
        if (there && !replace) {
            call.reply().number(0);
            return;
        }
        duplicate(call.value, target, args.address(2), args.length(2), false);
        call.changed();
        if (there) {
            call.event(target, 'n', "new", 2);
        }
        call.event(target, 'g', "copy_to", 2);
        call.reply().number(1);
    }

    /** MOVE key database. Redis: moveCommand. */
    private static void move(Call call, boolean cluster) {
        Args args = call.args;
        if (cluster) {
            call.reply().error("ERR MOVE is not allowed in cluster mode");
            return;
        }
        int number = databaseNumber(call, 2);
        if (number < 0) {
            return;
        }
        if (number == call.database().number()) {
            call.reply().error(ErrorText.SAME_OBJECT);
            return;
        }
        Database target = call.database(number);
        long key = args.address(1);
        int length = args.length(1);
        if (!StringCommands.find(call, 1) || target.find(key, length, call.now(), call.other)) {
            call.reply().number(0);
            return;
        }
        duplicate(call.value, target, key, length, true);
        call.database().remove(key, length, call.now());
        call.changed();
        call.event('g', "move_from", 1);
        call.event(target, 'g', "move_to", 1);
        call.reply().number(1);
    }

    private static boolean namesFirstDatabase(Args args, int i) {
        return args.length(i) == 1 && Memory.getByte(args.address(i)) == '0';
    }

    /** The database that argument {@code i} names; answers the error and returns -1. Redis: selectDb. */
    static int databaseNumber(Call call, int i) {
        if (!CounterCommands.isInteger(call, i)) {
            return -1;
        }
        long number = Decimal.parse(call.args.address(i), call.args.length(i));
        if (number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
            call.reply().error(ErrorText.INT_RANGE);
            return -1;
        }
        if (number < 0 || number >= call.keyspace.databases()) {
            call.reply().error(ErrorText.DATABASE_RANGE);
            return -1;
        }
        return (int) number;
    }

    /** True if arguments 1 and 2 are the same bytes. */
    static boolean sameKey(Args args) {
        if (args.length(1) != args.length(2)) {
            return false;
        }
        for (int i = 0; i < args.length(1); i++) {
            if (Memory.getByte(args.address(1) + i) != Memory.getByte(args.address(2) + i)) {
                return false;
            }
        }
        return true;
    }

    /** Stores an object that is the caller's, and gives it up when that fails. */
    private static void putObject(Database target, long key, int keyLength, StoredObject object, long expireAt) {
        boolean taken = false;
        try {
            target.putObject(key, keyLength, object, expireAt);
            taken = true;
        } finally {
            if (!taken) {
                object.release();
            }
        }
    }

    /**
     * Gives {@code key} of {@code target} the value and expiry of {@code value}; a block is shared, not copied.
     *
     * @param share an object is shared, too, because the other key goes
     */
    private static void duplicate(Value value, Database target, long key, int keyLength, boolean share) {
        StoredObject object = value.object;
        if (object != null) {
            putObject(target, key, keyLength, share ? object.retain() : object.copy(), value.expireAt);
        } else if (value.encoding == Value.INT) {
            target.putNumber(key, keyLength, value.number, value.expireAt);
        } else if (value.encoding == Value.BLOCK) {
            StringCommands.storeBlock(
                    target, key, keyLength, Objects.requireNonNull(value.block), value.length, value.expireAt);
        } else {
            // The view may move when the target's table grows, so the bytes go by way of a copy.
            NativeBlock copy = NativeBlock.allocate(value.length);
            try {
                Memory.copy(value.address, copy.address(), value.length);
                long at = copy.address();
                if (value.type == ValueType.STRING) {
                    target.putString(key, keyLength, at, value.length, value.encoding, value.expireAt);
                } else {
                    target.putPacked(key, keyLength, value.type, value.encoding, at, value.length, value.expireAt);
                }
            } finally {
                copy.release();
            }
        }
    }
}
