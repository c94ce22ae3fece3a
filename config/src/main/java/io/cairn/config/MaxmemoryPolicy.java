package io.cairn.config;

/** What happens at {@code maxmemory}. */
public enum MaxmemoryPolicy {
    /** Of the keys that expire, those not used for longest go. */
    VOLATILE_LRU,
    /** Of the keys that expire, those used least often go. */
    VOLATILE_LFU,
    /** Of the keys that expire, any go. */
    VOLATILE_RANDOM,
    /** Of the keys that expire, those that expire first go. */
    VOLATILE_TTL,
    /** The keys not used for longest go. */
    ALLKEYS_LRU,
    /** The keys used least often go. */
    ALLKEYS_LFU,
    /** Any keys go. */
    ALLKEYS_RANDOM,
    /** Commands that need memory get an OOM error. */
    NOEVICTION;

    /** Whether only keys with an expiry may go. */
    public boolean volatileOnly() {
        return this == VOLATILE_LRU || this == VOLATILE_LFU || this == VOLATILE_RANDOM || this == VOLATILE_TTL;
    }

    /** Whether keys keep a count of their accesses, and not the time of the last. */
    public boolean lfu() {
        return this == VOLATILE_LFU || this == ALLKEYS_LFU;
    }

    public boolean lru() {
        return this == VOLATILE_LRU || this == ALLKEYS_LRU;
    }

    public boolean random() {
        return this == VOLATILE_RANDOM || this == ALLKEYS_RANDOM;
    }
}
