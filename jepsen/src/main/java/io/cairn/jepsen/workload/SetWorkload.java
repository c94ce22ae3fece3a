package io.cairn.jepsen.workload;

import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.SetOfKeys;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Talk;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A set over all slots: an element is a key of its own, written once. A read asks for some elements of one bucket by MGET,
 * which needs them all in one slot, so a bucket is a hash tag; full buckets are replaced by empty ones in other slots.
 */
public final class SetWorkload implements Workload {
    /** Buckets in use at a time, each in another 512th of the slots. */
    private static final int BUCKETS = 512;
    /** Elements of a bucket. */
    static final int ELEMENTS_OF_A_BUCKET = 32;

    private static final int MOST_ELEMENTS_READ = 20;
    private static final double READS = 0.3;

    private final Options options;
    private final SpreadTags tags;
    private final AtomicReferenceArray<Bucket> buckets;
    private final Queue<Bucket> all = new ConcurrentLinkedQueue<>();
    private final AtomicLong elements = new AtomicLong();
    private final LastReads<Part> last = new LastReads<>(this::everything);

    /** Thread-safe. */
    private static final class Bucket {
        final SpreadTags.Tag tag;
        final String name;
        private final List<Long> elements = new ArrayList<>(4);

        Bucket(SpreadTags.Tag tag) {
            this.tag = tag;
            name = tag.name();
        }

        synchronized int add(Long element) {
            elements.add(element);
            return elements.size();
        }

        synchronized int size() {
            return elements.size();
        }

        synchronized List<Long> part(int from, int end) {
            return List.copyOf(elements.subList(from, Math.min(end, elements.size())));
        }
    }

    private record Part(Bucket bucket, List<Long> elements) {}

    public SetWorkload(Options options) {
        this.options = options;
        int count = options.keysOr(BUCKETS);
        tags = new SpreadTags(options.prefix(), count);
        buckets = new AtomicReferenceArray<>(count);
        for (int i = 0; i < count; i++) {
            buckets.set(i, create());
        }
    }

    @Override
    public String name() {
        return "set";
    }

    @Override
    public void step(Session session) {
        SplittableRandom random = session.random();
        int i = random.nextInt(buckets.length());
        Bucket bucket = buckets.get(i);
        int size = bucket.size();
        if (size > 0 && random.nextDouble() < READS) {
            int from = size <= MOST_ELEMENTS_READ ? 0 : random.nextInt(size - MOST_ELEMENTS_READ + 1);
            read(session, new Part(bucket, bucket.part(from, from + MOST_ELEMENTS_READ)), options.atReplica(random));
            return;
        }
        Long element = elements.incrementAndGet();
        if (bucket.add(element) == ELEMENTS_OF_A_BUCKET) {
            buckets.set(i, create());
        }
        Talk set = Talk.command("SET", bucket.tag.key(":" + element), element.toString());
        session.run("add", bucket.name, bucket.tag.slot(), element, set, reply -> {
            Replies.ok(reply);
            return null;
        });
    }

    @Override
    public void finalReads(Session session) {
        last.by(session, part -> read(session, part, false));
    }

    @Override
    public List<Checker> checkers() {
        return Workload.checkers(new SetOfKeys(), name());
    }

    private static Outcome read(Session session, Part part, boolean replica) {
        List<Long> asked = part.elements;
        SpreadTags.Tag tag = part.bucket.tag;
        String[] command = new String[asked.size() + 1];
        command[0] = "MGET";
        for (int i = 0; i < asked.size(); i++) {
            command[i + 1] = tag.key(":" + asked.get(i));
        }
        Talk mget = Talk.command(RawClient.words(command));
        return session.read(replica, "read", part.bucket.name, tag.slot(), asked, mget, reply -> present(asked, reply));
    }

    private static List<Long> present(List<Long> asked, Reply reply) {
        if (reply.items().size() != asked.size()) {
            throw new IllegalArgumentException(reply.text());
        }
        List<Long> present = new ArrayList<>(asked.size());
        for (int i = 0; i < asked.size(); i++) {
            Long value = Replies.number(reply.items().get(i));
            if (value != null) {
                // What stands under the key is taken down, so that a wrong value shows as an element never asked for.
                present.add(value.equals(asked.get(i)) ? asked.get(i) : value);
            }
        }
        return present.size() == asked.size() && present.equals(asked) ? asked : List.copyOf(present);
    }

    private Bucket create() {
        Bucket bucket = new Bucket(tags.next());
        all.add(bucket);
        return bucket;
    }

    private List<Part> everything() {
        List<Part> parts = new ArrayList<>();
        for (Bucket bucket : all) {
            int size = bucket.size();
            for (int from = 0; from < size; from += MOST_ELEMENTS_READ) {
                parts.add(new Part(bucket, bucket.part(from, from + MOST_ELEMENTS_READ)));
            }
        }
        return parts;
    }
}
