package io.cairn.raft.meta;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The meta group's log and the maps that it makes, one after each entry; for tests of what follows it. */
public final class SharedMap {
    private final List<ClusterMap> maps = new ArrayList<>(List.of(ClusterMap.EMPTY));

    public SharedMap(Layout layout) {
        append(new MetaCommand.Form(layout));
    }

    public MetaResult append(MetaCommand command) {
        MetaCommand read = MetaCodec.decode(ByteBuffer.wrap(MetaCodec.encode(command)));
        MetaApply.Applied applied = MetaApply.apply(last(), read, maps.size());
        maps.add(applied.map());
        return applied.result();
    }

    public ClusterMap last() {
        return maps.get(maps.size() - 1);
    }

    /** After {@code entries} of them. */
    public ClusterMap at(int entries) {
        return maps.get(entries);
    }

    public int size() {
        return maps.size() - 1;
    }
}
