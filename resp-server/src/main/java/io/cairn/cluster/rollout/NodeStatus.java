package io.cairn.cluster.rollout;

import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;

/**
 * How a node stands on the way.
 *
 * @param version of the map that it has applied
 * @param isRaft its calls go through raft mode
 * @param step of the shard whose change it drives, "none" for none
 * @param reason why that does not go on, empty if it does
 * @param pauseMillis how long calls waited at its last switch, -1 for never
 */
record NodeStatus(long version, boolean isRaft, String step, String reason, long pauseMillis) {
    private static final int MAX_REASON = 200;

    byte[] bytes() {
        String shortReason = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason;
        return new WireWriter()
                .u8(RolloutMessage.VERSION)
                .i64(version)
                .u8(isRaft ? 1 : 0)
                .text(step)
                .text(shortReason)
                .i64(pauseMillis)
                .toBytes();
    }

    static NodeStatus of(byte[] bytes) {
        WireReader in = new WireReader(bytes);
        if (in.u8() != RolloutMessage.VERSION) {
            throw new IllegalArgumentException("a status of another version");
        }
        NodeStatus status = new NodeStatus(in.i64(), in.u8() == 1, in.text(), in.text(), in.i64());
        in.end();
        return status;
    }
}
