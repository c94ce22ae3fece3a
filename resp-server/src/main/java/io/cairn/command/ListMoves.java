package io.cairn.command;

import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.ListCursor;
import java.util.List;

/**
 * Elements taken from the first of several lists, or moved from one to another: what the blocking commands do as well. {@link #tryPop} and
 * {@link #tryMove} are one attempt, which answers nothing when there is nothing to take. Redis: mpopGenericCommand, lmoveGenericCommand.
 */
final class ListMoves {
    private ListMoves() {}

    static List<Command> table() {
        String words = "write denyoom @write @list @slow";
        KeySpec two = KeySpec.range(1, 2, 1);
        return List.of(
                Command.data("lmove", 5, words, two, ListMoves::lmove),
                Command.data("rpoplpush", 3, words, two, ListMoves::rpoplpush),
                Command.data("lmpop", -4, "write @write @list @slow", CountedKeys.at(1), ListMoves::lmpop));
    }

    /** LMOVE source destination LEFT|RIGHT LEFT|RIGHT. */
    private static void lmove(Call call) {
        if (!isEnd(call, 3) || !isEnd(call, 4)) {
            return;
        }
        if (!tryMove(call, call.args.is(3, "right"), call.args.is(4, "right"))) {
            call.reply().nil();
        }
    }

    private static void rpoplpush(Call call) {
        if (!tryMove(call, true, false)) {
            call.reply().nil();
        }
    }

    /** LMPOP numkeys key ... LEFT|RIGHT [COUNT count]. */
    private static void lmpop(Call call) {
        long count = parseMultiPop(call, 1);
        if (count < 0) {
            return;
        }
        int keys = (int) CountedKeys.number(call.args, 1);
        if (!tryPop(call, 2, keys, call.args.is(2 + keys, "right"), count)) {
            call.reply().nilArray();
        }
    }

    /**
     * Checks the arguments of LMPOP and BLMPOP from {@code numkeys} on, which is argument {@code at}: the keys follow it, then LEFT or RIGHT.
     *
     * @return the count, 1 if none is given; -1 if an error was answered
     */
    static long parseMultiPop(Call call, int at) {
        Args args = call.args;
        long keys = CountedKeys.number(args, at);
        if (keys < 1) {
            call.reply().error("ERR numkeys should be greater than 0");
            return -1;
        }
        if (keys >= args.count() - at - 1) {
            call.reply().error(ErrorText.SYNTAX);
            return -1;
        }
        int where = at + 1 + (int) keys;
        if (!isEnd(call, where)) {
            return -1;
        }
        long count = -1;
        for (int i = where + 1; i < args.count(); i += 2) {
            if (count != -1 || !args.is(i, "count") || i + 1 == args.count()) {
                call.reply().error(ErrorText.SYNTAX);
                return -1;
            }
            count = CountedKeys.number(args, i + 1);
            if (count < 1) {
                call.reply().error("ERR count should be greater than 0");
                return -1;
            }
        }
        return count == -1 ? 1 : count;
    }

    /** True if an argument is LEFT or RIGHT; otherwise answers the error. */
    static boolean isEnd(Call call, int i) {
        if (call.args.is(i, "left") || call.args.is(i, "right")) {
            return true;
        }
        call.reply().error(ErrorText.SYNTAX);
        return false;
    }

    /**
     * Takes elements from the first of {@code keys} keys, from argument {@code first} on, that is there, and answers them with the key.
     *
     * @param count at most so many, answered as an array (LMPOP, BLMPOP); -1 for one, answered by itself (BLPOP, BRPOP)
     * @return false if none was there and nothing was answered; true if elements, or that a key has another type, were
     */
    static boolean tryPop(Call call, int first, int keys, boolean fromTail, long count) {
        for (int key = first; key < first + keys; key++) {
            if (!ListEdit.find(call, key, call.value)) {
                continue;
            }
            if (!ListCommands.isList(call, call.value)) {
                call.wrongType();
                return true;
            }
            Reply reply = call.reply();
            reply.array(2);
            reply.bulk(call.args.address(key), call.args.length(key));
            long taken = 1;
            if (count == -1) {
                ListCommands.replyOne(call, call.value, fromTail ? -1 : 0);
            } else {
                taken = Math.min(count, ListCursor.count(call.value));
                ListCommands.replyRange(call, fromTail ? -taken : 0, taken, fromTail);
            }
            ListCommands.remove(call, key, fromTail, taken);
            if (call.isFollowed()) {
                byte[][] counted = count == -1 ? new byte[0][] : new byte[][] {Effects.number(taken)};
                call.instead(fromTail ? "RPOP" : "LPOP", key, counted);
            }
            return true;
        }
        return false;
    }

    /**
     * Moves an element from the list at argument 1 to the list at argument 2, which may be the same, and answers it.
     *
     * @return false if the source is not there and nothing was answered
     */
    static boolean tryMove(Call call, boolean fromTail, boolean toTail) {
        if (!ListEdit.find(call, 1, call.value)) {
            return false;
        }
        if (!ListCommands.isList(call, call.value)) {
            call.wrongType();
            return true;
        }
        boolean there = ListEdit.find(call, 2, call.other);
        if (there && !ListCommands.isList(call, call.other)) {
            return true;
        }
        ListCursor cursor = new ListCursor();
        if (!cursor.seek(call.value, fromTail ? -1 : 0)) {
            throw new IllegalStateException("a list without elements");
        }
        int length = cursor.textLength();
        NativeBlock element = NativeBlock.allocate(length);
        try {
            cursor.copyText(element.address());
            move(call, fromTail, toTail, there, element.address(), length);
            call.changed();
            if (call.isFollowed()) {
                moveInstead(call);
            }
            call.reply().bulk(element, 0, length);
        } finally {
            element.release();
        }
        return true;
    }

    /** What waits has another name and a timeout. */
    private static void moveInstead(Call call) {
        Args args = call.args;
        boolean saysEnds = args.count() > 4;
        if (saysEnds) {
            call.instead("LMOVE", 1, args.bytes(2), args.bytes(3), args.bytes(4));
        } else {
            call.instead("RPOPLPUSH", 1, args.bytes(2));
        }
    }

    private static void move(Call call, boolean fromTail, boolean toTail, boolean there, long element, int length) {
        boolean left;
        if (KeyCommands.sameKey(call.args)) {
            rotate(call, fromTail, toTail, element, length);
            left = true;
            call.event('l', toTail ? "rpush" : "lpush", 2);
        } else {
            // Added first: if there is no memory for that, nothing is lost.
            ListEdit destination = there ? ListEdit.of(call, 2, call.other) : ListEdit.create(call, 2);
            destination.push(toTail, element, length);
            destination.commit();
            call.event('l', toTail ? "rpush" : "lpush", 2);
            Value source = call.value;
            if (!ListEdit.find(call, 1, source)) {
                throw new IllegalStateException("the source of a move is gone");
            }
            ListEdit list = ListEdit.of(call, 1, source);
            list.removeRange(fromTail ? -1 : 0, 1);
            left = list.commit();
        }
        call.event('l', fromTail ? "rpop" : "lpop", 1);
        if (!left) {
            call.event('g', "del", 1);
        }
    }

    /** A list is source and destination. */
    private static void rotate(Call call, boolean fromTail, boolean toTail, long element, int length) {
        ListEdit list = ListEdit.of(call, 1, call.value);
        if (fromTail != toTail) {
            list.push(toTail, element, length);
            list.removeRange(fromTail ? -1 : 0, 1);
        }
        list.commit();
    }
}
