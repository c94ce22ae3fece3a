package io.cairn.command;

import io.cairn.keyspace.collection.SortedRange;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** GEOSEARCH, GEORADIUS and their relatives: members within a circle or a box. Redis: georadiusGeneric. */
final class GeoSearch {
    private GeoSearch() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        KeySpec storing = new KeySpec(1, 1, 1, GeoSearch::keys);
        String read = "readonly @read @geo @slow";
        String write = "write denyoom @write @geo @slow";
        return List.of(
                Command.data("georadius", -6, write, storing, call -> search(call, GeoQuery.Kind.POSITION, true)),
                Command.data("georadius_ro", -6, read, one, call -> search(call, GeoQuery.Kind.POSITION, false)),
                Command.data("georadiusbymember", -5, write, storing, call -> search(call, GeoQuery.Kind.MEMBER, true)),
                Command.data("georadiusbymember_ro", -5, read, one, call -> search(call, GeoQuery.Kind.MEMBER, false)),
                Command.data("geosearch", -7, read, one, call -> search(call, GeoQuery.Kind.SEARCH, false)),
                Command.data(
                        "geosearchstore",
                        -8,
                        write,
                        KeySpec.range(1, 2, 1),
                        call -> search(call, GeoQuery.Kind.SEARCH, true)));
    }

    /** The key searched, and the last one after STORE or STOREDIST. Redis: georadiusGetKeys. */
    private static int[] keys(Args args) {
        int stored = 0;
        for (int i = 5; i + 1 < args.count(); i++) {
            if (args.is(i, "store") || args.is(i, "storedist")) {
                stored = ++i;
            }
        }
        return stored == 0 ? new int[] {1} : new int[] {1, stored};
    }

    /** A member that was found. */
    private record Found(long at, double score, GeoHash.Area area, double distance) {}

    private static void search(Call call, GeoQuery.Kind kind, boolean store) {
        int key = kind == GeoQuery.Kind.SEARCH && store ? 2 : 1;
        boolean there = call.find(key, call.value);
        if (there && !SortedReplies.isSorted(call, call.value)) {
            return;
        }
        try (SortedView set = there ? SortedReplies.view(call.value) : null) {
            GeoQuery query = new GeoQuery(call, kind, store, set);
            if (!query.parse()) {
                return;
            }
            if (set != null) {
                answer(call, query, set, find(query, set));
            } else if (query.storeKey != 0) {
                SortedSetRanges.storeNothing(call, query.storeKey);
            } else {
                call.reply().array(0);
            }
        }
    }

    /** Redis: membersOfAllNeighbors. */
    private static List<Found> find(GeoQuery query, SortedView set) {
        List<Found> found = new ArrayList<>();
        double width = query.unit * (query.isBox ? query.width / 2 : query.radius);
        double height = query.unit * (query.isBox ? query.height / 2 : query.radius);
        double reach = query.isBox
                ? Math.sqrt((query.width / 2) * (query.width / 2) + (query.height / 2) * (query.height / 2))
                : query.radius;
        GeoHash.@Nullable Cell[] cells =
                GeoHash.cover(query.position[0], query.position[1], width, height, reach * query.unit);
        int last = 0;
        for (int i = 0; i < cells.length; i++) {
            GeoHash.Cell cell = cells[i];
            // Under a large radius neighbours are the same; Redis skips those that follow each other.
            if (cell == null || (last > 0 && cell.equals(cells[last]))) {
                continue;
            }
            if (query.isFull(found.size())) {
                break;
            }
            find(query, set, cell, found);
            last = i;
        }
        sort(query, found);
        return found;
    }

    /** Redis: geoGetPointsInRange. */
    private static void find(GeoQuery query, SortedView set, GeoHash.Cell cell, List<Found> found) {
        SortedRange.OfScores range = new SortedRange.OfScores(cell.minScore(), false, cell.endScore(), true);
        long at = set.at(set.countBelow(range));
        while (at != SortedView.NONE) {
            double score = set.score(at);
            if (range.isAbove(score, 0, 0)) {
                return;
            }
            GeoHash.Area area = GeoHash.decode(score);
            double distance = query.distance(area.longitude(), area.latitude());
            if (distance >= 0) {
                found.add(new Found(at, score, area, distance));
            }
            if (query.isFull(found.size())) {
                return;
            }
            at = set.next(at);
        }
    }

    private static void sort(GeoQuery query, List<Found> found) {
        Comparator<Found> byDistance = Comparator.comparingDouble(Found::distance);
        if (query.order != 0) {
            found.sort(query.order > 0 ? byDistance : byDistance.reversed());
        }
    }

    private static void answer(Call call, GeoQuery query, SortedView set, List<Found> all) {
        List<Found> found = query.count == 0 || query.count >= all.size() ? all : all.subList(0, (int) query.count);
        if (query.storeKey == 0) {
            reply(call.reply(), query, set, found);
        } else if (found.isEmpty()) {
            SortedSetRanges.storeNothing(call, query.storeKey);
        } else {
            store(call, query, set, found);
        }
    }

    private static void reply(Reply reply, GeoQuery query, SortedView set, List<Found> found) {
        int more = (query.withDistance ? 1 : 0) + (query.withCoordinates ? 1 : 0) + (query.withHash ? 1 : 0);
        reply.array(found.size());
        for (Found one : found) {
            if (more > 0) {
                reply.array(more + 1);
            }
            reply.bulk(set.member(one.at), set.length(one.at));
            if (query.withDistance) {
                GeoCommands.distance(reply, one.distance / query.unit);
            }
            if (query.withHash) {
                reply.number((long) one.score);
            }
            if (query.withCoordinates) {
                GeoCommands.coordinates(reply, one.area);
            }
        }
    }

    private static void store(Call call, GeoQuery query, SortedView set, List<Found> found) {
        SortedSet result = new SortedSet();
        boolean taken = false;
        try {
            for (Found one : found) {
                long member = set.member(one.at);
                int length = set.length(one.at);
                // Cells that are the same but do not follow each other: once is enough, where Redis would stop.
                if (result.find(member, length) == SortedView.NONE) {
                    result.add(member, length, query.storeDistance ? one.distance / query.unit : one.score);
                }
            }
            SortedSetChange.store(call, query.storeKey, result);
            taken = true;
        } finally {
            if (!taken) {
                result.release();
            }
        }
        call.changed();
        call.event('z', query.kind == GeoQuery.Kind.SEARCH ? "geosearchstore" : "georadiusstore", query.storeKey);
        call.reply().number(found.size());
    }
}
