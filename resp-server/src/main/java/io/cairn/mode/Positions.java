package io.cairn.mode;

import io.cairn.rdb.RdbReader;
import io.cairn.rdb.RdbWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Places in a history as fields of RDB files. Redis: rdbSaveInfoAuxFields. */
public final class Positions {
    /** The database that the stream is at. */
    public static final String DATABASE = "repl-stream-db";

    private static final String ID = "repl-id";
    private static final String OFFSET = "repl-offset";

    private Positions() {}

    /** Writes a place; nothing for null. */
    public static void write(RdbWriter writer, ChangeStream.@Nullable Position position) throws IOException {
        if (position != null) {
            writer.aux(DATABASE, Integer.toString(position.database()));
            writer.aux(ID, position.id());
            writer.aux(OFFSET, Long.toString(position.offset()));
        }
    }

    /** What a file says that was read, or null. */
    public static ChangeStream.@Nullable Position read(RdbReader reader) {
        return of(reader.aux(ID), reader.aux(OFFSET), reader.aux(DATABASE));
    }

    /** A place of these texts, or null when one is missing or is none. */
    public static ChangeStream.@Nullable Position of(
            @Nullable String id, @Nullable String offset, @Nullable String database) {
        if (id == null || offset == null || database == null) {
            return null;
        }
        boolean right = id.matches("[0-9a-f]{40}") && offset.matches("[0-9]{1,18}") && database.matches("[0-9]{1,6}");
        return right ? new ChangeStream.Position(id, Long.parseLong(offset), Integer.parseInt(database)) : null;
    }
}
