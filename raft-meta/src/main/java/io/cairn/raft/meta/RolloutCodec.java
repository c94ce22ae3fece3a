package io.cairn.raft.meta;

import io.cairn.raft.meta.Rollout.Consensus;

/** The meta commands of a rollout as bytes; part of {@link MetaCodec}, whose numbers they share. */
final class RolloutCodec {
    private static final int BEGIN_ROLLOUT = 80;
    private static final int BEGIN_ATTEMPT = 81;
    private static final int ABORT_ATTEMPT = 82;
    private static final int SHARD_TO_RAFT = 83;
    private static final int SHARD_TO_GOSSIP = 84;
    private static final int ALL_RAFT = 85;
    private static final int DISSOLVE = 86;
    private static final int BEGIN_RETURN = 87;

    private RolloutCodec() {}

    static void write(WireWriter out, MetaCommand command) {
        if (command instanceof MetaCommand.BeginRollout begin) {
            MetaCodec.writeRanges(out.u8(BEGIN_ROLLOUT).u8(begin.target().code()), begin.scope());
        } else if (command instanceof MetaCommand.BeginAttempt begin) {
            out.u8(BEGIN_ATTEMPT).text(begin.shardId()).text(begin.primaryId()).texts(begin.members());
            MetaCodec.writeRanges(out, begin.slots());
            out.i64(begin.configEpoch());
        } else if (command instanceof MetaCommand.AbortAttempt abort) {
            out.u8(ABORT_ATTEMPT).i64(abort.attempt()).text(abort.why());
        } else if (command instanceof MetaCommand.ShardToRaft commit) {
            out.u8(SHARD_TO_RAFT).text(commit.shardId()).i64(commit.attempt());
            out.text(commit.history()).i64(commit.offset()).texts(commit.reached());
            out.i64(commit.baseIndex()).i64(commit.pauseMillis());
        } else if (command instanceof MetaCommand.ShardToGossip commit) {
            out.u8(SHARD_TO_GOSSIP).text(commit.shardId()).i64(commit.attempt());
            out.texts(commit.reached()).i64(commit.epochFloor()).i64(commit.endIndex());
            out.text(commit.history()).i64(commit.offset());
        } else if (command instanceof MetaCommand.BeginReturn begin) {
            out.u8(BEGIN_RETURN).text(begin.shardId()).text(begin.primaryId());
        } else if (command instanceof MetaCommand.AllRaft) {
            out.u8(ALL_RAFT);
        } else if (command instanceof MetaCommand.Dissolve) {
            out.u8(DISSOLVE);
        } else {
            throw new IllegalArgumentException("no format for " + command);
        }
    }

    static MetaCommand read(int kind, WireReader in) {
        return switch (kind) {
            case BEGIN_ROLLOUT -> new MetaCommand.BeginRollout(Consensus.of(in.u8()), MetaCodec.readRanges(in));
            case BEGIN_ATTEMPT ->
                new MetaCommand.BeginAttempt(in.text(), in.text(), in.texts(), MetaCodec.readRanges(in), in.i64());
            case ABORT_ATTEMPT -> new MetaCommand.AbortAttempt(in.i64(), in.text());
            case SHARD_TO_RAFT ->
                new MetaCommand.ShardToRaft(in.text(), in.i64(), in.text(), in.i64(), in.texts(), in.i64(), in.i64());
            case SHARD_TO_GOSSIP ->
                new MetaCommand.ShardToGossip(in.text(), in.i64(), in.texts(), in.i64(), in.i64(), in.text(), in.i64());
            case BEGIN_RETURN -> new MetaCommand.BeginReturn(in.text(), in.text());
            case ALL_RAFT -> new MetaCommand.AllRaft();
            case DISSOLVE -> new MetaCommand.Dissolve();
            default -> throw new FormatException("unknown meta command " + kind);
        };
    }
}
