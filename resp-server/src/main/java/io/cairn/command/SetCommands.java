package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.Chance;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.SetReader;
import java.util.List;

/** Sets one by one. Redis: t_set.c. */
final class SetCommands {
    private SetCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String fast = "readonly fast @read @set @fast";
        String slow = "readonly @read @set @slow";
        String removes = "write fast @write @set @fast";
        return List.of(
                Command.data("sadd", -3, "write denyoom fast @write @set @fast", one, SetCommands::sadd),
                Command.data("srem", -3, removes, one, SetCommands::srem),
                Command.data("smove", 4, removes, KeySpec.range(1, 2, 1), SetCommands::smove),
                Command.data("spop", -2, removes, one, SetCommands::spop),
                Command.data("sismember", 3, fast, one, SetCommands::sismember),
                Command.data("smismember", -3, fast, one, SetCommands::smismember),
                Command.data("scard", 2, fast, one, SetCommands::scard),
                Command.data("smembers", 2, slow, one, SetCommands::smembers),
                Command.data("srandmember", -2, slow, one, SetCommands::srandmember),
                Command.data("sscan", -3, slow, one, ElementScan::sscan));
    }

    private static void sadd(Call call) {
        int added = 0;
        try (SetChange set = SetChange.of(call, 1)) {
            if (set == null) {
                return;
            }
            for (int i = 2; i < call.args.count(); i++) {
                if (set.add(i)) {
                    added++;
                }
            }
            set.end();
        }
        call.reply().number(added);
        if (added > 0) {
            call.event('s', "sadd", 1);
        }
    }

    private static void srem(Call call) {
        int removed = 0;
        boolean emptied = false;
        try (SetChange set = SetChange.of(call, 1)) {
            if (set == null) {
                return;
            }
            for (int i = 2; i < call.args.count() && !emptied; i++) {
                if (set.remove(i)) {
                    removed++;
                    emptied = set.size() == 0;
                }
            }
            set.end();
        }
        call.reply().number(removed);
        if (removed > 0) {
            call.event('s', "srem", 1);
        }
        if (emptied) {
            call.event('g', "del", 1);
        }
    }

    /** SMOVE source destination member. The member is added first: when that fails for want of memory nothing is lost. */
    private static void smove(Call call) {
        Args args = call.args;
        Reply reply = call.reply();
        if (!StringCommands.find(call, 1)) {
            reply.number(0);
            return;
        }
        if (!TypeCheck.is(call, call.value, ValueType.SET)) {
            return;
        }
        if (call.database().find(args.address(2), args.length(2), call.now(), call.other)
                && !TypeCheck.is(call, call.other, ValueType.SET)) {
            return;
        }
        boolean member = SetReader.contains(call.value, args.address(3), args.length(3));
        if (!member || SetAlgebra.sameKey(args, 1, 2)) {
            reply.number(member ? 1 : 0);
            return;
        }
        boolean added;
        boolean emptied;
        try (SetChange target = SetChange.of(call, 2)) {
            if (target == null) {
                throw new IllegalStateException("its type was looked at");
            }
            added = target.add(3);
            target.end();
        }
        try (SetChange source = SetChange.of(call, 1)) {
            if (source == null) {
                throw new IllegalStateException("its type was looked at");
            }
            source.remove(3);
            emptied = source.size() == 0;
            source.end();
        }
        reply.number(1);
        call.event('s', "srem", 1);
        if (emptied) {
            call.event('g', "del", 1);
        }
        if (added) {
            call.event('s', "sadd", 2);
        }
    }

    /** SPOP key [count]. Redis: spopCommand, spopWithCountCommand. */
    private static void spop(Call call) {
        Args args = call.args;
        Reply reply = call.reply();
        if (args.count() > 3) {
            reply.error(ErrorText.SYNTAX);
            return;
        }
        boolean several = args.count() == 3;
        long count = several ? popCount(call) : 1;
        if (count < 0) {
            return;
        }
        boolean emptied = false;
        try (SetChange set = SetChange.of(call, 1)) {
            if (set == null) {
                return;
            }
            int size = set.size();
            int popped = (int) Math.min(count, size);
            if (several) {
                reply.set(popped);
            } else if (size == 0) {
                reply.nil();
            }
            if (popped == 0) {
                return;
            }
            if (several && popped == size) {
                popAll(call, set);
            } else {
                pop(call, set, popped);
            }
            emptied = popped == size;
            set.end();
        }
        call.event('s', "spop", 1);
        if (emptied) {
            call.event('g', "del", 1);
        }
    }

    private static long popCount(Call call) {
        Args args = call.args;
        long count = -1;
        if (Decimal.fits(args.address(2), args.length(2))) {
            count = Decimal.parse(args.address(2), args.length(2));
        }
        if (count < 0) {
            call.reply().error("ERR value is out of range, must be positive");
        }
        return count;
    }

    /** Answers and removes members by chance; the places, and so the members, are the same on all replicas. */
    private static void pop(Call call, SetChange set, int count) {
        Chance chance = new Chance(call.seed());
        try (ElementText member = new ElementText()) {
            for (int i = 0; i < count; i++) {
                int place = chance.below(set.size());
                set.memberAt(place, member);
                call.reply().bulk(member.address(), member.length());
                if (call.isFollowed()) {
                    call.instead("SREM", 1, Memory.bytes(member.address(), member.length()));
                }
                set.removeAt(place);
            }
        }
    }

    /** Answers all members; the key then goes as a whole. */
    private static void popAll(Call call, SetChange set) {
        try (SetReader reader = new SetReader(call.value)) {
            replyAll(call.reply(), reader);
        }
        set.removeAll();
        call.instead("DEL", 1);
    }

    private static void sismember(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (TypeCheck.is(call, call.value, ValueType.SET)) {
            call.reply().number(isMember(call, 2));
        }
    }

    private static int isMember(Call call, int i) {
        return SetReader.contains(call.value, call.args.address(i), call.args.length(i)) ? 1 : 0;
    }

    private static void smismember(Call call) {
        boolean there = call.find(1, call.value);
        if (there && !TypeCheck.is(call, call.value, ValueType.SET)) {
            return;
        }
        call.reply().array(call.args.count() - 2);
        for (int i = 2; i < call.args.count(); i++) {
            call.reply().number(there ? isMember(call, i) : 0);
        }
    }

    private static void scard(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (TypeCheck.is(call, call.value, ValueType.SET)) {
            call.reply().number(SetReader.size(call.value));
        }
    }

    private static void smembers(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().set(0);
        } else if (TypeCheck.is(call, call.value, ValueType.SET)) {
            call.reply().set(SetReader.size(call.value));
            try (SetReader reader = new SetReader(call.value)) {
                replyAll(call.reply(), reader);
            }
        }
    }

    private static void replyAll(Reply reply, SetReader reader) {
        while (reader.next()) {
            reply.bulk(reader.member().address(), reader.member().length());
        }
    }

    /** SRANDMEMBER key [count]. Redis: srandmemberCommand, srandmemberWithCountCommand. */
    private static void srandmember(Call call) {
        Args args = call.args;
        Reply reply = call.reply();
        if (args.count() > 3) {
            reply.error(ErrorText.SYNTAX);
            return;
        }
        boolean several = args.count() == 3;
        long count = 1;
        if (several) {
            count = RandomPlaces.count(call, 2);
            if (count == Long.MIN_VALUE) {
                return;
            }
            if (count < -RandomPlaces.MOST) {
                reply.error("ERR value is out of range");
                return;
            }
        }
        if (!call.find(1, call.value)) {
            if (several) {
                reply.array(0);
            } else {
                reply.nil();
            }
        } else if (TypeCheck.is(call, call.value, ValueType.SET)) {
            try (SetReader reader = new SetReader(call.value)) {
                sample(call, reader, count, several);
            }
        }
    }

    private static void sample(Call call, SetReader reader, long count, boolean several) {
        Reply reply = call.reply();
        Chance chance = new Chance(call.seed());
        int size = reader.size();
        long answered = count < 0 ? -count : Math.min(count, size);
        if (several) {
            reply.array((int) answered);
        }
        if (count < 0) {
            for (long i = 0; i < answered; i++) {
                replyAt(reply, reader, chance.below(size));
            }
        } else if (answered == size) {
            replyAll(reply, reader);
        } else {
            for (int place : RandomPlaces.distinct(chance, size, (int) answered)) {
                replyAt(reply, reader, place);
            }
        }
    }

    private static void replyAt(Reply reply, SetReader reader, int place) {
        reader.seek(place);
        reply.bulk(reader.member().address(), reader.member().length());
    }
}
