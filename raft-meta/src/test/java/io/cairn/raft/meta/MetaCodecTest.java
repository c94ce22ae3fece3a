package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MetaCodecTest {
    static List<MetaCommand> samples() throws PlanException {
        Layout layout = LayoutPlanner.plan(Nodes.id(0xC1), Nodes.inDomains(3, 3, 3), 2, false);
        return List.of(
                new MetaCommand.Form(layout),
                new MetaCommand.ClaimLeader(layout.shards().get(0).id(), 7, Nodes.id(1)),
                new MetaCommand.AddNode(Nodes.node(10, "process-d")),
                new MetaCommand.ReplaceNode(Nodes.id(2), Nodes.node(0x102, "process-a")),
                new MetaCommand.RemoveNode(Nodes.id(10)),
                new MetaCommand.SetMembers(
                        layout.shards().get(1).id(), layout.shards().get(1).voters(), List.of()),
                new MetaCommand.UpdateAddress(Nodes.node(3, "process-a")),
                new MetaCommand.SetConfig("list-max-listpack-size", "128"),
                new MetaCommand.BeginMigrations(
                        List.of(new MetaCommand.MigrationPlan(
                                Nodes.id(0xA1),
                                List.of(new SlotRange(3, 9), new SlotRange(20, 20)),
                                "",
                                layout.shards().get(1).voters().get(0),
                                Nodes.id(0xA2))),
                        5),
                new MetaCommand.StartMigration(Nodes.id(0xA1), 0, 6, "because"),
                new MetaCommand.CommitMigration(Nodes.id(0xA1), 7, 8, 9),
                new MetaCommand.EndMigration(Nodes.id(0xA1), true, 10, "cancelled"),
                new MetaCommand.Batch(List.of(
                        new MetaCommand.Release(Nodes.id(1), List.of(new SlotRange(1, 5))),
                        new MetaCommand.Open(3, MetaCommand.OpenKind.STABLE, Nodes.id(1), Nodes.id(1), Nodes.id(7)))),
                new MetaCommand.Admit(
                        Nodes.node(12, "process-e"),
                        Nodes.id(0xA1),
                        List.of(new MetaCommand.EpochRange(new SlotRange(7, 9), 3)),
                        4,
                        2),
                new MetaCommand.Keep(Nodes.id(0xA1), List.of(new MetaCommand.EpochRange(new SlotRange(7, 9), 3))),
                new MetaCommand.Arrived(Nodes.id(0xA1), List.of(new MetaCommand.EpochRange(new SlotRange(7, 9), 3))),
                new MetaCommand.LoseShard(Nodes.id(0xA1)),
                new MetaCommand.BeginRollout(Rollout.Consensus.RAFT, List.of(new SlotRange(3, 9))),
                new MetaCommand.BeginAttempt(
                        Nodes.id(0xA1),
                        Nodes.id(1),
                        List.of(Nodes.id(1), Nodes.id(2)),
                        List.of(new SlotRange(3, 9)),
                        4),
                new MetaCommand.AbortAttempt(17, "because"),
                new MetaCommand.ShardToRaft(Nodes.id(0xA1), 17, "ab", 5, List.of(Nodes.id(1), Nodes.id(2)), 99, 12),
                new MetaCommand.ShardToGossip(Nodes.id(0xA1), 18, List.of(Nodes.id(1)), 6, 77, "ab", 9),
                new MetaCommand.BeginReturn(Nodes.id(0xA1), Nodes.id(1)),
                new MetaCommand.AllRaft(),
                new MetaCommand.Dissolve());
    }

    @Test
    void everyCommandComesBackAsItWent() throws PlanException {
        for (MetaCommand command : samples()) {
            assertThat(MetaCodec.decode(ByteBuffer.wrap(MetaCodec.encode(command))))
                    .isEqualTo(command);
        }
    }

    @Test
    void everyResultComesBackAsItWent() {
        for (MetaResult.Outcome outcome : MetaResult.Outcome.values()) {
            MetaResult result = new MetaResult(outcome, "why", 42);
            assertThat(MetaCodec.decodeResult(MetaCodec.encode(result))).isEqualTo(result);
        }
    }

    @Test
    void aNewerVersionIsRefusedByName() {
        assertThatThrownBy(() -> MetaCodec.decode(ByteBuffer.wrap(new byte[] {9, 1})))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("version 9");
    }

    @Test
    void mutatedBytesDecodeToAValueOrAFormatError() throws PlanException {
        Random random = new Random(20_301);
        List<byte[]> seeds = new ArrayList<>();
        for (MetaCommand command : samples()) {
            seeds.add(MetaCodec.encode(command));
        }
        seeds.add(MapCodec.encode(MetaApplyTest.applyAll(samples())));
        int refused = 0;
        for (int round = 0; round < 4_000; round++) {
            byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            refused += refusals(bytes);
        }
        assertThat(refused).isGreaterThan(200);
    }

    @Test
    void randomBytesDecodeToAValueOrAFormatError() {
        Random random = new Random(20_302);
        for (int round = 0; round < 4_000; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > 1) {
                bytes[0] = 1;
                bytes[1] = (byte) (1 + random.nextInt(9));
            }
            refusals(bytes);
        }
    }

    private static int refusals(byte[] bytes) {
        int refused = 0;
        List<Runnable> readers = List.of(
                () -> MetaCodec.decode(ByteBuffer.wrap(bytes)),
                () -> MapCodec.decode(bytes),
                () -> MetaCodec.decodeLayout(bytes),
                () -> MetaCodec.decodeResult(bytes));
        for (Runnable reader : readers) {
            try {
                reader.run();
            } catch (FormatException e) {
                refused++;
            }
        }
        return refused;
    }
}
