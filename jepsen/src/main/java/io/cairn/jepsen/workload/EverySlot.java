package io.cairn.jepsen.workload;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;

/** Writes one key into each of the 16,384 slots, at the node that CLUSTER SLOTS names for it. */
public final class EverySlot {
    /** Commands sent before their replies are read; 16,384 of them would fill both sockets' buffers. */
    private static final int BATCH = 512;

    private static final String[] KEYS = HashSlot.keyOfEverySlot("slot:");

    private EverySlot() {}

    /** Returns how many slots took the write. */
    public static int write(Address mapFrom, String value) throws NotSentException, OutcomeUnknownException {
        int written = 0;
        for (ClusterState.Range range : ClusterState.slots(mapFrom)) {
            try (RawClient client = RawClient.connect(range.primary(), Timeouts.PATIENT)) {
                for (int first = range.first(); first <= range.last(); first += BATCH) {
                    written += writeBatch(client, first, Math.min(range.last(), first + BATCH - 1), value);
                }
            }
        }
        return written;
    }

    private static int writeBatch(RawClient client, int first, int last, String value) throws OutcomeUnknownException {
        List<String> sent = new ArrayList<>();
        for (int slot = first; slot <= last; slot++) {
            client.send(RawClient.words("SET", KEYS[slot], value));
            sent.add(KEYS[slot]);
        }
        client.flush();
        int written = 0;
        for (int i = 0; i < sent.size(); i++) {
            written += client.receive() instanceof Reply.Simple ? 1 : 0;
        }
        return written;
    }
}
