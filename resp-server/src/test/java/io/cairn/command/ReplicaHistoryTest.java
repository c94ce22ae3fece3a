package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.DatasetDigest;
import io.cairn.keyspace.EncodingLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same random calls of all types on three replicas, of which one has the smallest limits for compact values and one is replaced again and again by what
 * loads its snapshot: what a replica holds, to order, expiry and versions, depends on the calls alone (SAFETY 12).
 */
class ReplicaHistoryTest {
    private static final int CALLS = Integer.getInteger("cairn.history.calls", 8_000);
    private static final int RELOAD = 97;
    private static final int COMPARE = 10;

    private static void smallest(EncodingLimits limits) {
        limits.hashEntries = 1;
        limits.hashValue = 4;
        limits.listNode = 2;
        limits.zsetEntries = 1;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void itIsOfTheCallsAlone(long seed) throws IOException {
        Random random = new Random(seed);
        RandomCalls calls = new RandomCalls(seed, "{t}");
        List<CommandHarness> replicas = new ArrayList<>();
        Deque<String> last = new ArrayDeque<>();
        for (int i = 0; i < 3; i++) {
            replicas.add(new CommandHarness(false));
        }
        smallest(replicas.get(1).keyspace.encodingLimits());
        for (int i = 0; i < CALLS; i++) {
            byte[][] call = calls.next();
            if (text(call[0]).equals("eval")) {
                continue;
            }
            long now = replicas.get(0).now + random.nextInt(20);
            long chance = random.nextLong();
            for (CommandHarness replica : replicas) {
                replica.now = now;
                replica.seed = chance;
                String reply = replica.run(Arrays.asList(call));
                if (replica == replicas.get(0)
                        && reply.startsWith("$")
                        && text(call[0]).equals("dump")) {
                    calls.succeeded(call, payload(reply));
                }
            }
            last.add(String.join(
                    " ", Arrays.stream(call).map(ReplicaHistoryTest::text).toList()));
            if (last.size() > COMPARE) {
                last.remove();
            }
            if (i % COMPARE == 0) {
                compare(replicas, i, last);
            }
            if (i % RELOAD == 0) {
                CommandHarness old = replicas.remove(2);
                replicas.add(old.reloaded());
                old.close();
                compare(replicas, i, last);
            }
        }
        replicas.forEach(CommandHarness::close);
    }

    private static void compare(List<CommandHarness> replicas, int at, Deque<String> last) {
        List<String> found = new ArrayList<>();
        for (CommandHarness replica : replicas) {
            found.add(DatasetDigest.exact(replica.keyspace).all() + " " + replica.keyspace.lastVersion());
        }
        assertThat(found)
                .as("after call " + at + ", the last of which were\n" + String.join("\n", last))
                .isEqualTo(Collections.nCopies(replicas.size(), found.get(0)));
    }

    private static byte[] payload(String reply) {
        int begin = reply.indexOf("\r\n") + 2;
        return begin < reply.length() - 2
                ? reply.substring(begin, reply.length() - 2).getBytes(StandardCharsets.ISO_8859_1)
                : new byte[0];
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
