package io.cairn.jepsen.workload;

import static io.cairn.jepsen.resp.RawClient.words;

import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.ListAppend;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Talk;
import io.cairn.jepsen.resp.Transaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Lists that transactions extend and read, the lists of one transaction all under one hash tag. A list is a string to which
 * APPEND adds a blank and an element. Transactions of one operation go out plain or in MULTI, longer ones in MULTI.
 */
public final class AppendWorkload implements Workload {
    private static final int GROUPS = 9;
    private static final int KEYS_OF_A_GROUP = 4;
    /** A list is replaced by a new one after this many appends. */
    static final int APPENDS_OF_A_LIST = 100;

    private static final int MOST_OPERATIONS = 5;
    private static final double READ_ONLY = 0.25;
    private static final double SINGLE = 0.25;

    private final Options options;
    private final SpreadTags tags;
    private final List<Group> groups = new ArrayList<>();
    private final AtomicLong elements = new AtomicLong();
    private final AtomicLong lists = new AtomicLong();
    private final Queue<Growing> all = new ConcurrentLinkedQueue<>();
    private final LastReads<Growing> last = new LastReads<>(() -> all);

    private static final class Group {
        final SpreadTags.Tag tag;
        final String name;
        final AtomicReferenceArray<Growing> lists = new AtomicReferenceArray<>(KEYS_OF_A_GROUP);

        Group(SpreadTags.Tag tag) {
            this.tag = tag;
            name = tag.name();
        }
    }

    private static final class Growing {
        final Group group;
        final String key;
        final AtomicInteger appends = new AtomicInteger();
        /** Elements by themselves, so that the many reads of a list share the objects. */
        final Map<Long, Long> known = new ConcurrentHashMap<>();

        Growing(Group group, String key) {
            this.group = group;
            this.key = key;
        }
    }

    /** One operation of a transaction; {@code element} is null for a read. */
    private record Micro(Growing list, @Nullable Long element) {
        byte[][] command() {
            return element == null ? words("GET", list.key) : words("APPEND", list.key, " " + element);
        }

        List<@Nullable Object> with(@Nullable Object value) {
            return Arrays.asList(element == null ? "r" : "append", list.key, value);
        }

        List<@Nullable Object> asked() {
            return with(element);
        }

        List<@Nullable Object> answered(Reply reply) {
            if (element != null) {
                Replies.integer(reply);
                return with(element);
            }
            return with(list(reply));
        }

        private List<Long> list(Reply reply) {
            if (reply instanceof Reply.Nil) {
                return List.of();
            }
            String text = ((Reply.Bulk) reply).text();
            List<Long> found = new ArrayList<>();
            for (int from = 1; from <= text.length(); ) {
                int end = text.indexOf(' ', from);
                end = end < 0 ? text.length() : end;
                Long read = Long.valueOf(text.substring(from, end));
                found.add(list.known.getOrDefault(read, read));
                from = end + 1;
            }
            return List.copyOf(found);
        }
    }

    public AppendWorkload(Options options) {
        this.options = options;
        tags = new SpreadTags(options.prefix(), 3);
        for (int i = 0; i < options.keysOr(GROUPS); i++) {
            Group group = new Group(tags.next());
            groups.add(group);
            for (int k = 0; k < KEYS_OF_A_GROUP; k++) {
                group.lists.set(k, create(group));
            }
        }
    }

    @Override
    public String name() {
        return "append";
    }

    @Override
    public void step(Session session) {
        SplittableRandom random = session.random();
        Group group = groups.get(random.nextInt(groups.size()));
        int count = random.nextDouble() < SINGLE ? 1 : 1 + random.nextInt(MOST_OPERATIONS);
        boolean readOnly = random.nextDouble() < READ_ONLY;
        List<Micro> micros = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            micros.add(readOnly || random.nextBoolean() ? read(group, random) : append(group, random));
        }
        boolean onlyReads = micros.stream().allMatch(micro -> micro.element == null);
        boolean multi = count > 1 || random.nextInt(4) == 0;
        run(session, group, micros, multi, onlyReads && options.atReplica(random));
    }

    @Override
    public void finalReads(Session session) {
        last.by(session, list -> run(session, list.group, List.of(new Micro(list, null)), false, false));
    }

    @Override
    public List<Checker> checkers() {
        return Workload.checkers(new ListAppend(), name());
    }

    private static Outcome run(Session session, Group group, List<Micro> micros, boolean multi, boolean replica) {
        List<List<@Nullable Object>> in = micros.stream().map(Micro::asked).toList();
        Talk talk = multi
                ? new Transaction(micros.stream().map(Micro::command).toList())
                : Talk.command(micros.get(0).command());
        return session.read(replica, "txn", group.name, group.tag.slot(), in, talk, reply -> {
            List<Reply> replies = multi ? reply.items() : List.of(reply);
            List<List<@Nullable Object>> out = new ArrayList<>(micros.size());
            for (int i = 0; i < micros.size(); i++) {
                out.add(micros.get(i).answered(replies.get(i)));
            }
            return out;
        });
    }

    private static Micro read(Group group, SplittableRandom random) {
        return new Micro(group.lists.get(random.nextInt(KEYS_OF_A_GROUP)), null);
    }

    private Micro append(Group group, SplittableRandom random) {
        int i = random.nextInt(KEYS_OF_A_GROUP);
        Growing list = group.lists.get(i);
        if (list.appends.incrementAndGet() == APPENDS_OF_A_LIST) {
            group.lists.set(i, create(group));
        }
        Long element = elements.incrementAndGet();
        list.known.put(element, element);
        return new Micro(list, element);
    }

    private Growing create(Group group) {
        Growing list = new Growing(group, group.tag.key(":" + lists.incrementAndGet()));
        all.add(list);
        return list;
    }
}
