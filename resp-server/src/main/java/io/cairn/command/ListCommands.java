package io.cairn.command;

import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ListCursor;
import java.util.Arrays;
import java.util.List;

/** Lists, but for moves between them ({@link ListMoves}). Redis: t_list.c. */
final class ListCommands {
    private ListCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String push = "write denyoom fast @write @list @fast";
        String grow = "write denyoom @write @list @slow";
        String read = "readonly @read @list @slow";
        String shrink = "write @write @list @slow";
        return List.of(
                Command.data("lpush", -3, push, one, call -> push(call, false, false)),
                Command.data("rpush", -3, push, one, call -> push(call, true, false)),
                Command.data("lpushx", -3, push, one, call -> push(call, false, true)),
                Command.data("rpushx", -3, push, one, call -> push(call, true, true)),
                Command.data("lpop", -2, "write fast @write @list @fast", one, call -> pop(call, false, "lpop")),
                Command.data("rpop", -2, "write fast @write @list @fast", one, call -> pop(call, true, "rpop")),
                Command.data("llen", 2, "readonly fast @read @list @fast", one, ListCommands::llen),
                Command.data("lindex", 3, read, one, ListCommands::lindex),
                Command.data("lset", 4, grow, one, ListCommands::lset),
                Command.data("lrange", 4, read, one, ListCommands::lrange),
                Command.data("ltrim", 4, shrink, one, ListCommands::ltrim),
                Command.data("lrem", 4, shrink, one, ListCommands::lrem),
                Command.data("linsert", 5, grow, one, ListCommands::linsert),
                Command.data("lpos", -3, read, one, ListCommands::lpos));
    }

    /** Redis: pushGenericCommand. */
    private static void push(Call call, boolean atTail, boolean onlyIfThere) {
        boolean there = ListEdit.find(call, 1, call.value);
        if (there && !isList(call, call.value)) {
            return;
        }
        if (!there && onlyIfThere) {
            call.reply().number(0);
            return;
        }
        ListEdit list = there ? ListEdit.of(call, 1, call.value) : ListEdit.create(call, 1);
        list.pushArguments(atTail, 2);
        list.commit();
        call.changed();
        call.reply().number(list.count());
        call.event('l', atTail ? "rpush" : "lpush", 1);
    }

    /** LPOP key [count]. Redis: popGenericCommand. */
    private static void pop(Call call, boolean fromTail, String name) {
        Args args = call.args;
        if (args.count() > 3) {
            call.reply().error(ErrorText.arity(name));
            return;
        }
        boolean counted = args.count() == 3;
        long wanted = counted ? CountedKeys.number(args, 2) : 1;
        if (wanted < 0) {
            call.reply().error(ErrorText.NOT_POSITIVE);
            return;
        }
        if (!ListEdit.find(call, 1, call.value)) {
            if (counted) {
                call.reply().nilArray();
            } else {
                call.reply().nil();
            }
            return;
        }
        if (!isList(call, call.value)) {
            return;
        }
        if (wanted == 0) {
            call.reply().array(0);
            return;
        }
        long taken = Math.min(wanted, ListCursor.count(call.value));
        if (counted) {
            replyRange(call, fromTail ? -taken : 0, taken, fromTail);
        } else {
            replyOne(call, call.value, fromTail ? -1 : 0);
        }
        remove(call, 1, fromTail, taken);
    }

    /** Answers an element that is there. */
    static void replyOne(Call call, Value list, long index) {
        ListCursor cursor = new ListCursor();
        if (!cursor.seek(list, index)) {
            throw new IndexOutOfBoundsException("no element " + index);
        }
        reply(call.reply(), cursor);
    }

    /** Removes elements that are there from one end of {@code call.value}, the list of the key at an argument. Redis: listElementsRemoved. */
    static void remove(Call call, int key, boolean fromTail, long number) {
        ListEdit list = ListEdit.of(call, key, call.value);
        list.removeRange(fromTail ? -number : 0, number);
        boolean left = list.commit();
        call.changed();
        call.event('l', fromTail ? "rpop" : "lpop", key);
        if (!left) {
            call.event('g', "del", key);
        }
    }

    private static void llen(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (isList(call, call.value)) {
            call.reply().number(ListCursor.count(call.value));
        }
    }

    private static void lindex(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().nil();
            return;
        }
        if (!isList(call, call.value) || !CounterCommands.isInteger(call, 2)) {
            return;
        }
        ListCursor cursor = new ListCursor();
        if (cursor.seek(call.value, number(call, 2))) {
            reply(call.reply(), cursor);
        } else {
            call.reply().nil();
        }
    }

    private static void lset(Call call) {
        if (!ListEdit.find(call, 1, call.value)) {
            call.reply().error(ErrorText.NO_SUCH_KEY);
            return;
        }
        if (!isList(call, call.value) || !CounterCommands.isInteger(call, 2)) {
            return;
        }
        long count = ListCursor.count(call.value);
        long index = number(call, 2);
        if (index < 0) {
            index += count;
        }
        if (index < 0 || index >= count) {
            call.reply().error("ERR index out of range");
            return;
        }
        ListEdit list = ListEdit.of(call, 1, call.value);
        list.replace(index, call.args.address(3), call.args.length(3));
        list.commit();
        call.changed();
        call.reply().ok();
        call.event('l', "lset", 1);
    }

    private static void lrange(Call call) {
        if (!CounterCommands.isInteger(call, 2) || !CounterCommands.isInteger(call, 3)) {
            return;
        }
        if (!call.find(1, call.value)) {
            call.reply().array(0);
            return;
        }
        if (!isList(call, call.value)) {
            return;
        }
        long count = ListCursor.count(call.value);
        long start = first(number(call, 2), count);
        long end = last(number(call, 3), count);
        replyRange(call, start, start > end || start >= count ? 0 : end - start + 1, false);
    }

    private static long first(long index, long count) {
        return Math.max(0, index < 0 ? index + count : index);
    }

    private static long last(long index, long count) {
        return Math.min(count - 1, index < 0 ? index + count : index);
    }

    /** Answers a range of {@code call.value} that is there, perhaps from its end to its beginning. Redis: addListRangeReply. */
    static void replyRange(Call call, long start, long number, boolean reverse) {
        Reply reply = call.reply();
        reply.array((int) number);
        if (number == 0) {
            return;
        }
        ListCursor cursor = new ListCursor();
        if (!cursor.seek(call.value, reverse ? start + number - 1 : start)) {
            throw new IndexOutOfBoundsException("no element " + start);
        }
        reply(reply, cursor);
        for (long left = number - 1; left > 0; left--) {
            if (reverse) {
                cursor.previous();
            } else {
                cursor.next();
            }
            reply(reply, cursor);
        }
    }

    private static void ltrim(Call call) {
        if (!CounterCommands.isInteger(call, 2) || !CounterCommands.isInteger(call, 3)) {
            return;
        }
        if (!ListEdit.find(call, 1, call.value)) {
            call.reply().ok();
            return;
        }
        if (!isList(call, call.value)) {
            return;
        }
        long count = ListCursor.count(call.value);
        long start = first(number(call, 2), count);
        long end = last(number(call, 3), count);
        boolean all = start > end || start >= count;
        long before = all ? count : start;
        long behind = all ? 0 : count - end - 1;
        boolean left = true;
        if (before + behind > 0) {
            ListEdit list = ListEdit.of(call, 1, call.value);
            list.removeRange(0, before);
            list.removeRange(-behind, behind);
            left = list.commit();
            call.changed();
        }
        call.event('l', "ltrim", 1);
        if (!left) {
            call.event('g', "del", 1);
        }
        call.reply().ok();
    }

    private static void lrem(Call call) {
        if (!CounterCommands.isInteger(call, 2)) {
            return;
        }
        if (!ListEdit.find(call, 1, call.value)) {
            call.reply().number(0);
            return;
        }
        if (!isList(call, call.value)) {
            return;
        }
        long element = call.args.address(3);
        int length = call.args.length(3);
        long removed = 0;
        long most = number(call, 2);
        if (distanceTo(call.value, element, length, most < 0) >= 0) {
            ListEdit list = ListEdit.of(call, 1, call.value);
            removed = list.removeEqual(element, length, Math.abs(most), most < 0);
            boolean left = list.commit();
            call.changed();
            call.event('l', "lrem", 1);
            if (!left) {
                call.event('g', "del", 1);
            }
        }
        call.reply().number(removed);
    }

    /** LINSERT key BEFORE|AFTER pivot element. Redis: linsertCommand. */
    private static void linsert(Call call) {
        Args args = call.args;
        boolean after = args.is(2, "after");
        if (!after && !args.is(2, "before")) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        if (!ListEdit.find(call, 1, call.value)) {
            call.reply().number(0);
            return;
        }
        if (!isList(call, call.value)) {
            return;
        }
        long pivot = distanceTo(call.value, args.address(3), args.length(3), false);
        if (pivot < 0) {
            call.reply().number(-1);
            return;
        }
        ListEdit list = ListEdit.of(call, 1, call.value);
        list.insert(pivot, after, args.address(4), args.length(4));
        list.commit();
        call.changed();
        call.event('l', "linsert", 1);
        call.reply().number(list.count());
    }

    /** How far an element is from the head, or from the tail; -1 if there is none. */
    private static long distanceTo(Value list, long bytes, int length, boolean fromTail) {
        ListCursor cursor = new ListCursor();
        boolean more = cursor.seek(list, fromTail ? -1 : 0);
        for (long distance = 0; more; distance++) {
            if (cursor.equals(bytes, length)) {
                return distance;
            }
            more = fromTail ? cursor.previous() : cursor.next();
        }
        return -1;
    }

    /** LPOS key element [RANK rank] [COUNT matches] [MAXLEN length]. Redis: lposCommand. */
    private static void lpos(Call call) {
        Args args = call.args;
        long rank = 1;
        long wanted = -1;
        long most = 0;
        for (int i = 3; i < args.count(); i += 2) {
            boolean more = i + 1 < args.count();
            if (more && args.is(i, "rank")) {
                if (!CounterCommands.isInteger(call, i + 1)) {
                    return;
                }
                rank = number(call, i + 1);
                if (rank == 0) {
                    call.reply()
                            .error(
                                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use"
                                            + " negative to start from the end of the list");
                    return;
                }
            } else if (more && args.is(i, "count")) {
                wanted = CountedKeys.number(args, i + 1);
                if (wanted < 0) {
                    call.reply().error("ERR COUNT can't be negative");
                    return;
                }
            } else if (more && args.is(i, "maxlen")) {
                most = CountedKeys.number(args, i + 1);
                if (most < 0) {
                    call.reply().error("ERR MAXLEN can't be negative");
                    return;
                }
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        boolean there = call.find(1, call.value);
        if (there && !isList(call, call.value)) {
            return;
        }
        long[] found = there ? positions(call, rank, wanted < 0 ? 1 : wanted, most) : new long[0];
        if (wanted >= 0) {
            call.reply().array(found.length);
            for (long position : found) {
                call.reply().number(position);
            }
        } else if (found.length > 0) {
            call.reply().number(found[0]);
        } else {
            call.reply().nil();
        }
    }

    /** Where argument 2 is in {@code call.value}: from the {@code rank}-th match on, at most {@code wanted} (0 for all). */
    private static long[] positions(Call call, long rank, long wanted, long most) {
        boolean backwards = rank < 0;
        long first = Math.abs(rank);
        long[] found = new long[8];
        int count = 0;
        long matches = 0;
        long all = ListCursor.count(call.value);
        ListCursor cursor = new ListCursor();
        boolean more = cursor.seek(call.value, backwards ? -1 : 0);
        for (long index = 0; more && (most == 0 || index < most); index++) {
            if (cursor.equals(call.args.address(2), call.args.length(2))) {
                matches++;
                if (matches >= first) {
                    if (count == found.length) {
                        found = Arrays.copyOf(found, 2 * count);
                    }
                    found[count++] = backwards ? all - 1 - index : index;
                    if (wanted != 0 && count >= wanted) {
                        break;
                    }
                }
            }
            more = backwards ? cursor.previous() : cursor.next();
        }
        return Arrays.copyOf(found, count);
    }

    /** True if {@code value} is a list; otherwise answers the error. */
    static boolean isList(Call call, Value value) {
        if (value.type == ValueType.LIST) {
            return true;
        }
        call.reply().error(ErrorText.WRONG_TYPE);
        return false;
    }

    /** The number of an argument that is one. */
    private static long number(Call call, int i) {
        return Decimal.parse(call.args.address(i), call.args.length(i));
    }

    /** Answers an element. */
    static void reply(Reply reply, ListCursor cursor) {
        if (cursor.isNumber()) {
            reply.bulkNumber(cursor.number());
        } else {
            reply.bulk(cursor.address(), cursor.length());
        }
    }
}
