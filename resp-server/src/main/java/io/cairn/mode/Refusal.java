package io.cairn.mode;

/** Error lines of Redis that refuse a command before it runs. */
public final class Refusal {
    public static final String OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";

    public static final String SNAPSHOT_FAILED =
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands"
                    + " that may modify the data set are disabled, because this instance is configured to report errors"
                    + " during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the"
                    + " Redis logs for details about the RDB error.";

    public static final String DISK_FULL = "MISCONF Errors writing to the AOF file: No space left on device";

    /** See {@link StandaloneMode#unlogged}. */
    static final String UNLOGGED =
            "MISCONF The AOF file does not have the data that came from the master yet. Writes are accepted once it has been rewritten.";

    public static final String READ_ONLY = "READONLY You can't write against a read only replica.";

    /** Of a script that may write. */
    static final String READ_ONLY_SCRIPT = "READONLY Can not run script with write flag on readonly replica.";

    public static final String PRIMARY_DOWN =
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";

    public static final String LOADING = "LOADING Redis is loading the dataset in memory";

    public static final String TOO_FEW_REPLICAS = "NOREPLICAS Not enough good replicas to write.";

    private Refusal() {}
}
