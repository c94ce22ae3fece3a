package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.DatasetDigest;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a speculation did is gone to the last version, whatever it was. */
class SpeculationTest {
    private static final long START = 1_700_000_000_000L;
    private static final String[] KEYS = {"a", "b", "c", "d", "e", "f"};

    private final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    private final CommandTable table = new CommandTable(Families.data());
    private final KeyPositions positions = new KeyPositions();
    private final Call call = new Call(keyspace, new Args(), DiscardReply.INSTANCE);
    private final Speculation speculation = new Speculation(keyspace);
    private long now = START;

    @AfterEach
    void close() {
        keyspace.close();
    }

    /** Runs a command; true when it was allowed to. */
    private boolean run(boolean speculate, String... words) {
        Args args = new Args();
        List<NativeBlock> blocks = new ArrayList<>();
        for (String word : words) {
            byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
            NativeBlock block = NativeBlock.allocate(bytes.length);
            Memory.copy(bytes, 0, block.address(), bytes.length);
            blocks.add(block);
            if (bytes.length > KeyspaceOptions.DEFAULT_BLOCK_THRESHOLD && !speculate) {
                args.add(block, bytes.length);
            } else {
                args.add(block.address(), bytes.length);
            }
        }
        try {
            Command command = table.command(table.find(args));
            int count = positions.find(command, args);
            for (int i = 0; speculate && i < count; i++) {
                int at = positions.at(i);
                if (!speculation.touch(args.address(at), args.length(at), true, now)) {
                    return false;
                }
            }
            call.begin(args, 0, now, 1, DiscardReply.INSTANCE);
            keyspace.nextVersion();
            java.util.Objects.requireNonNull(command.data()).run(call);
            return true;
        } finally {
            args.clear();
            blocks.forEach(NativeBlock::release);
        }
    }

    private String digest() {
        return DatasetDigest.exact(keyspace).all();
    }

    private String[] random(Random random) {
        String key = KEYS[random.nextInt(KEYS.length)];
        String other = KEYS[random.nextInt(KEYS.length)];
        return switch (random.nextInt(12)) {
            case 0 -> new String[] {"set", key, Integer.toString(random.nextInt(100))};
            case 1 -> new String[] {"set", key, "x".repeat(random.nextInt(20_000))};
            case 2 -> new String[] {"append", key, "y".repeat(random.nextInt(3_000))};
            case 3 -> new String[] {"del", key, other};
            case 4 -> new String[] {"incr", key};
            case 5 -> new String[] {"rename", key, other};
            case 6 -> new String[] {"set", key, "v", "px", Integer.toString(1 + random.nextInt(50))};
            case 7 -> new String[] {"pexpire", key, Integer.toString(random.nextInt(100))};
            case 8 -> new String[] {"setrange", key, Integer.toString(random.nextInt(9_000)), "zz"};
            case 9 -> new String[] {"copy", key, other, "replace"};
            case 10 -> new String[] {"persist", key};
            default -> new String[] {"mset", key, "1", other, "w".repeat(5_000)};
        };
    }

    @Test
    void randomCommandsAreTakenBack() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            for (int i = random.nextInt(15); i > 0; i--) {
                run(false, random(random));
                now += random.nextInt(30);
            }
            keyspace.lockAll();
            try {
                String before = digest();
                long version = keyspace.lastVersion();
                long size = keyspace.database(0).size();
                long volatileKeys = keyspace.database(0).volatileKeys();
                speculation.clear();
                speculation.begin();
                for (int i = random.nextInt(15); i > 0; i--) {
                    run(true, random(random));
                }
                speculation.rollBack();
                assertThat(digest()).as("seed %d", seed).isEqualTo(before);
                assertThat(keyspace.lastVersion()).isEqualTo(version);
                assertThat(keyspace.database(0).size()).isEqualTo(size);
                assertThat(keyspace.database(0).volatileKeys()).isEqualTo(volatileKeys);
                assertThat(speculation.unchanged(now)).isTrue();
            } finally {
                keyspace.unlockAll();
            }
        }
    }

    @Test
    void aWriteInBetweenIsSeen() {
        run(false, "set", "a", "1");
        speculation.begin();
        run(true, "incr", "a");
        run(true, "get", "b");
        speculation.rollBack();
        assertThat(speculation.unchanged(now)).isTrue();
        run(false, "set", "b", "1");
        assertThat(speculation.unchanged(now)).isFalse();
        run(false, "del", "b");
        assertThat(speculation.unchanged(now)).as("absent is absent").isTrue();
        run(false, "set", "a", "1");
        assertThat(speculation.unchanged(now)).isFalse();
    }

    @Test
    void whatCannotBeKeptIsNotWritten() {
        String large = "x".repeat(20 << 20);
        run(false, "set", "a", large);
        run(false, "set", "b", large);
        run(false, "append", "a", "y");
        run(false, "append", "b", "y");
        String before = digest();
        speculation.begin();
        assertThat(run(true, "append", "a", "z")).isTrue();
        assertThat(run(true, "append", "b", "z"))
                .as("blocks are shared, not copied")
                .isTrue();
        speculation.rollBack();
        assertThat(digest()).isEqualTo(before);
    }
}
