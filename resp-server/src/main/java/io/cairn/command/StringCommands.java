package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Strings as a whole: the SET and GET families. Redis: t_string.c. */
final class StringCommands {
    private StringCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        KeySpec all = KeySpec.range(1, -1, 1);
        KeySpec pairs = KeySpec.range(1, -1, 2);
        return List.of(
                Command.data("set", -3, "write denyoom @write @string @slow", one, StringCommands::set),
                Command.data("setnx", 3, "write denyoom fast @write @string @fast", one, StringCommands::setnx),
                Command.data("setex", 4, "write denyoom @write @string @slow", one, call -> setex(call, 1000, "setex")),
                Command.data("psetex", 4, "write denyoom @write @string @slow", one, call -> setex(call, 1, "psetex")),
                Command.data("get", 2, "readonly fast @read @string @fast", one, StringCommands::get),
                Command.data("getset", 3, "write denyoom fast @write @string @fast", one, StringCommands::getset),
                Command.data("getdel", 2, "write fast @write @string @fast", one, StringCommands::getdel),
                Command.data("delifeq", 3, "write fast @write @string @fast", one, StringCommands::delifeq),
                Command.data("getex", -2, "write fast @write @string @fast", one, StringCommands::getex),
                Command.data("mget", -2, "readonly fast @read @string @fast", all, StringCommands::mget),
                Command.data("mset", -3, "write denyoom @write @string @slow", pairs, StringCommands::mset),
                Command.data("msetnx", -3, "write denyoom @write @string @slow", pairs, StringCommands::msetnx));
    }

    /** SET key value [NX | XX | IFEQ value] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]. Redis: setGenericCommand; IFEQ is Valkey's. */
    private static void set(Call call) {
        if (call.args.count() == 3) {
            countAccess(call, 1);
            store(call, 1, 2, 0);
            call.changed();
            call.event('$', "set", 1);
            call.reply().ok();
            return;
        }
        long options = SetOptions.parse(call, 3, false);
        if (options == SetOptions.INVALID) {
            return;
        }
        long expireAt = 0;
        if (SetOptions.hasExpiry(options)) {
            expireAt = SetOptions.expireAt(call, options, "set");
            if (expireAt == SetOptions.INVALID) {
                return;
            }
        }
        boolean get = SetOptions.has(options, SetOptions.GET);
        boolean there = get ? call.find(1, call.value) : find(call, 1);
        boolean compare = SetOptions.has(options, SetOptions.IFEQ);
        if ((get || compare) && there && !isString(call)) {
            return;
        }
        boolean refused = compare
                ? !there || !equalsArgument(call, SetOptions.comparison(options))
                : SetOptions.has(options, there ? SetOptions.NX : SetOptions.XX);
        boolean keepTtl = SetOptions.has(options, SetOptions.KEEPTTL) && there;
        long newExpiry = keepTtl ? call.value.expireAt : expireAt;
        if (get && there) {
            replyValue(call.reply(), call.value);
        } else if (get || refused) {
            call.reply().nil();
        }
        if (!refused) {
            store(call, 1, 2, newExpiry);
            call.changed();
            if (call.isFollowed()) {
                setInstead(call, options, expireAt);
            }
            call.event('$', "set", 1);
            if (expireAt != 0) {
                call.event('g', "expire", 1);
            }
            if (!get) {
                call.reply().ok();
            }
        }
    }

    /** Redis: the expiry as a moment and nothing else; without one, the words but for GET. IFEQ is not known to it. */
    private static void setInstead(Call call, long options, long expireAt) {
        if (expireAt != 0) {
            call.instead("SET", 1, call.args.bytes(2), Effects.text("PXAT"), Effects.number(expireAt));
        } else if (SetOptions.has(options, SetOptions.GET) || SetOptions.has(options, SetOptions.IFEQ)) {
            List<byte[]> words = new ArrayList<>();
            words.add(Effects.text("SET"));
            words.add(call.args.bytes(1));
            words.add(call.args.bytes(2));
            for (int i = 3; i < call.args.count(); i++) {
                if (call.args.is(i, "ifeq")) {
                    i++;
                } else if (!call.args.is(i, "get")) {
                    words.add(call.args.bytes(i));
                }
            }
            call.instead(words);
        }
    }

    private static void setnx(Call call) {
        if (find(call, 1)) {
            call.reply().number(0);
            return;
        }
        store(call, 1, 2, 0);
        call.changed();
        call.event('$', "set", 1);
        call.reply().number(1);
    }

    private static void setex(Call call, int unitMillis, String name) {
        long expireAt = SetOptions.relativeExpiry(call, 2, unitMillis, name);
        if (expireAt == SetOptions.INVALID) {
            return;
        }
        countAccess(call, 1);
        store(call, 1, 3, expireAt);
        call.changed();
        if (call.isFollowed()) {
            call.instead("SET", 1, call.args.bytes(3), Effects.text("PXAT"), Effects.number(expireAt));
        }
        call.event('$', "set", 1);
        call.event('g', "expire", 1);
        call.reply().ok();
    }

    private static void get(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().nil();
        } else if (isString(call)) {
            replyValue(call.reply(), call.value);
        }
    }

    private static void getset(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().nil();
        } else if (isString(call)) {
            replyValue(call.reply(), call.value);
        } else {
            return;
        }
        store(call, 1, 2, 0);
        call.changed();
        call.event('$', "set", 1);
    }

    private static void getdel(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().nil();
        } else if (isString(call)) {
            replyValue(call.reply(), call.value);
            call.database().remove(call.args.address(1), call.args.length(1), call.now());
            call.changed();
            call.instead("DEL", 1);
            call.event('g', "del", 1);
        }
    }

    /** DELIFEQ key value, of Valkey 9: deletes the key if it has that value. */
    private static void delifeq(Call call) {
        boolean there = find(call, 1);
        if (there && !isString(call)) {
            return;
        }
        boolean removed = there && equalsArgument(call, 2);
        if (removed) {
            call.database().remove(call.args.address(1), call.args.length(1), call.now());
            call.changed();
            call.instead("DEL", 1);
            call.event('g', "del", 1);
        }
        call.reply().number(removed ? 1 : 0);
    }

    /** Whether the string in {@code call.value} has the bytes of argument {@code i}. */
    private static boolean equalsArgument(Call call, int i) {
        try (StringBytes bytes = new StringBytes(call.value)) {
            int length = call.args.length(i);
            long address = call.args.address(i);
            if (bytes.length != length) {
                return false;
            }
            int at = 0;
            while (at + 8 <= length && Memory.getLong(bytes.address + at) == Memory.getLong(address + at)) {
                at += 8;
            }
            while (at < length && Memory.getByte(bytes.address + at) == Memory.getByte(address + at)) {
                at++;
            }
            return at == length;
        }
    }

    /** GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]. Redis: getexCommand. */
    private static void getex(Call call) {
        long options = SetOptions.parse(call, 2, true);
        if (options == SetOptions.INVALID) {
            return;
        }
        if (!call.find(1, call.value)) {
            call.reply().nil();
            return;
        }
        if (!isString(call)) {
            return;
        }
        Database database = call.database();
        long key = call.args.address(1);
        int keyLength = call.args.length(1);
        if (SetOptions.hasExpiry(options)) {
            long expireAt = SetOptions.expireAt(call, options, "getex");
            if (expireAt == SetOptions.INVALID) {
                return;
            }
            replyValue(call.reply(), call.value);
            boolean past = expireAt <= call.expiryTime();
            if (past) {
                database.remove(key, keyLength, call.now());
            } else {
                database.setExpiry(key, keyLength, expireAt);
            }
            call.changed();
            expiryInstead(call, past, expireAt);
            call.event('g', past ? "del" : "expire", 1);
            return;
        }
        replyValue(call.reply(), call.value);
        if (SetOptions.has(options, SetOptions.PERSIST) && call.value.expireAt != 0) {
            database.setExpiry(key, keyLength, 0);
            call.changed();
            call.instead("PERSIST", 1);
            call.event('g', "persist", 1);
        }
    }

    /** What followers get for an expiry that was set, in the past or at a moment. */
    static void expiryInstead(Call call, boolean past, long expireAt) {
        if (past) {
            call.instead("DEL", 1);
        } else if (call.isFollowed()) {
            call.instead("PEXPIREAT", 1, Effects.number(expireAt));
        }
    }

    private static void mget(Call call) {
        Args args = call.args;
        Reply reply = call.reply();
        reply.array(args.count() - 1);
        for (int i = 1; i < args.count(); i++) {
            if (call.find(i, call.value) && call.value.type == ValueType.STRING) {
                replyValue(reply, call.value);
            } else {
                reply.nil();
            }
        }
    }

    private static void mset(Call call) {
        if (call.args.count() % 2 == 0) {
            call.reply().error(ErrorText.arity("mset"));
            return;
        }
        storePairs(call);
        call.reply().ok();
    }

    private static void msetnx(Call call) {
        Args args = call.args;
        if (args.count() % 2 == 0) {
            call.reply().error(ErrorText.arity("msetnx"));
            return;
        }
        for (int i = 1; i < args.count(); i += 2) {
            if (find(call, i)) {
                call.reply().number(0);
                return;
            }
        }
        storePairs(call);
        call.reply().number(1);
    }

    /** Overwriting a key is an access of it, which only a lookup counts under an LFU policy. Redis: setKey. */
    private static void countAccess(Call call, int i) {
        if (call.keyspace.access().lfu()) {
            find(call, i);
        }
    }

    private static void storePairs(Call call) {
        for (int i = 1; i < call.args.count(); i += 2) {
            countAccess(call, i);
            store(call, i, i + 1, 0);
            call.event('$', "set", i);
        }
        call.changed();
    }

    /**
     * Looks the key at argument {@code i} up into {@code call.value} for a write, which counts no hit or miss (Redis:
     * lookupKeyWrite); reads use {@link Call#find}.
     */
    static boolean find(Call call, int i) {
        return call.database().find(call.args.address(i), call.args.length(i), call.now(), call.value);
    }

    /** True if {@code call.value} is a string; otherwise answers the error. */
    static boolean isString(Call call) {
        if (call.value.type == ValueType.STRING) {
            return true;
        }
        call.reply().error(ErrorText.WRONG_TYPE);
        return false;
    }

    /**
     * Makes the string just found in {@code call.value}, of argument {@code i}, one that was changed in place, without counting as a change: OBJECT
     * ENCODING shows that a command was about to change it, as in Redis (dbUnshareStringValue). The view stays valid.
     */
    static void unshare(Call call, int i) {
        Value value = call.value;
        if (value.encoding == Value.INT || value.encoding == Value.BYTES) {
            long key = call.args.address(i);
            int keyLength = call.args.length(i);
            long version = value.version;
            call.database().resize(key, keyLength, call.now(), RangeCommands.length(value), value);
            call.database().setVersion(key, keyLength, version);
        }
    }

    /** Answers a string value. */
    static void replyValue(Reply reply, Value value) {
        if (value.encoding == Value.INT) {
            reply.bulkNumber(value.number);
        } else if (value.block != null) {
            reply.bulk(value.block, 0, value.length);
        } else {
            reply.bulk(value.address, value.length);
        }
    }

    /**
     * Sets the key at argument {@code key} to the bytes of argument {@code value}: a canonical long becomes a number
     * (Redis: tryObjectEncoding), an argument in a block of its own is taken over without a copy.
     */
    static void store(Call call, int key, int value, long expireAt) {
        Args args = call.args;
        Database database = call.database();
        long address = args.address(key);
        int keyLength = args.length(key);
        long bytes = args.address(value);
        int length = args.length(value);
        NativeBlock block = args.block(value);
        if (block != null) {
            storeBlock(database, address, keyLength, block, length, expireAt);
        } else if (Decimal.fits(bytes, length)) {
            database.putNumber(address, keyLength, Decimal.parse(bytes, length), expireAt);
        } else {
            database.putString(address, keyLength, bytes, length, Value.BYTES, expireAt);
        }
    }

    /** Sets a key to a block that stays the caller's as well. */
    static void storeBlock(Database database, long key, int keyLength, NativeBlock block, int length, long expireAt) {
        block.retain();
        boolean taken = false;
        try {
            database.putBlock(key, keyLength, block, length, expireAt);
            taken = true;
        } finally {
            if (!taken) {
                block.release();
            }
        }
    }
}
