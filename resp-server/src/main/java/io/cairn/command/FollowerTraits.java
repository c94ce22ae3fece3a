package io.cairn.command;

/**
 * What a follower says of itself before it begins to follow (REPLCONF). Immutable. Redis: slave_capa, slave_req, slave_listening_port.
 *
 * @param host address that it announces, empty for what the connection says
 * @param port that it serves clients on, 0 when it did not say
 * @param eof it can read data whose length is not told (capa eof)
 * @param secondIds it understands that a history goes on under another id (capa psync2)
 * @param dataOnly it wants no changes after the data (rdb-only)
 * @param librariesOnly it wants function libraries and no keys (rdb-filter-only functions)
 * @param nothing it wants neither (rdb-filter-only with an empty filter)
 */
public record FollowerTraits(
        String host,
        int port,
        boolean eof,
        boolean secondIds,
        boolean dataOnly,
        boolean librariesOnly,
        boolean nothing) {
    public static final FollowerTraits NONE = new FollowerTraits("", 0, false, false, false, false, false);

    FollowerTraits withHost(String announced) {
        return new FollowerTraits(announced, port, eof, secondIds, dataOnly, librariesOnly, nothing);
    }

    FollowerTraits withPort(int listening) {
        return new FollowerTraits(host, listening, eof, secondIds, dataOnly, librariesOnly, nothing);
    }

    FollowerTraits withEof() {
        return new FollowerTraits(host, port, true, secondIds, dataOnly, librariesOnly, nothing);
    }

    FollowerTraits withSecondIds() {
        return new FollowerTraits(host, port, eof, true, dataOnly, librariesOnly, nothing);
    }

    FollowerTraits withDataOnly(boolean on) {
        return new FollowerTraits(host, port, eof, secondIds, on, librariesOnly, nothing);
    }

    FollowerTraits filtered(boolean libraries) {
        return new FollowerTraits(host, port, eof, secondIds, dataOnly, libraries, !libraries);
    }

    /** Whether it wants less than all data. */
    public boolean isFiltered() {
        return librariesOnly || nothing;
    }
}
