package io.cairn.raft.shards;

import java.util.BitSet;

/** The calls of clients, as a migration holds them up. */
public interface SlotTraffic {
    /** Nobody calls. */
    SlotTraffic NONE = new SlotTraffic() {
        @Override
        public boolean hold(BitSet slots, long millis) {
            return true;
        }

        @Override
        public void release(BitSet slots) {
            // None were held.
        }
    };

    /**
     * Writes of the slots wait from now on; blocks until those that came before are applied or have failed.
     *
     * @return false when that took longer than {@code millis}: nothing is held then
     */
    boolean hold(BitSet slots, long millis);

    /** They go on, to find the slots as they are now. Any thread. */
    void release(BitSet slots);
}
