package io.cairn.command;

import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamPending;
import java.util.List;

/** What followers get for what happens in a consumer group: who got which entry when. Redis: streamPropagateXCLAIM and its kin. */
final class StreamEffects {
    private final Call call;
    private final byte[] key;
    private final byte[] groupName;
    private final StreamGroup group;

    /** Arguments {@code key} and {@code groupName} of the call name the stream and the group. */
    StreamEffects(Call call, int key, int groupName, StreamGroup group) {
        this.call = call;
        this.key = call.args.bytes(key);
        this.groupName = call.args.bytes(groupName);
        this.group = group;
        call.insteadNothing();
    }

    /** An entry is pending with a consumer. */
    void claimed(StreamId id, byte[] consumer) {
        StreamPending pending = group.walk();
        if (!pending.seek(id)) {
            return;
        }
        call.instead(List.of(
                Effects.text("XCLAIM"),
                key,
                groupName,
                consumer,
                Effects.number(0),
                Effects.text(id.toString()),
                Effects.text("TIME"),
                Effects.number(pending.delivered()),
                Effects.text("RETRYCOUNT"),
                Effects.number(pending.deliveries()),
                Effects.text("FORCE"),
                Effects.text("JUSTID"),
                Effects.text("LASTID"),
                Effects.text(group.last().toString())));
    }

    /** An entry is no longer pending: it is gone from the stream. */
    void acknowledged(StreamId id) {
        call.instead(List.of(Effects.text("XACK"), key, groupName, Effects.text(id.toString())));
    }

    /** The group has another last id. */
    void lastId() {
        call.instead(List.of(
                Effects.text("XGROUP"),
                Effects.text("SETID"),
                key,
                groupName,
                Effects.text(group.last().toString()),
                Effects.text("ENTRIESREAD"),
                Effects.number(group.entriesRead())));
    }

    /** The group has another consumer. */
    void created(byte[] consumer) {
        call.instead(List.of(Effects.text("XGROUP"), Effects.text("CREATECONSUMER"), key, groupName, consumer));
    }
}
