package io.cairn.command;

import java.util.Locale;

/** Redis's command flags; COMMAND answers their lower-case names. */
public enum Flag {
    WRITE,
    READONLY,
    DENYOOM,
    ADMIN,
    PUBSUB,
    NOSCRIPT,
    BLOCKING,
    LOADING,
    STALE,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    ASKING,
    FAST,
    NO_AUTH,
    MAY_REPLICATE,
    NO_ASYNC_LOADING,
    NO_MULTI,
    NO_MANDATORY_KEYS,
    MOVABLEKEYS,
    ALLOW_BUSY;

    /** As COMMAND INFO prints it. */
    public String redisName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
