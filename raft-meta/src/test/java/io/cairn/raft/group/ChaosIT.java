package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Random faults, one at a time, under load; the seed is printed. */
class ChaosIT {
    private static final Logger LOG = LoggerFactory.getLogger(ChaosIT.class);
    private static final int FAULTS = Integer.getInteger("cairn.chaos.faults", 12);
    private static final long SEED = Long.getLong("cairn.chaos.seed", 11);
    private static final int CHECKED = 20;

    @TempDir
    Path root;

    private final List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
    private final List<String> stale = new CopyOnWriteArrayList<>();
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicInteger unknown = new AtomicInteger();
    private final AtomicInteger barriers = new AtomicInteger();

    @Test
    void nothingAcknowledgedIsLostAndNoBarrierIsStale() throws Exception {
        Random random = new Random(SEED);
        List<Thread> load = new ArrayList<>();
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("first");
            load.add(new Thread(() -> write(cluster, "x")));
            load.add(new Thread(() -> write(cluster, "y")));
            load.add(new Thread(() -> read(cluster, new Random(SEED + 1))));
            load.forEach(Thread::start);
            for (int fault = 0; fault < FAULTS; fault++) {
                strike(cluster, random);
            }
            running.set(false);
            for (Thread thread : load) {
                thread.join();
            }
            cluster.awaitEverywhere(cluster.write("last"));
            List<String> lines = cluster.leader().ledger.lines();
            for (Member member : cluster.members.values()) {
                eventually(
                        "equal at " + member.name, () -> member.ledger.lines().equals(lines));
            }
            LOG.warn(
                    "seed {}: {} acknowledged, {} unknown, {} barriers, {} lines",
                    SEED,
                    acknowledged.size(),
                    unknown.get(),
                    barriers.get(),
                    lines.size());
            assertThat(new HashSet<>(lines)).hasSameSizeAs(lines).containsAll(acknowledged);
            assertThat(stale).isEmpty();
        } finally {
            running.set(false);
        }
    }

    private void strike(TestCluster cluster, Random random) throws Exception {
        String name = "abc".substring(random.nextInt(3)).substring(0, 1);
        Member member = Objects.requireNonNull(cluster.members.get(name));
        switch (random.nextInt(5)) {
            case 0 -> {
                cluster.kill(name);
                pause(random);
                cluster.start(name, "abc");
            }
            case 1 -> {
                cluster.stop(name);
                pause(random);
                cluster.start(name, "abc");
            }
            case 2 -> {
                cluster.cut.add(name);
                pause(random);
                cluster.cut.clear();
            }
            case 3 -> member.group.transferLeadership(TestCluster.id(name.equals("a") ? "b" : "a"));
            default -> member.group.snapshot();
        }
        pause(random);
    }

    private static void pause(Random random) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50 + random.nextInt(600)));
    }

    private void write(TestCluster cluster, String prefix) {
        for (int i = 0; running.get(); i++) {
            String line = prefix + i;
            for (Member member : cluster.members.values()) {
                if (member.group.isLeader()) {
                    String outcome = TestCluster.propose(member.group, line);
                    if (outcome.equals("applied")) {
                        acknowledged.add(line);
                    } else if (outcome.equals("OUTCOME_UNKNOWN")) {
                        unknown.incrementAndGet();
                    }
                    break;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private List<String> recent() {
        synchronized (acknowledged) {
            int count = acknowledged.size();
            return List.copyOf(acknowledged.subList(Math.max(0, count - CHECKED), count));
        }
    }

    private void read(TestCluster cluster, Random random) {
        while (running.get()) {
            List<Member> members = new ArrayList<>(cluster.members.values());
            Member member = members.get(random.nextInt(members.size()));
            List<String> recent = recent();
            if (TestCluster.read(member.group).equals("passed")) {
                barriers.incrementAndGet();
                HashSet<String> seen = new HashSet<>(member.ledger.lines());
                for (String line : recent) {
                    if (!seen.contains(line)) {
                        stale.add(member.name + " misses " + line);
                    }
                }
            }
        }
    }
}
