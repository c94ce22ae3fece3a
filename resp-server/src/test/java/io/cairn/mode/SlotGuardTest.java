package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Redis: getNodeByQuery. Keys with the tag {a} are of one slot. */
final class SlotGuardTest {
    private static final int SLOT = Slots.of(new byte[] {'a'});
    private static final String ASK = "ASK " + SLOT + " there";

    private final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    private final CommandTable table = new CommandTable(Families.data());
    private final KeyPositions keys = new KeyPositions();
    private SlotGuard.State state = SlotGuard.State.PLAIN;
    private @Nullable String refusal;
    private String asked = "";

    private final SlotGuard guard = new SlotGuard(keyspace, new SlotGuard.View() {
        @Override
        public @Nullable String refusal(int slot, boolean write, boolean replica, boolean asking) {
            asked = (write ? "write " : "read ") + (replica ? "replica " : "") + (asking ? "asking" : "");
            return refusal;
        }

        @Override
        public SlotGuard.State state(int slot) {
            return slot == SLOT ? state : SlotGuard.State.PLAIN;
        }

        @Override
        public String ask(int slot) {
            return ASK;
        }
    });

    @AfterEach
    void close() {
        keyspace.close();
    }

    private Command command(String name) {
        return Objects.requireNonNull(table.find(name));
    }

    private void put(String key) {
        Args args = LonelyRaft.args(key);
        keyspace.database(0).putNumber(args.address(0), args.length(0), 1, 0);
    }

    private @Nullable String locked(boolean readonly, boolean asking, String... words) {
        Command command = command(words[0]);
        Args args = LonelyRaft.args(words);
        return guard.locked(readonly, asking, command, args, keys, keys.find(command, args), 0);
    }

    private @Nullable String locked(String... words) {
        return locked(false, false, words);
    }

    @Test
    void keysOfSeveralSlotsAreRefusedAndNoKeysAreNot() {
        assertThat(locked("mget", "{a}1", "{b}1")).startsWith("CROSSSLOT");
        assertThat(locked("mget", "{a}1", "{a}2")).isNull();
        refusal = "MOVED";
        assertThat(locked("mget", "{a}1", "{a}2")).isEqualTo("MOVED");
        assertThat(locked("dbsize")).isNull();
    }

    @Test
    void whatACallMayDoIsSaid() {
        locked("get", "{a}1");
        assertThat(asked).isEqualTo("read ");
        locked(true, false, "get", "{a}1");
        assertThat(asked).isEqualTo("read replica ");
        locked(true, false, "set", "{a}1", "v");
        assertThat(asked).isEqualTo("write ");
        locked(false, true, "set", "{a}1", "v");
        assertThat(asked).isEqualTo("write asking");
    }

    @Test
    void ofASlotThatGoesAwayOnlyWhatIsHereIsServed() {
        state = SlotGuard.State.MIGRATING;
        put("{a}1");
        assertThat(locked("get", "{a}1")).isNull();
        assertThat(locked("get", "{a}2")).isEqualTo(ASK);
        assertThat(locked("mget", "{a}1", "{a}2")).startsWith("TRYAGAIN");
        assertThat(locked("mget", "{a}2", "{a}3")).isEqualTo(ASK);
        put("{a}2");
        assertThat(locked("mget", "{a}1", "{a}2")).isNull();
    }

    @Test
    void ofASlotThatComesOneKeyIsServedAndSeveralOnlyIfAllAreHere() {
        state = SlotGuard.State.IMPORTING;
        assertThat(locked(false, true, "set", "{a}1", "v")).isNull();
        assertThat(locked(false, true, "mget", "{a}1", "{a}2")).startsWith("TRYAGAIN");
        put("{a}1");
        assertThat(locked(false, true, "mget", "{a}1", "{a}2")).startsWith("TRYAGAIN");
        put("{a}2");
        assertThat(locked(false, true, "mget", "{a}1", "{a}2")).isNull();
    }

    @Test
    void aScriptKeepsToItsSlotAndToThisNode() {
        Args get = LonelyRaft.args("get", "{b}1");
        assertThat(guard.scripted(command("get"), get, keys, SLOT)).contains("do not hash to the same slot");
        assertThat(guard.scripted(command("get"), LonelyRaft.args("get", "{a}1"), keys, SLOT))
                .isNull();
        refusal = "MOVED";
        assertThat(guard.scripted(command("get"), get, keys, -1)).contains("non local key");
        assertThat(guard.scripted(command("dbsize"), LonelyRaft.args("dbsize"), keys, SLOT))
                .isNull();
    }
}
