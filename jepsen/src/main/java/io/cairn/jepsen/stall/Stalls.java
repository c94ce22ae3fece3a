package io.cairn.jepsen.stall;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Keeps the primary of one shard busy with one large thing after the other, and looks whether anybody takes it for dead meanwhile: no other node may call one failing, no
 * shard may change its leader, and nodes of other processes answer PING. Nodes of the same process share its event loops; how long those wait is told, not judged.
 */
public final class Stalls {
    private static final Timeouts PATIENT = new Timeouts(5_000, 600_000);
    private static final int FIELDS_PER_CALL = 500;
    private static final int CALLS_AT_ONCE = 20;
    private static final int BUSY_PROCESS = 0;

    private final CairnCluster cluster;
    private final Sizes sizes;
    private final long mostMillis;
    private final PrintStream out;
    /** Each once. */
    private final Set<String> violations = new LinkedHashSet<>();

    private boolean over;
    private final List<Address> others = new ArrayList<>();
    private final Address busy;
    private final String tag;

    /** @param mostMillis longest wait for a PING of a node of another process */
    public Stalls(CairnCluster cluster, Sizes sizes, long mostMillis, PrintStream out) {
        this.cluster = cluster;
        this.sizes = sizes;
        this.mostMillis = mostMillis;
        this.out = out;
        for (int process = 0; process < cluster.processes(); process++) {
            if (process != BUSY_PROCESS) {
                others.addAll(cluster.nodes(process));
            }
        }
        String found = "";
        Address primary = null;
        for (int i = 0; primary == null && i < HashSlot.COUNT; i++) {
            Address of = ClusterState.primaryOf(HashSlot.of("t" + i), others);
            if (of != null && cluster.nodes(BUSY_PROCESS).contains(of)) {
                primary = of;
                found = "{t" + i + "}";
            }
        }
        if (primary == null) {
            throw new IllegalStateException("process " + BUSY_PROCESS + " leads no shard");
        }
        this.busy = primary;
        this.tag = found;
    }

    private interface Work {
        void run(RawClient client) throws Exception;
    }

    /** Runs all; what was wrong, nothing if all is well. */
    public List<String> run() throws Exception {
        out.printf(
                Locale.ROOT,
                "%s leads the shard of %s; longest waits in milliseconds: GET there, PING there, at its process, at other processes%n",
                busy,
                tag);
        try (Watch watch = new Watch(cluster.nodes(), others, busy, tag + "any")) {
            hash(watch);
            string(watch);
            script(watch);
            keys(watch);
        }
        return List.copyOf(violations);
    }

    private void hash(Watch watch) throws Exception {
        String key = tag + "hash";
        step(watch, "a hash of " + sizes.fields() + " fields is built", client -> build(client, key));
        step(watch, "HLEN, HDEL, HSET, HGET, RENAME", client -> {
            expect(client, Integer.toString(sizes.fields()), "HLEN", key);
            expect(client, "2", "HDEL", key, "f1", "f2", "none");
            expect(client, "2", "HSET", key, "f1", "v", "f2", "v");
            expect(client, "v", "HGET", key, "f2");
            expect(client, "OK", "RENAME", key, key + "2");
            expect(client, "OK", "RENAME", key + "2", key);
        });
        step(watch, "HEXPIRE of 1000 fields", client -> {
            List<String> words = new ArrayList<>(List.of("HPEXPIRE", key, "1", "FIELDS", "1000"));
            IntStream.range(0, 1000).forEach(i -> words.add("f" + (10 + i)));
            client.call(words.toArray(String[]::new));
            awaitLength(client, key, sizes.fields() - 1000);
        });
        step(watch, "a snapshot with it", client -> expect(client, "OK", "SAVE"));
        step(watch, "COPY", client -> expect(client, "1", "COPY", key, key + "copy"));
        step(watch, "UNLINK", client -> expect(client, "1", "UNLINK", key + "copy"));
        step(watch, "PEXPIRE 1", client -> {
            expect(client, "1", "PEXPIRE", key, "1");
            awaitAbsent(client, key);
        });
    }

    private void build(RawClient client, String key) throws Exception {
        int sent = 0;
        int waiting = 0;
        while (sent < sizes.fields()) {
            int now = Math.min(FIELDS_PER_CALL, sizes.fields() - sent);
            String[] words = new String[2 + 2 * now];
            words[0] = "HSET";
            words[1] = key;
            for (int i = 0; i < now; i++) {
                words[2 + 2 * i] = "f" + (sent + i);
                words[3 + 2 * i] = "v" + (sent + i);
            }
            client.send(RawClient.words(words));
            sent += now;
            if (++waiting == CALLS_AT_ONCE || sent == sizes.fields()) {
                receive(client, waiting);
                waiting = 0;
            }
        }
    }

    private void receive(RawClient client, int replies) throws OutcomeUnknownException {
        client.flush();
        for (int i = 0; i < replies; i++) {
            Reply reply = client.receive();
            if (reply.failed()) {
                violations.add(reply.text());
            }
        }
    }

    private void string(Watch watch) throws Exception {
        byte[] key = (tag + "string").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] value = new byte[sizes.stringBytes()];
        Arrays.fill(value, (byte) 'x');
        step(watch, "SET of " + sizes.stringBytes() + " bytes", client -> client.call(bytes("SET"), key, value));
        step(watch, "GET", client -> {
            Reply reply = client.call(bytes("GET"), key);
            if (!(reply instanceof Reply.Bulk bulk) || bulk.bytes().length != value.length) {
                violations.add("GET answers something else than was set");
            }
        });
        step(watch, "APPEND, SETRANGE, BITCOUNT, DEL", client -> {
            client.call(bytes("APPEND"), key, bytes("more"));
            client.call(bytes("SETRANGE"), key, bytes("5"), bytes("abc"));
            client.call(bytes("BITCOUNT"), key);
            client.call(bytes("DEL"), key);
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private void script(Watch watch) throws Exception {
        step(watch, "a script of " + sizes.scriptSeconds() + " s, which SCRIPT KILL ends", client -> {
            client.send(RawClient.words("EVAL", "while true do redis.call('GET', KEYS[1]) end", "1", tag + "any"));
            client.flush();
            Thread.sleep(sizes.scriptSeconds() * 1000L);
            try (RawClient second = RawClient.connect(busy, PATIENT)) {
                Reply killed = second.call("SCRIPT", "KILL");
                if (killed.failed()) {
                    violations.add("SCRIPT KILL answers " + killed.text());
                }
            }
            client.receive();
        });
    }

    private void keys(Watch watch) throws Exception {
        step(watch, sizes.keys() + " keys are set", client -> {
            for (int from = 0; from < sizes.keys(); from += 1000) {
                int to = Math.min(sizes.keys(), from + 1000);
                for (int i = from; i < to; i += 50) {
                    int pairs = Math.min(50, to - i);
                    String[] words = new String[1 + 2 * pairs];
                    words[0] = "MSET";
                    for (int j = 0; j < pairs; j++) {
                        words[1 + 2 * j] = tag + (i + j);
                        words[2 + 2 * j] = "v";
                    }
                    client.send(RawClient.words(words));
                }
                receive(client, (to - from + 49) / 50);
            }
        });
        step(watch, "KEYS *", client -> {
            int found = client.call("KEYS", "*").items().size();
            if (found < sizes.keys()) {
                violations.add("KEYS * names " + found + " keys of " + sizes.keys());
            }
        });
        step(watch, "FLUSHALL", client -> expect(client, "OK", "FLUSHALL"));
    }

    /** Does something to the busy node, and judges what was seen meanwhile and a moment longer. */
    private void step(Watch watch, String what, Work work) throws Exception {
        if (over) {
            return; // Another node leads: what follows would not keep this one busy.
        }
        String before = epochs();
        watch.take();
        long began = System.nanoTime();
        try (RawClient client = RawClient.connect(busy, PATIENT)) {
            work.run(client);
        } catch (NotSentException | OutcomeUnknownException e) {
            violations.add(what + ": " + e.getMessage());
        }
        long millis = (System.nanoTime() - began) / 1_000_000;
        Thread.sleep(500);
        Watch.Seen seen = watch.take();
        List<Address> neighbours = new ArrayList<>(cluster.nodes(BUSY_PROCESS));
        neighbours.remove(busy);
        out.printf(
                Locale.ROOT,
                "%-45s %7d ms   %6d %6d %6d %6d%n",
                what,
                millis,
                seen.readMillis(),
                seen.worst(List.of(busy)),
                seen.worst(neighbours),
                seen.worst(others));
        seen.wrong().forEach(wrong -> violations.add(what + ": " + wrong));
        if (seen.worst(others) > mostMillis) {
            violations.add(what + ": PING of another process took " + seen.worst(others) + " ms");
        }
        String after = epochs();
        if (!after.equals(before)) {
            over = true;
            violations.add(what + ": a leader changed: " + before + " became " + after);
        }
    }

    /** Who leads which slots, and the epochs of that, as another process tells. */
    private String epochs() throws NotSentException, OutcomeUnknownException {
        String info = ClusterState.ask(others.get(0), "CLUSTER", "INFO").text();
        return ClusterState.slots(others.get(0)) + " "
                + info.lines()
                        .filter(line -> line.startsWith("cluster_current_epoch"))
                        .toList();
    }

    private void expect(RawClient client, String expected, String... words) throws OutcomeUnknownException {
        String reply = client.call(words).text();
        if (!reply.equals(expected)) {
            violations.add(words[0] + " answers " + reply + " instead of " + expected);
        }
    }

    private void awaitLength(RawClient client, String key, long length) throws Exception {
        await("the fields to go", () -> client.call("HLEN", key).number() == length);
    }

    private void awaitAbsent(RawClient client, String key) throws Exception {
        await("the key to go", () -> client.call("EXISTS", key).number() == 0);
    }

    private void await(String what, io.cairn.jepsen.process.Await.Condition condition) {
        io.cairn.jepsen.process.Await.until(what, 120, condition);
    }
}
