package io.cairn.resp;

import io.cairn.config.OutputLimit;

/** client-output-buffer-limit of normal clients, changed by CONFIG SET. */
public final class OutputBounds {
    private volatile OutputLimit normal = new OutputLimit(0, 0, 0);

    public void normal(OutputLimit limit) {
        normal = limit;
    }

    /** True when there is no limit to check. */
    boolean none() {
        OutputLimit limit = normal;
        return limit.hardBytes() == 0 && limit.softBytes() == 0;
    }

    OutputLimit normal() {
        return normal;
    }
}
