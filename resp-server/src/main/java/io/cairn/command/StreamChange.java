package io.cairn.command;

import io.cairn.keyspace.collection.StreamObject;

/** The change of a stream by one command, which begins with the first thing that it does; perhaps it does nothing. */
final class StreamChange implements AutoCloseable {
    final StreamObject stream;
    private final Call call;
    private final int key;
    private boolean begun;

    /** For the stream that {@code call.value} is, found by the key at an argument. */
    StreamChange(Call call, int key) {
        this(call, key, StreamCommands.stream(call));
    }

    StreamChange(Call call, int key, StreamObject stream) {
        this.call = call;
        this.key = key;
        this.stream = stream;
    }

    /** To be called before each thing that is changed. */
    void begin() {
        if (!begun) {
            begun = true;
            call.database().change(call.args.address(key), call.args.length(key));
            call.changed();
        }
    }

    /** Tells of an event of the key. */
    void event(String name) {
        call.event(StreamCommands.EVENT, name, key);
    }

    @Override
    public void close() {
        if (begun) {
            call.database().changed(stream);
        }
    }
}
