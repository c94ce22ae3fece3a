package io.cairn.jepsen.workload;

import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.resp.ClusterClient;
import java.util.SplittableRandom;

/** One client of a run: its connections, its randomness, its place in the history. One thread only. */
public final class Session implements AutoCloseable {
    private final ClusterClient cluster;
    private final SplittableRandom random;
    private final Recorder recorder;
    private int client;

    public Session(ClusterClient cluster, SplittableRandom random, Recorder recorder) {
        this.cluster = cluster;
        this.random = random;
        this.recorder = recorder;
        client = recorder.newClient();
    }

    public ClusterClient cluster() {
        return cluster;
    }

    public SplittableRandom random() {
        return random;
    }

    public Recorder recorder() {
        return recorder;
    }

    /** The number under which its next operation is recorded. */
    public int client() {
        return client;
    }

    /** After an operation of unknown outcome the client goes on as another: its old self may still be at work. */
    public void renew() {
        client = recorder.newClient();
    }

    @Override
    public void close() {
        cluster.close();
    }
}
