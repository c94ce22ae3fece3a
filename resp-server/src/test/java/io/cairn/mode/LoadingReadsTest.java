package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.cluster.Redirects;
import io.cairn.cluster.Topology;
import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyEvents;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.metrics.NodeStats;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.shards.LeaderTable;
import io.netty.channel.DefaultEventLoop;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads while a snapshot replaces the keyspace: no event loop may wait for its locks. */
class LoadingReadsTest {
    private static final long SECONDS = 20;
    private static final String LOADING = "-LOADING Redis is loading the dataset in memory\r\n";

    @TempDir
    Path dir;

    private final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    private final CommandTable table = new CommandTable(Families.data());
    private final NodeStats stats = new NodeStats(table);
    private final RaftData data =
            new RaftData(keyspace, table, stats, KeyEvents.NONE, Clock.systemUTC(), new ShardStore.Listener() {
                @Override
                public void leading(boolean leading) {}

                @Override
                public void broken(Throwable cause) {}
            });
    private final ClusterNode self = new ClusterNode("a".repeat(40), "127.0.0.1", 1, 2, 3, "", "d", NodeState.ACTIVE);
    private final RaftMode mode = data.mode(
            () -> null,
            new Redirects(
                    new Topology(self, () -> ClusterMap.EMPTY, new LeaderTable(), new AllAlive(), () -> 0),
                    () -> true,
                    () -> Redirects.EndpointStyle.IP),
            new MemoryLimit(keyspace, () -> 0, () -> 0, () -> false),
            () -> false,
            () -> 0,
            nanos -> {});

    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final LoopQueue queue = new LoopQueue(loop, mode);

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        keyspace.close();
    }

    private String read(String line) {
        Args args = new Args();
        for (String word : line.split(" ")) {
            byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
            NativeBlock block = NativeBlock.allocate(bytes.length);
            Memory.copy(bytes, 0, block.address(), bytes.length);
            args.add(block, bytes.length);
        }
        Command command = table.command(table.find(args));
        int slot = args.count() > 1 && command.keys().first() > 0
                ? Slots.of(args.address(1), args.length(1))
                : RaftMode.NO_SLOT;
        BatchReplies replies = new BatchReplies(1, stats);
        replies.begin(false);
        RaftMode.copy(args, queue.call.args);
        mode.runRead(queue, null, command, 0, slot, 1, false, replies.reply());
        replies.end();
        String text = new String(replies.bytes(), StandardCharsets.ISO_8859_1);
        replies.close();
        return text;
    }

    @Test
    void readsAreRefusedWithoutWaitingForTheLocksOfALoad() throws Exception {
        keyspace.lock(keyspace.stripes() - 1);
        CompletableFuture<Boolean> load;
        try {
            // It holds all other locks and waits for the last one, for as long as this test wants.
            load = CompletableFuture.supplyAsync(() -> data.store().loadSnapshot(dir));
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (!keyspace.isLoading() && System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }
            for (String line : new String[] {"GET a", "KEYS *", "SCAN 0", "DBSIZE", "RANDOMKEY"}) {
                assertThat(read(line)).as(line).isEqualTo(LOADING);
            }
        } finally {
            keyspace.unlock(keyspace.stripes() - 1);
        }
        assertThat(load.get(SECONDS, TimeUnit.SECONDS))
                .as("there is no snapshot")
                .isFalse();
        assertThat(read("GET a")).isEqualTo("$-1\r\n");
        assertThat(read("KEYS *")).isEqualTo("*0\r\n");
    }
}
