package io.cairn.cluster.rollout;

import io.cairn.cluster.rollout.DataSwitch.Position;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.util.BitSet;

/** What the nodes of a rollout ask each other, as bytes: version, kind, fields. Every field is bounded by the reader. */
sealed interface RolloutMessage {
    /** Vote for nobody in this shard. Answered with an empty text, or why not. */
    record AskPromise(Promise promise) implements RolloutMessage {}

    /** The digest of the data at a mark of the stream. Answered with it, or with nothing while it is not there: ask again. */
    record AskDigest(String markId) implements RolloutMessage {}

    /** Have all up to the seal on the disk. Answered with the last local log index. */
    record AskReach(long attempt, Position seal) implements RolloutMessage {}

    /** How do you stand? Answered with a {@link NodeStatus}. */
    record AskStatus() implements RolloutMessage {}

    int VERSION = 1;

    default byte[] bytes() {
        WireWriter out = new WireWriter().u8(VERSION);
        if (this instanceof AskPromise ask) {
            Promise promise = ask.promise();
            out.u8(1).text(promise.cluster()).i64(promise.attempt()).text(promise.primaryId());
            out.i64(promise.configEpoch()).blob(promise.slots().bits().toByteArray());
        } else if (this instanceof AskDigest ask) {
            out.u8(2).text(ask.markId());
        } else if (this instanceof AskReach ask) {
            out.u8(3)
                    .i64(ask.attempt())
                    .text(ask.seal().history())
                    .i64(ask.seal().offset());
        } else {
            out.u8(4);
        }
        return out.toBytes();
    }

    /** @throws IllegalArgumentException for what {@link #bytes} does not write */
    static RolloutMessage of(byte[] bytes) {
        WireReader in = new WireReader(bytes);
        int version = in.u8();
        if (version != VERSION) {
            throw new IllegalArgumentException("rollout message of version " + version);
        }
        int kind = in.u8();
        RolloutMessage message = switch (kind) {
            case 1 -> {
                String cluster = in.text();
                long attempt = in.i64();
                String primary = in.text();
                long epoch = in.i64();
                byte[] slots = in.blob();
                if (slots.length > SlotSet.SLOTS / Byte.SIZE) {
                    throw new IllegalArgumentException("too many slots");
                }
                yield new AskPromise(new Promise(cluster, attempt, primary, SlotSet.of(BitSet.valueOf(slots)), epoch));
            }
            case 2 -> new AskDigest(in.text());
            case 3 -> new AskReach(in.i64(), new Position(in.text(), in.i64()));
            case 4 -> new AskStatus();
            default -> throw new IllegalArgumentException("rollout message of kind " + kind);
        };
        in.end();
        return message;
    }
}
