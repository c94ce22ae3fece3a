package io.cairn.resp;

import io.cairn.config.OutputLimit;

/** client-output-buffer-limit of normal clients, changed by CONFIG SET. */
public final class OutputBounds {
    private volatile OutputLimit normal = new OutputLimit(0, 0, 0);

    public void normal(OutputLimit limit) {
        normal = limit;
    }

    OutputLimit normal() {
        return normal;
    }
}
